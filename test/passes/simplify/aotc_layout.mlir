// RUN: aotc-opt %s --aotc-layout --split-input-file | FileCheck %s

// CHECK-LABEL: @through_elementwise
func.func @through_elementwise(%x: tensor<1x4x5x3xf32>, %y: tensor<1x4x5x3xf32>) -> tensor<1x4x5x3xf32> {
  // The constant takes the layout of the data.
  // CHECK: %[[C:.*]] = nn.constant dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00, 3.000000e+00]]]]> : tensor<1x1x1x3xf32>
  // CHECK-NOT: nn.transpose
  // CHECK: %[[A:.*]] = nn.binary add %arg0, %arg1
  // CHECK: %[[B:.*]] = nn.broadcast %[[C]]
  // CHECK: %[[M:.*]] = nn.binary mul %[[A]], %[[B]]
  // CHECK: %[[R:.*]] = nn.unary relu %[[M]]
  // CHECK: return %[[R]]
  %c = nn.constant dense<[[[[1.0]], [[2.0]], [[3.0]]]]> : tensor<1x3x1x1xf32>
  %b = nn.broadcast %c : tensor<1x3x1x1xf32> -> tensor<1x3x4x5xf32>
  %0 = nn.transpose %x [0, 3, 1, 2] : tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
  %1 = nn.transpose %y [0, 3, 1, 2] : tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
  %2 = nn.binary add %0, %1 : tensor<1x3x4x5xf32>
  %3 = nn.binary mul %2, %b : tensor<1x3x4x5xf32>
  %4 = nn.unary relu %3 : tensor<1x3x4x5xf32> -> tensor<1x3x4x5xf32>
  %5 = nn.transpose %4 [0, 2, 3, 1] : tensor<1x3x4x5xf32> -> tensor<1x4x5x3xf32>
  return %5 : tensor<1x4x5x3xf32>
}

// -----

// CHECK-LABEL: @through_dimensions
func.func @through_dimensions(%x: tensor<1x4x5x3xf32>) -> (tensor<1x6x5x4xf32>, tensor<1x2x5x6xf32>, tensor<1x1x1x3xf32>, tensor<1x4x5x3xf32>) {
  %zero = nn.constant dense<0.0> : tensor<f32>
  %0 = nn.transpose %x [0, 3, 1, 2] : tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
  // CHECK: %[[P:.*]] = nn.pad constant %arg0, %{{.*}} {high = array<i64: 0, 1, 0, 1>, low = array<i64: 0, 1, 0, 0>}
  %1 = nn.pad constant %0, %zero {low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 1, 1, 0>} : tensor<1x3x4x5xf32> -> tensor<1x4x6x5xf32>, tensor<f32>
  %2 = nn.transpose %1 [0, 2, 3, 1] : tensor<1x4x6x5xf32> -> tensor<1x6x5x4xf32>
  // CHECK: %[[S:.*]] = nn.slice %arg0 {starts = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 2, 1, 1>}
  // CHECK: %[[C:.*]] = nn.concat %[[S]], %[[S]] {axis = 3 : i64}
  %3 = nn.slice %0 {starts = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1, 2, 1>} : tensor<1x3x4x5xf32> -> tensor<1x3x2x5xf32>
  %4 = nn.concat %3, %3 {axis = 1 : i64} : (tensor<1x3x2x5xf32>, tensor<1x3x2x5xf32>) -> tensor<1x6x2x5xf32>
  %5 = nn.transpose %4 [0, 2, 3, 1] : tensor<1x6x2x5xf32> -> tensor<1x2x5x6xf32>
  // CHECK: %[[R:.*]] = nn.reduce mean %arg0 [1, 2]
  %6 = nn.reduce mean %0 [2, 3] : tensor<1x3x4x5xf32> -> tensor<1x3x1x1xf32>
  %7 = nn.transpose %6 [0, 2, 3, 1] : tensor<1x3x1x1xf32> -> tensor<1x1x1x3xf32>
  // CHECK: %[[M:.*]] = nn.softmax %arg0 {axis = 3 : i64}
  %8 = nn.softmax %0 {axis = 1 : i64} : tensor<1x3x4x5xf32>
  %9 = nn.transpose %8 [0, 2, 3, 1] : tensor<1x3x4x5xf32> -> tensor<1x4x5x3xf32>
  // CHECK: return %[[P]], %[[C]], %[[R]], %[[M]]
  return %2, %5, %7, %9 : tensor<1x6x5x4xf32>, tensor<1x2x5x6xf32>, tensor<1x1x1x3xf32>, tensor<1x4x5x3xf32>
}

// -----

// A gate of extents 1 (squeeze and excite) needs no transpose either.
// CHECK-LABEL: @gate
func.func @gate(%x: tensor<1x4x5x3xf32>, %g: tensor<1x3x1x1xf32>) -> tensor<1x4x5x3xf32> {
  // CHECK: %[[G:.*]] = nn.reshape %arg1 : tensor<1x3x1x1xf32> -> tensor<1x1x1x3xf32>
  // CHECK: %[[B:.*]] = nn.broadcast %[[G]]
  // CHECK: %[[M:.*]] = nn.binary mul %arg0, %[[B]]
  // CHECK: return %[[M]]
  %0 = nn.transpose %x [0, 3, 1, 2] : tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
  %1 = nn.broadcast %g : tensor<1x3x1x1xf32> -> tensor<1x3x4x5xf32>
  %2 = nn.binary mul %0, %1 : tensor<1x3x4x5xf32>
  %3 = nn.transpose %2 [0, 2, 3, 1] : tensor<1x3x4x5xf32> -> tensor<1x4x5x3xf32>
  return %3 : tensor<1x4x5x3xf32>
}

// -----

// The other operand is wanted channels last anyway: its transpose is shared.
// CHECK-LABEL: @twin
func.func @twin(%x: tensor<1x4x5x3xf32>, %y: tensor<1x3x4x5xf32>) -> (tensor<1x4x5x3xf32>, tensor<1x4x5x3xf32>) {
  // CHECK: %[[T:.*]] = nn.transpose %arg1 [0, 2, 3, 1]
  // CHECK: %[[A:.*]] = nn.binary add %arg0, %
  // CHECK: return %{{.*}}, %[[A]]
  %0 = nn.transpose %x [0, 3, 1, 2] : tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
  %1 = nn.transpose %y [0, 2, 3, 1] : tensor<1x3x4x5xf32> -> tensor<1x4x5x3xf32>
  %2 = nn.binary add %0, %y : tensor<1x3x4x5xf32>
  %3 = nn.transpose %2 [0, 2, 3, 1] : tensor<1x3x4x5xf32> -> tensor<1x4x5x3xf32>
  return %1, %3 : tensor<1x4x5x3xf32>, tensor<1x4x5x3xf32>
}

// -----

// A full tensor in the other layout keeps the transpose: moving it gains nothing.
// CHECK-LABEL: @mixed
func.func @mixed(%x: tensor<1x4x5x3xf32>, %y: tensor<1x3x4x5xf32>) -> tensor<1x3x4x5xf32> {
  // CHECK: %[[T:.*]] = nn.transpose %arg0
  // CHECK: nn.binary add %[[T]], %arg1
  %0 = nn.transpose %x [0, 3, 1, 2] : tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
  %1 = nn.binary add %0, %y : tensor<1x3x4x5xf32>
  return %1 : tensor<1x3x4x5xf32>
}

// -----

// Flattened [C, H, W] rows times weights: the weights' rows take the order [H, W, C].
// CHECK-LABEL: @into_weights
func.func @into_weights(%x: tensor<2x2x1x2xf32>) -> tensor<2x1xf32> {
  // CHECK: %[[W:.*]] = nn.constant dense<{{\[\[}}1.000000e+00], [3.000000e+00], [2.000000e+00], [4.000000e+00]]>
  // CHECK: %[[X:.*]] = nn.reshape %arg0
  // CHECK: nn.matmul %[[X]], %[[W]]
  %w = nn.constant dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>
  %0 = nn.transpose %x [0, 3, 1, 2] : tensor<2x2x1x2xf32> -> tensor<2x2x2x1xf32>
  %1 = nn.reshape %0 : tensor<2x2x2x1xf32> -> tensor<2x4xf32>
  %2 = nn.matmul %1, %w : (tensor<2x4xf32>, tensor<4x1xf32>) -> tensor<2x1xf32>
  return %2 : tensor<2x1xf32>
}

// -----

// Dropping extents of 1 does not stop a transpose.
// CHECK-LABEL: @unit_reshape
func.func @unit_reshape(%x: tensor<2x7x1x3xf32>) -> tensor<2x7x3xf32> {
  // CHECK: %[[R:.*]] = nn.reshape %arg0 : tensor<2x7x1x3xf32> -> tensor<2x7x3xf32>
  // CHECK: return %[[R]]
  %0 = nn.transpose %x [0, 3, 1, 2] : tensor<2x7x1x3xf32> -> tensor<2x3x7x1xf32>
  %1 = nn.reshape %0 : tensor<2x3x7x1xf32> -> tensor<2x3x7xf32>
  %2 = nn.transpose %1 [0, 2, 1] : tensor<2x3x7xf32> -> tensor<2x7x3xf32>
  return %2 : tensor<2x7x3xf32>
}
