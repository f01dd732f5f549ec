// RUN: aotc-opt %s --aotc-quantized-ops --cse | FileCheck %s
// RUN: aotc-opt %s --aotc-quantized-ops=round-bias=true --cse | FileCheck %s --check-prefix=ROUND

// Weights of one scale a channel, a bias in multiples of the sums' scale, relu: one integer convolution and one requantization.
// CHECK-LABEL: func @conv
func.func @conv(%q: tensor<1x4x4x2xui8>) -> tensor<1x4x4x2xui8> {
  %sx = nn.constant dense<0.5> : tensor<1x4x4x2xf32>
  %x = nn.dequantize %q, %sx {zero = 3 : i64} : tensor<1x4x4x2xui8>, tensor<1x4x4x2xf32>
  %qw = nn.constant dense<[[[[1, 2], [3, 4]]]]> : tensor<1x1x2x2xi8>
  %sw = nn.constant dense<[[[[0.25, 0.5]]]]> : tensor<1x1x1x2xf32>
  %swb = nn.broadcast %sw : tensor<1x1x1x2xf32> -> tensor<1x1x2x2xf32>
  %w = nn.dequantize %qw, %swb {zero = 0 : i64} : tensor<1x1x2x2xi8>, tensor<1x1x2x2xf32>
  %0 = nn.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x4x4x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x4x4x2xf32>
  %b = nn.constant dense<[[[[1.25, -2.0]]]]> : tensor<1x1x1x2xf32>
  %bb = nn.broadcast %b : tensor<1x1x1x2xf32> -> tensor<1x4x4x2xf32>
  %1 = nn.binary add %0, %bb : tensor<1x4x4x2xf32>
  %2 = nn.unary relu %1 : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
  %f = nn.constant dense<2.0> : tensor<1x4x4x2xf32>
  // CHECK-DAG: %[[W:.*]] = nn.constant dense<{{.*}}> : tensor<1x1x2x2xi8>
  // CHECK-DAG: %[[B:.*]] = nn.constant dense<{{\[\[\[\[}}10, -8]]]]> : tensor<1x1x1x2xi32>
  // CHECK-DAG: %[[F:.*]] = nn.constant dense<{{\[\[\[\[}}2.500000e-01, 5.000000e-01]]]]> : tensor<1x1x1x2xf32>
  // CHECK: %[[S:.*]] = nn.conv %arg0, %[[W]] {{.*}}inputZero = 3 : i64{{.*}} -> tensor<1x4x4x2xi32>
  // CHECK: nn.binary add %[[S]], %{{.*}} : tensor<1x4x4x2xi32>
  // CHECK: nn.quantize float_rne %{{.*}} {high = 255 : i64, low = 10 : i64, zero = 10 : i64} : tensor<1x4x4x2xi32>, tensor<1x4x4x2xf32> -> tensor<1x4x4x2xui8>
  // CHECK-NOT: nn.unary
  %3 = nn.quantize float_rne %2, %f {zero = 10 : i64, low = 0 : i64, high = 255 : i64} : tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32> -> tensor<1x4x4x2xui8>
  return %3 : tensor<1x4x4x2xui8>
}

// A bias between two multiples is rounded only where that is asked for.
// CHECK-LABEL: func @bias
// CHECK: nn.dequantize
// CHECK: nn.binary add {{.*}}xf32>
// ROUND-LABEL: func @bias
// ROUND: nn.binary add {{.*}}xi32>
// ROUND: nn.quantize float_rne {{.*}} : tensor<4x2xi32>
func.func @bias(%q: tensor<4x2xui8>) -> tensor<4x2xui8> {
  %one = nn.constant dense<1.0> : tensor<4x2xf32>
  %x = nn.dequantize %q, %one {zero = 0 : i64} : tensor<4x2xui8>, tensor<4x2xf32>
  %qw = nn.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %onew = nn.constant dense<1.0> : tensor<2x2xf32>
  %w = nn.dequantize %qw, %onew {zero = 0 : i64} : tensor<2x2xi8>, tensor<2x2xf32>
  %0 = nn.matmul %x, %w : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %b = nn.constant dense<[[1.25, -2.0]]> : tensor<1x2xf32>
  %bb = nn.broadcast %b : tensor<1x2xf32> -> tensor<4x2xf32>
  %1 = nn.binary add %0, %bb : tensor<4x2xf32>
  %2 = nn.quantize float_rne %1, %one {zero = 0 : i64, low = 0 : i64, high = 255 : i64} : tensor<4x2xf32>, tensor<4x2xf32> -> tensor<4x2xui8>
  return %2 : tensor<4x2xui8>
}

// Moves and maxima run on bytes, a round trip with one scale goes, zeros are the zero point.
// CHECK-LABEL: func @moves
// CHECK-DAG: %[[Z:.*]] = nn.constant dense<7> : tensor<ui8>
// CHECK: %[[T:.*]] = nn.transpose %arg0 {{.*}} -> tensor<1x4x4x2xui8>
// CHECK: %[[P:.*]] = nn.pad constant %[[T]], %[[Z]] {{.*}} -> tensor<1x6x6x2xui8>
// CHECK: %[[M:.*]] = nn.pool max %[[P]] {{.*}} -> tensor<1x3x3x2xui8>
// CHECK-NEXT: return %[[M]]
func.func @moves(%q: tensor<1x2x4x4xui8>) -> tensor<1x3x3x2xui8> {
  %s = nn.constant dense<0.1> : tensor<1x2x4x4xf32>
  %x = nn.dequantize %q, %s {zero = 7 : i64} : tensor<1x2x4x4xui8>, tensor<1x2x4x4xf32>
  %0 = nn.transpose %x [0, 2, 3, 1] : tensor<1x2x4x4xf32> -> tensor<1x4x4x2xf32>
  %zero = nn.constant dense<0.0> : tensor<f32>
  %1 = nn.pad constant %0, %zero {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>} : tensor<1x4x4x2xf32> -> tensor<1x6x6x2xf32>, tensor<f32>
  %2 = nn.pool max %1 {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : tensor<1x6x6x2xf32> -> tensor<1x3x3x2xf32>
  %f = nn.constant dense<0.1> : tensor<1x3x3x2xf32>
  %3 = nn.quantize divide %2, %f {zero = 7 : i64, low = 0 : i64, high = 255 : i64} : tensor<1x3x3x2xf32>, tensor<1x3x3x2xf32> -> tensor<1x3x3x2xui8>
  return %3 : tensor<1x3x3x2xui8>
}

// Means are sums of bytes with a smaller scale.
// CHECK-LABEL: func @mean
// CHECK: %[[S:.*]] = nn.reduce sum %arg0 [1, 2] : tensor<1x2x2x2xui8> -> tensor<1x1x1x2xi32>
// CHECK: %[[C:.*]] = nn.binary add %[[S]], %{{.*}} : tensor<1x1x1x2xi32>
// CHECK: nn.quantize float_rne %[[C]]
func.func @mean(%q: tensor<1x2x2x2xui8>) -> tensor<1x1x1x2xui8> {
  %s = nn.constant dense<0.5> : tensor<1x2x2x2xf32>
  %x = nn.dequantize %q, %s {zero = 7 : i64} : tensor<1x2x2x2xui8>, tensor<1x2x2x2xf32>
  %0 = nn.reduce mean %x [1, 2] : tensor<1x2x2x2xf32> -> tensor<1x1x1x2xf32>
  %f = nn.constant dense<4.0> : tensor<1x1x1x2xf32>
  %1 = nn.quantize float_rne %0, %f {zero = 0 : i64, low = 0 : i64, high = 255 : i64} : tensor<1x1x1x2xf32>, tensor<1x1x1x2xf32> -> tensor<1x1x1x2xui8>
  return %1 : tensor<1x1x1x2xui8>
}

// Scales that differ meet in f32: nothing is lost between.
// CHECK-LABEL: func @scales
// CHECK: nn.dequantize
// CHECK: nn.quantize
func.func @scales(%q: tensor<4xui8>) -> tensor<4xui8> {
  %s = nn.constant dense<0.5> : tensor<4xf32>
  %x = nn.dequantize %q, %s {zero = 7 : i64} : tensor<4xui8>, tensor<4xf32>
  %0 = nn.quantize float_rne %x, %s {zero = 7 : i64, low = 0 : i64, high = 255 : i64} : tensor<4xf32>, tensor<4xf32> -> tensor<4xui8>
  return %0 : tensor<4xui8>
}

// Halves stay rounded up; an origin that only says where the zero point is goes with the sums' scale.
// CHECK-LABEL: func @halves
// CHECK-DAG: %[[F:.*]] = nn.constant dense<5.000000e-01> : tensor<1x1x1x2xf32>
// CHECK: %[[S:.*]] = nn.reduce sum
// CHECK: nn.quantize float_up %[[S]], %[[F]] {high = 255 : i64, low = 0 : i64, zero = 2 : i64} : tensor<1x1x1x2xi32>
func.func @halves(%q: tensor<1x2x2x2xui8>) -> tensor<1x1x1x2xui8> {
  %s = nn.constant dense<0.5> : tensor<1x2x2x2xf32>
  %x = nn.dequantize %q, %s {zero = 0 : i64} : tensor<1x2x2x2xui8>, tensor<1x2x2x2xf32>
  %0 = nn.reduce mean %x [1, 2] : tensor<1x2x2x2xf32> -> tensor<1x1x1x2xf32>
  %f = nn.constant dense<0.25> : tensor<1x1x1x2xf32>
  %1 = nn.quantize divide_up %0, %f {zero = 2 : i64, low = 0 : i64, high = 255 : i64, origin = -0.5 : f32} : tensor<1x1x1x2xf32>, tensor<1x1x1x2xf32> -> tensor<1x1x1x2xui8>
  return %1 : tensor<1x1x1x2xui8>
}

// An origin elsewhere shifts the numbers: nothing is folded, not even a round trip.
// CHECK-LABEL: func @shifted
// CHECK: nn.dequantize
// CHECK: nn.quantize float_up {{.*}}origin = 1.000000e+00
func.func @shifted(%q: tensor<4xui8>) -> tensor<4xui8> {
  %s = nn.constant dense<0.5> : tensor<4xf32>
  %f = nn.constant dense<2.0> : tensor<4xf32>
  %x = nn.dequantize %q, %s {zero = 2 : i64} : tensor<4xui8>, tensor<4xf32>
  %0 = nn.quantize float_up %x, %f {zero = 2 : i64, low = 0 : i64, high = 255 : i64, origin = 1.0 : f32} : tensor<4xf32>, tensor<4xf32> -> tensor<4xui8>
  return %0 : tensor<4xui8>
}

// The same at its place: a round trip, and limits of the numbers.
// CHECK-LABEL: func @centred
// CHECK-NOT: nn.clamp
// CHECK: nn.quantize divide_up %arg1, %{{.*}} {high = 6 : i64, low = 0 : i64, origin = -1.000000e+00 : f32, zero = 2 : i64}
// CHECK: return %arg0
func.func @centred(%q: tensor<4xui8>, %y: tensor<4xf32>) -> (tensor<4xui8>, tensor<4xui8>) {
  %s = nn.constant dense<0.5> : tensor<4xf32>
  %x = nn.dequantize %q, %s {zero = 2 : i64} : tensor<4xui8>, tensor<4xf32>
  %0 = nn.quantize divide_up %x, %s {zero = 2 : i64, low = 0 : i64, high = 255 : i64, origin = -1.0 : f32} : tensor<4xf32>, tensor<4xf32> -> tensor<4xui8>
  %1 = nn.clamp %y {low = -1.0 : f64, high = 2.0 : f64} : tensor<4xf32>
  %2 = nn.quantize divide_up %1, %s {zero = 2 : i64, low = 0 : i64, high = 255 : i64, origin = -1.0 : f32} : tensor<4xf32>, tensor<4xf32> -> tensor<4xui8>
  return %0, %2 : tensor<4xui8>, tensor<4xui8>
}

// Integers of a model may fill their type: what is added to them stays apart.
// CHECK-LABEL: func @full
// CHECK: nn.dequantize
// CHECK: nn.binary add {{.*}} : tensor<4xf32>
func.func @full(%q: tensor<4xi32>) -> tensor<4xf32> {
  %s = nn.constant dense<0.5> : tensor<4xf32>
  %x = nn.dequantize %q, %s {zero = 0 : i64} : tensor<4xi32>, tensor<4xf32>
  %0 = nn.binary add %x, %s : tensor<4xf32>
  return %0 : tensor<4xf32>
}
