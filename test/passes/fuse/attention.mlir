// RUN: aotc-opt --split-input-file --aotc-decompose --aotc-fuse --aotc-verify-fusion %s | FileCheck %s

// Slices, transposes, scale and mask belong to one group, which reads the
// projection where it lies and writes rows of all heads.
// CHECK-LABEL: func @one_projection
// CHECK: %[[R:.*]] = nn.fusion attention(%arg0, %arg1) : (tensor<2x16x3x4x8xf32>, tensor<2x1x1x16xf32>) -> tensor<2x16x4x8xf32>
// CHECK-NOT: nn.fusion
// CHECK: return %[[R]]
func.func @one_projection(%qkv: tensor<2x16x3x4x8xf32>, %mask: tensor<2x1x1x16xf32>) -> tensor<2x16x4x8xf32> {
  %half = nn.constant dense<0.5> : tensor<2x4x16x16xf32>
  %t = nn.transpose %qkv [2, 0, 3, 1, 4] : tensor<2x16x3x4x8xf32> -> tensor<3x2x4x16x8xf32>
  %0 = nn.slice %t {starts = array<i64: 0, 0, 0, 0, 0>, strides = array<i64: 1, 1, 1, 1, 1>} : tensor<3x2x4x16x8xf32> -> tensor<1x2x4x16x8xf32>
  %1 = nn.slice %t {starts = array<i64: 1, 0, 0, 0, 0>, strides = array<i64: 1, 1, 1, 1, 1>} : tensor<3x2x4x16x8xf32> -> tensor<1x2x4x16x8xf32>
  %2 = nn.slice %t {starts = array<i64: 2, 0, 0, 0, 0>, strides = array<i64: 1, 1, 1, 1, 1>} : tensor<3x2x4x16x8xf32> -> tensor<1x2x4x16x8xf32>
  %q = nn.reshape %0 : tensor<1x2x4x16x8xf32> -> tensor<2x4x16x8xf32>
  %k = nn.reshape %1 : tensor<1x2x4x16x8xf32> -> tensor<2x4x16x8xf32>
  %v = nn.reshape %2 : tensor<1x2x4x16x8xf32> -> tensor<2x4x16x8xf32>
  %s = nn.matmul %q, %k {transposeRhs = true} : (tensor<2x4x16x8xf32>, tensor<2x4x16x8xf32>) -> tensor<2x4x16x16xf32>
  %scaled = nn.binary mul %s, %half : tensor<2x4x16x16xf32>
  %b = nn.broadcast %mask : tensor<2x1x1x16xf32> -> tensor<2x4x16x16xf32>
  %masked = nn.binary add %scaled, %b : tensor<2x4x16x16xf32>
  %p = nn.softmax %masked {axis = 3 : i64} : tensor<2x4x16x16xf32>
  %o = nn.matmul %p, %v : (tensor<2x4x16x16xf32>, tensor<2x4x16x8xf32>) -> tensor<2x4x16x8xf32>
  %r = nn.transpose %o [0, 2, 1, 3] : tensor<2x4x16x8xf32> -> tensor<2x16x4x8xf32>
  return %r : tensor<2x16x4x8xf32>
}

// -----

// Keys that come transposed, heads and batch in one dimension.
// CHECK-LABEL: func @transposed_keys
// CHECK: nn.fusion attention(%arg1, %arg0, %arg2) : (tensor<4x12x8xf32>, tensor<4x16x8xf32>, tensor<4x12x8xf32>) -> tensor<4x16x8xf32>
// CHECK-NOT: nn.fusion
func.func @transposed_keys(%q: tensor<4x16x8xf32>, %k: tensor<4x12x8xf32>, %v: tensor<4x12x8xf32>) -> tensor<4x16x8xf32> {
  %t = nn.transpose %k [0, 2, 1] : tensor<4x12x8xf32> -> tensor<4x8x12xf32>
  %s = nn.matmul %q, %t : (tensor<4x16x8xf32>, tensor<4x8x12xf32>) -> tensor<4x16x12xf32>
  %p = nn.softmax %s {axis = 2 : i64} : tensor<4x16x12xf32>
  %o = nn.matmul %p, %v : (tensor<4x16x12xf32>, tensor<4x12x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}

// -----

// What one attention makes of its result may be what the next one reads.
// CHECK-LABEL: func @stacked
// CHECK: %[[A:.*]] = nn.fusion attention(%arg0, %arg1) {{.*}} -> tensor<4x16x8xf32>
// CHECK: nn.fusion attention(%[[A]], %arg1)
func.func @stacked(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>) -> tensor<16x4x8xf32> {
  %s = nn.matmul %q, %k {transposeRhs = true} : (tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x16xf32>
  %p = nn.softmax %s {axis = 2 : i64} : tensor<4x16x16xf32>
  %o = nn.matmul %p, %k : (tensor<4x16x16xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  %t = nn.transpose %o [1, 0, 2] : tensor<4x16x8xf32> -> tensor<16x4x8xf32>
  %t1 = nn.transpose %t [1, 0, 2] : tensor<16x4x8xf32> -> tensor<4x16x8xf32>
  %s2 = nn.matmul %t1, %k {transposeRhs = true} : (tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x16xf32>
  %p2 = nn.softmax %s2 {axis = 2 : i64} : tensor<4x16x16xf32>
  %o2 = nn.matmul %p2, %k : (tensor<4x16x16xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  %r = nn.transpose %o2 [1, 0, 2] : tensor<4x16x8xf32> -> tensor<16x4x8xf32>
  return %r : tensor<16x4x8xf32>
}

// -----

// Weights that something else reads have to be in memory.
// CHECK-LABEL: func @weights_returned
// CHECK-NOT: attention
// CHECK: nn.fusion contraction
// CHECK: nn.fusion row
// CHECK: nn.fusion contraction
func.func @weights_returned(%q: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>) -> (tensor<4x16x8xf32>, tensor<4x16x16xf32>) {
  %s = nn.matmul %q, %v {transposeRhs = true} : (tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x16xf32>
  %p = nn.softmax %s {axis = 2 : i64} : tensor<4x16x16xf32>
  %o = nn.matmul %p, %v : (tensor<4x16x16xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o, %p : tensor<4x16x8xf32>, tensor<4x16x16xf32>
}

// -----

// One query at a time keeps the matrix-vector products.
// CHECK-LABEL: func @one_row
// CHECK-NOT: attention
func.func @one_row(%q: tensor<4x1x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>) -> tensor<4x1x8xf32> {
  %s = nn.matmul %q, %k {transposeRhs = true} : (tensor<4x1x8xf32>, tensor<4x16x8xf32>) -> tensor<4x1x16xf32>
  %p = nn.softmax %s {axis = 2 : i64} : tensor<4x1x16xf32>
  %o = nn.matmul %p, %v : (tensor<4x1x16xf32>, tensor<4x16x8xf32>) -> tensor<4x1x8xf32>
  return %o : tensor<4x1x8xf32>
}
