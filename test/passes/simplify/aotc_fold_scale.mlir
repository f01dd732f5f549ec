// RUN: aotc-opt %s --aotc-fold-scale --split-input-file | FileCheck %s

// Bias, scale and offset of a convolution become weights and one bias.
// CHECK-LABEL: @batch_norm
func.func @batch_norm(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x2xf32> {
  // CHECK-DAG: %[[W:.*]] = nn.constant dense<{{\[\[\[\[}}2.000000e+00, 2.000000e+01]]]]> : tensor<1x1x1x2xf32>
  // CHECK-DAG: %[[B:.*]] = nn.constant dense<{{\[\[\[\[}}9.000000e+00, 5.900000e+01]]]]> : tensor<1x1x1x2xf32>
  // CHECK: %[[C:.*]] = nn.conv %arg0, %[[W]]
  // CHECK: %[[BB:.*]] = nn.broadcast %[[B]]
  // CHECK: %[[R:.*]] = nn.binary add %[[C]], %[[BB]]
  // CHECK: return %[[R]]
  %w = nn.constant dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32>
  %bias = nn.constant dense<[[[[4.0, 5.0]]]]> : tensor<1x1x1x2xf32>
  %scale = nn.constant dense<[[[[2.0, 10.0]]]]> : tensor<1x1x1x2xf32>
  %offset = nn.constant dense<[[[[1.0, 9.0]]]]> : tensor<1x1x1x2xf32>
  %0 = nn.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x4x4x1xf32>, tensor<1x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %1 = nn.broadcast %bias : tensor<1x1x1x2xf32> -> tensor<1x4x4x2xf32>
  %2 = nn.binary add %0, %1 : tensor<1x4x4x2xf32>
  %3 = nn.broadcast %scale : tensor<1x1x1x2xf32> -> tensor<1x4x4x2xf32>
  %4 = nn.binary mul %2, %3 : tensor<1x4x4x2xf32>
  %5 = nn.broadcast %offset : tensor<1x1x1x2xf32> -> tensor<1x4x4x2xf32>
  %6 = nn.binary add %4, %5 : tensor<1x4x4x2xf32>
  return %6 : tensor<1x4x4x2xf32>
}

// -----

// Depthwise: filter [1, 1, 1, 4] of groups 2, channel multiplier 2.
// CHECK-LABEL: @depthwise
func.func @depthwise(%x: tensor<1x2x2x2xf32>) -> tensor<1x2x2x4xf32> {
  // The input's factors 10, 100 and the output's 1, 2, 3, 4.
  // CHECK: nn.constant dense<{{\[\[\[\[}}1.000000e+01, 2.000000e+01, 3.000000e+02, 4.000000e+02]]]]> : tensor<1x1x1x4xf32>
  // CHECK: nn.conv %arg0
  // CHECK-NEXT: return
  %w = nn.constant dense<1.0> : tensor<1x1x1x4xf32>
  %in = nn.constant dense<[[[[10.0, 100.0]]]]> : tensor<1x1x1x2xf32>
  %out = nn.constant dense<[[[[1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x1x4xf32>
  %0 = nn.broadcast %in : tensor<1x1x1x2xf32> -> tensor<1x2x2x2xf32>
  %1 = nn.binary mul %x, %0 : tensor<1x2x2x2xf32>
  %2 = nn.conv %1, %w {groups = 2 : i64, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x2x2x2xf32>, tensor<1x1x1x4xf32>) -> tensor<1x2x2x4xf32>
  %3 = nn.broadcast %out : tensor<1x1x1x4xf32> -> tensor<1x2x2x4xf32>
  %4 = nn.binary mul %2, %3 : tensor<1x2x2x4xf32>
  return %4 : tensor<1x2x2x4xf32>
}

// -----

// conv_transpose: filter [1, O = 2, C = 1].
// CHECK-LABEL: @conv_transpose
func.func @conv_transpose(%x: tensor<1x3x1xf32>) -> tensor<1x3x2xf32> {
  // CHECK: nn.constant dense<{{\[\[\[}}3.000000e+00], [8.000000e+00]]]> : tensor<1x2x1xf32>
  // CHECK: nn.conv_transpose
  // CHECK-NEXT: return
  %w = nn.constant dense<[[[3.0], [4.0]]]> : tensor<1x2x1xf32>
  %s = nn.constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %0 = nn.conv_transpose %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>} : (tensor<1x3x1xf32>, tensor<1x2x1xf32>) -> tensor<1x3x2xf32>
  %1 = nn.broadcast %s : tensor<1x1x2xf32> -> tensor<1x3x2xf32>
  %2 = nn.binary mul %0, %1 : tensor<1x3x2xf32>
  return %2 : tensor<1x3x2xf32>
}

// -----

// CHECK-LABEL: @transposed_product
func.func @transposed_product(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK: nn.constant dense<{{\[\[}}5.000000e-01, 1.000000e+00], [1.500000e+01, 2.000000e+01]]> : tensor<2x2xf32>
  // CHECK: nn.matmul
  // CHECK-NEXT: return
  %w = nn.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %s = nn.constant dense<[[2.0, 0.2]]> : tensor<1x2xf32>
  %0 = nn.matmul %x, %w {transposeRhs = true} : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %1 = nn.broadcast %s : tensor<1x2xf32> -> tensor<3x2xf32>
  %2 = nn.binary div %0, %1 : tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// -----

// The unscaled product is wanted, too.
// CHECK-LABEL: @second_use
func.func @second_use(%x: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  // CHECK: nn.matmul
  // CHECK: nn.binary mul
  %w = nn.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %s = nn.constant dense<2.0> : tensor<3x2xf32>
  %0 = nn.matmul %x, %w : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %1 = nn.binary mul %0, %s : tensor<3x2xf32>
  return %0, %1 : tensor<3x2xf32>, tensor<3x2xf32>
}

// -----

// A constant that varies along the rows is no scale of the weights.
// CHECK-LABEL: @row_scale
func.func @row_scale(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // CHECK: nn.matmul
  // CHECK: nn.binary mul
  %w = nn.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %s = nn.constant dense<[[2.0], [3.0]]> : tensor<2x1xf32>
  %0 = nn.matmul %x, %w : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.broadcast %s : tensor<2x1xf32> -> tensor<2x2xf32>
  %2 = nn.binary mul %0, %1 : tensor<2x2xf32>
  return %2 : tensor<2x2xf32>
}
