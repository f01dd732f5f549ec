// RUN: aotc-opt --split-input-file --aotc-fuse --aotc-schedule --aotc-verify-plan %s | FileCheck %s

// Equal weights share one place; a chain of equal sizes works in place, here
// even in the output.
// CHECK-LABEL: func @chain
// CHECK-SAME: plan.arena_bytes = 0
// CHECK-SAME: plan.weights_bytes = 64
// CHECK: %[[W:.*]] = plan.weight <weights, 0, 0, 64>
// CHECK: plan.region 0 contraction(%arg0, %[[W]]) {places = [#plan.at<output, 0, 0, 64>]}
// CHECK: plan.region 1 row({{.*}}) {places = [#plan.at<output, 0, 0, 64>], rowDims = 1 : i64}
// CHECK: %[[V:.*]] = plan.weight <weights, 0, 0, 64>
// CHECK: plan.region 2 contraction({{.*}}, %[[V]])
func.func @chain(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %w = nn.constant dense<[[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 5.0]]> : tensor<4x4xf32>
  %v = nn.constant dense<[[[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 5.0]]]> : tensor<1x4x4xf32>
  %0 = nn.matmul %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = nn.reduce max %0 [1] : tensor<4x4xf32> -> tensor<4x1xf32>
  %2 = nn.broadcast %1 : tensor<4x1xf32> -> tensor<4x4xf32>
  %3 = nn.binary sub %0, %2 : tensor<4x4xf32>
  %4 = nn.reshape %3 : tensor<4x4xf32> -> tensor<1x4x4xf32>
  %5 = nn.matmul %4, %v : (tensor<1x4x4xf32>, tensor<1x4x4xf32>) -> tensor<1x4x4xf32>
  %6 = nn.reshape %5 : tensor<1x4x4xf32> -> tensor<4x4xf32>
  return %3, %6 : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// A dying residual is overwritten by the contraction that adds it; an operand
// of the contraction itself is not.
// CHECK-LABEL: func @residual
// CHECK-SAME: plan.arena_bytes = 128
// CHECK: plan.region 0 {{.*}}#plan.at<arena, 0, [[A:[0-9]+]], 64>
// CHECK: plan.region 1 {{.*}}#plan.at<arena, 0, [[B:[0-9]+]], 64>
// CHECK: plan.region 2 {{.*}}#plan.at<arena, 0, [[A]], 64>
// CHECK: plan.region 3 {{.*}}#plan.at<output, 0, 0, 64>
func.func @residual(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = nn.matmul %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = nn.matmul %0, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = nn.matmul %1, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = nn.binary add %2, %0 : tensor<4x4xf32>
  %4 = nn.matmul %3, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %4 : tensor<4x4xf32>
}

// -----

// An operand that is read at another position stays.
// CHECK-LABEL: func @reversed
// CHECK-SAME: plan.arena_bytes = 128
// CHECK: plan.region 0 {{.*}}#plan.at<arena, 0, [[A:[0-9]+]], 64>
// CHECK-NOT: #plan.at<arena, 0, [[A]], 64>
// CHECK: plan.region 2
func.func @reversed(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = nn.matmul %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = nn.reverse %0 [0] : tensor<4x4xf32>
  %2 = nn.matmul %1, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %2 : tensor<4x4xf32>
}

// -----

// Arguments, constants and values returned twice are copied to their outputs.
// CHECK-LABEL: func @copies
// CHECK: %[[R:.*]] = plan.region {{[0-9]+}} loop(%arg0) {places = [#plan.at<output, 2, 0, 16>]}
// CHECK: nn.unary relu
// CHECK-DAG: plan.region {{[0-9]+}} loop(%arg0) {places = [#plan.at<output, 0, 0, 16>]}
// CHECK-DAG: loop({{.*}}) {places = [#plan.at<output, 1, 0, 16>]}
// CHECK-DAG: loop(%[[R]]) {places = [#plan.at<output, 3, 0, 16>]}
func.func @copies(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %c = nn.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = nn.unary relu %x : tensor<4xf32> -> tensor<4xf32>
  return %x, %c, %0, %0 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Parts of an outermost concat are written side by side.
// CHECK-LABEL: func @join
// CHECK: %[[A:.*]] = plan.region 0 {{.*}}#plan.at<output, 0, 0, 64>
// CHECK: %[[B:.*]] = plan.region 1 {{.*}}#plan.at<output, 0, 64, 64>
// CHECK: %[[J:.*]] = plan.join %[[A]], %[[B]] <output, 0, 0, 128>
// CHECK: return %[[J]]
func.func @join(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<8x4xf32> {
  %0 = nn.matmul %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = nn.matmul %w, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = nn.concat %0, %1 {axis = 0 : i64} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  return %2 : tensor<8x4xf32>
}

// -----

// Contiguous slices are views, others are copied.
// CHECK-LABEL: func @slices
// CHECK-DAG: %[[V:.*]] = plan.view %arg0 {byteOffset = 32 : i64} : tensor<4x4xf32> -> tensor<2x4xf32>
// CHECK-DAG: plan.region {{[0-9]+}} contraction(%[[V]], %arg1)
// CHECK-DAG: %[[S:.*]] = plan.region {{[0-9]+}} loop(%arg0)
// CHECK-DAG: plan.region {{[0-9]+}} contraction(%[[S]], %arg1)
func.func @slices(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>, %v: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %0 = nn.slice %x {starts = array<i64: 2, 0>, strides = array<i64: 1, 1>} : tensor<4x4xf32> -> tensor<2x4xf32>
  %1 = nn.slice %x {starts = array<i64: 0, 0>, strides = array<i64: 2, 1>} : tensor<4x4xf32> -> tensor<2x4xf32>
  %2 = nn.matmul %0, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %3 = nn.matmul %1, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  return %2, %3 : tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

// Both large results at once would take 2048 bytes; each is consumed first.
// CHECK-LABEL: func @order
// CHECK-SAME: plan.lower_bound = 1024
func.func @order(%x: tensor<16x1xf32>, %w: tensor<1x16xf32>, %v: tensor<16x1xf32>) -> tensor<16x1xf32> {
  %0 = nn.matmul %x, %w : (tensor<16x1xf32>, tensor<1x16xf32>) -> tensor<16x16xf32>
  %1 = nn.matmul %v, %w : (tensor<16x1xf32>, tensor<1x16xf32>) -> tensor<16x16xf32>
  %2 = nn.matmul %0, %v : (tensor<16x16xf32>, tensor<16x1xf32>) -> tensor<16x1xf32>
  %3 = nn.matmul %1, %x : (tensor<16x16xf32>, tensor<16x1xf32>) -> tensor<16x1xf32>
  %4 = nn.binary add %2, %3 : tensor<16x1xf32>
  return %4 : tensor<16x1xf32>
}
