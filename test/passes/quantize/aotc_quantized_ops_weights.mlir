// RUN: aotc-opt %s -aotc-quantized-ops | FileCheck %s

// ONNX's filters have the result channels first; the integers move, and the factors with them.

// CHECK-LABEL: @channels_first
// CHECK-DAG: %[[W:.*]] = nn.constant dense<{{\[\[\[\[}}1, 3], [2, 4]]]]> : tensor<1x1x2x2xi8>
// CHECK: nn.conv %arg0, %[[W]] {{.*}}inputZero = 3{{.*}} -> tensor<1x2x2x2xi32>
// CHECK: nn.dequantize %{{.*}} {zero = 0 : i64} : tensor<1x2x2x2xi32>
func.func @channels_first(%x: tensor<1x2x2x2xui8>) -> tensor<1x2x2x2xf32> {
  %sx = nn.constant dense<0.5> : tensor<1x2x2x2xf32>
  %0 = nn.dequantize %x, %sx {zero = 3 : i64} : tensor<1x2x2x2xui8>, tensor<1x2x2x2xf32>
  %w = nn.constant dense<[[[[1]], [[2]]], [[[3]], [[4]]]]> : tensor<2x2x1x1xi8>
  %s = nn.constant dense<[[[[0.25]]], [[[0.125]]]]> : tensor<2x1x1x1xf32>
  %sw = nn.broadcast %s : tensor<2x1x1x1xf32> -> tensor<2x2x1x1xf32>
  %1 = nn.dequantize %w, %sw {zero = 0 : i64} : tensor<2x2x1x1xi8>, tensor<2x2x1x1xf32>
  %2 = nn.transpose %1 [2, 3, 1, 0] : tensor<2x2x1x1xf32> -> tensor<1x1x2x2xf32>
  %3 = nn.conv %0, %2 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>}
     : (tensor<1x2x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %3 : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: @shared_batch
// CHECK: nn.matmul %arg0, %{{.*}} : (tensor<1x4x2xi8>, tensor<1x2x3xi8>) -> tensor<1x4x3xi32>
func.func @shared_batch(%x: tensor<1x4x2xi8>) -> tensor<1x4x3xf32> {
  %sx = nn.constant dense<0.5> : tensor<1x4x2xf32>
  %0 = nn.dequantize %x, %sx {zero = 0 : i64} : tensor<1x4x2xi8>, tensor<1x4x2xf32>
  %w = nn.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %s = nn.constant dense<[[0.5, 0.25, 0.125]]> : tensor<1x3xf32>
  %sw = nn.broadcast %s : tensor<1x3xf32> -> tensor<2x3xf32>
  %1 = nn.dequantize %w, %sw {zero = 0 : i64} : tensor<2x3xi8>, tensor<2x3xf32>
  %2 = nn.reshape %1 : tensor<2x3xf32> -> tensor<1x2x3xf32>
  %3 = nn.matmul %0, %2 : (tensor<1x4x2xf32>, tensor<1x2x3xf32>) -> tensor<1x4x3xf32>
  return %3 : tensor<1x4x3xf32>
}

// A bias in units of the sums, as quantizers store it, is added to them.
// CHECK-LABEL: @stored_bias
// CHECK-DAG: %[[B:.*]] = nn.constant dense<{{\[\[}}7, -9]]> : tensor<1x2xi32>
// CHECK: %[[S:.*]] = nn.matmul
// CHECK: %[[BB:.*]] = nn.broadcast %[[B]]
// CHECK: %[[SUM:.*]] = nn.binary add %[[S]], %[[BB]] : tensor<3x2xi32>
// CHECK: nn.quantize float_rne %[[SUM]]
// CHECK-NOT: nn.dequantize
func.func @stored_bias(%x: tensor<3x2xui8>) -> tensor<3x2xui8> {
  %sx = nn.constant dense<0.5> : tensor<3x2xf32>
  %0 = nn.dequantize %x, %sx {zero = 1 : i64} : tensor<3x2xui8>, tensor<3x2xf32>
  %w = nn.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %s = nn.constant dense<[[0.3, 0.7]]> : tensor<1x2xf32>
  %sw = nn.broadcast %s : tensor<1x2xf32> -> tensor<2x2xf32>
  %1 = nn.dequantize %w, %sw {zero = 0 : i64} : tensor<2x2xi8>, tensor<2x2xf32>
  %b = nn.constant dense<[7, -9]> : tensor<2xi32>
  %sb = nn.constant dense<[0.15, 0.35]> : tensor<2xf32>
  %2 = nn.dequantize %b, %sb {zero = 0 : i64} : tensor<2xi32>, tensor<2xf32>
  %3 = nn.reshape %2 : tensor<2xf32> -> tensor<1x2xf32>
  %4 = nn.broadcast %3 : tensor<1x2xf32> -> tensor<3x2xf32>
  %5 = nn.matmul %0, %1 : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %6 = nn.binary add %5, %4 : tensor<3x2xf32>
  %sy = nn.constant dense<2.0> : tensor<3x2xf32>
  %7 = nn.quantize divide %6, %sy {zero = 4 : i64, low = 0 : i64, high = 255 : i64} : tensor<3x2xf32>, tensor<3x2xf32> -> tensor<3x2xui8>
  return %7 : tensor<3x2xui8>
}

// CHECK-LABEL: @around_the_middle
// CHECK: %[[W:.*]] = nn.constant dense<{{\[\[}}-128], [127]]> : tensor<2x1xi8>
// CHECK: nn.matmul %arg0, %[[W]] {lhsZero = 5 : i64} : (tensor<3x2xui8>, tensor<2x1xi8>) -> tensor<3x1xi32>
func.func @around_the_middle(%x: tensor<3x2xui8>) -> tensor<3x1xi32> {
  %w = nn.constant dense<[[0], [255]]> : tensor<2x1xui8>
  %0 = nn.matmul %x, %w {lhsZero = 5 : i64, rhsZero = 128 : i64} : (tensor<3x2xui8>, tensor<2x1xui8>) -> tensor<3x1xi32>
  return %0 : tensor<3x1xi32>
}

// CHECK-LABEL: @elsewhere
// CHECK: rhsZero = 120
func.func @elsewhere(%x: tensor<3x2xui8>) -> tensor<3x1xi32> {
  %w = nn.constant dense<[[0], [255]]> : tensor<2x1xui8>
  %0 = nn.matmul %x, %w {rhsZero = 120 : i64} : (tensor<3x2xui8>, tensor<2x1xui8>) -> tensor<3x1xi32>
  return %0 : tensor<3x1xi32>
}
