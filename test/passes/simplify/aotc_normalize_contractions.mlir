// RUN: aotc-opt %s --aotc-normalize-contractions --split-input-file | FileCheck %s

// CHECK-LABEL: @shared_right_side
func.func @shared_right_side(%x: tensor<8x16x32xf32>, %w: tensor<1x32x64xf32>) -> tensor<8x16x64xf32> {
  // CHECK: %[[X:.*]] = nn.reshape %arg0 : tensor<8x16x32xf32> -> tensor<128x32xf32>
  // CHECK: %[[W:.*]] = nn.reshape %arg1 : tensor<1x32x64xf32> -> tensor<32x64xf32>
  // CHECK: %[[P:.*]] = nn.matmul %[[X]], %[[W]]
  // CHECK: nn.reshape %[[P]] : tensor<128x64xf32> -> tensor<8x16x64xf32>
  %0 = nn.matmul %x, %w : (tensor<8x16x32xf32>, tensor<1x32x64xf32>) -> tensor<8x16x64xf32>
  return %0 : tensor<8x16x64xf32>
}

// -----

// CHECK-LABEL: @batched_right_side_stays
func.func @batched_right_side_stays(%x: tensor<8x16x32xf32>, %w: tensor<8x32x64xf32>) -> tensor<8x16x64xf32> {
  // CHECK-NEXT: nn.matmul
  // CHECK-NEXT: return
  %0 = nn.matmul %x, %w : (tensor<8x16x32xf32>, tensor<8x32x64xf32>) -> tensor<8x16x64xf32>
  return %0 : tensor<8x16x64xf32>
}

// -----

// Bias and activation stay next to the product.
// CHECK-LABEL: @epilogue
func.func @epilogue(%x: tensor<8x16x32xf32>, %w: tensor<1x32x2xf32>, %r: tensor<8x16x2xf32>) -> tensor<8x16x2xf32> {
  // CHECK-DAG: %[[B:.*]] = nn.constant dense<{{.*}}> : tensor<1x2xf32>
  // CHECK: %[[P:.*]] = nn.matmul
  // CHECK: %[[BB:.*]] = nn.broadcast {{.*}} : tensor<1x2xf32> -> tensor<128x2xf32>
  // CHECK: %[[A:.*]] = nn.binary add %[[P]], %[[BB]]
  // CHECK: %[[RR:.*]] = nn.reshape %arg2 : tensor<8x16x2xf32> -> tensor<128x2xf32>
  // CHECK: %[[S:.*]] = nn.binary add %[[A]], %[[RR]]
  // CHECK: %[[R:.*]] = nn.unary relu %[[S]]
  // CHECK: nn.reshape %[[R]] : tensor<128x2xf32> -> tensor<8x16x2xf32>
  %bias = nn.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %bias3 = nn.reshape %bias : tensor<1x2xf32> -> tensor<1x1x2xf32>
  %b = nn.broadcast %bias3 : tensor<1x1x2xf32> -> tensor<8x16x2xf32>
  %0 = nn.matmul %x, %w : (tensor<8x16x32xf32>, tensor<1x32x2xf32>) -> tensor<8x16x2xf32>
  %1 = nn.binary add %0, %b : tensor<8x16x2xf32>
  %2 = nn.binary add %1, %r : tensor<8x16x2xf32>
  %3 = nn.unary relu %2 : tensor<8x16x2xf32> -> tensor<8x16x2xf32>
  return %3 : tensor<8x16x2xf32>
}

// -----

// CHECK-LABEL: @whole_window
func.func @whole_window(%x: tensor<2x7x7x4xf32>, %w: tensor<7x7x4x10xf32>) -> tensor<2x1x1x10xf32> {
  // CHECK: nn.matmul {{.*}} : (tensor<2x196xf32>, tensor<196x10xf32>) -> tensor<2x10xf32>
  %0 = nn.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<2x7x7x4xf32>, tensor<7x7x4x10xf32>) -> tensor<2x1x1x10xf32>
  return %0 : tensor<2x1x1x10xf32>
}

// -----

// CHECK-LABEL: @transposed_constant
func.func @transposed_constant(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK: %[[W:.*]] = nn.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]>
  // CHECK: nn.matmul %arg0, %[[W]] :
  %w = nn.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = nn.matmul %x, %w {transposeRhs = true} : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

// CHECK-LABEL: @transposed_at_run_time
func.func @transposed_at_run_time(%x: tensor<4x3x2xf32>, %y: tensor<4x5x2xf32>) -> tensor<4x3x5xf32> {
  // CHECK-NEXT: nn.matmul %arg0, %arg1 {transposeRhs = true}
  %0 = nn.transpose %y [0, 2, 1] : tensor<4x5x2xf32> -> tensor<4x2x5xf32>
  %1 = nn.matmul %x, %0 : (tensor<4x3x2xf32>, tensor<4x2x5xf32>) -> tensor<4x3x5xf32>
  return %1 : tensor<4x3x5xf32>
}
