// RUN: aotc-opt %s | aotc-opt | FileCheck %s

// CHECK-LABEL: func @quantize
func.func @quantize(%x: tensor<2x3xf32>, %s: tensor<2x3xi32>, %f: tensor<2x3xf32>) -> (tensor<2x3xi8>, tensor<2x3xui8>, tensor<2x3xi16>) {
  // CHECK: nn.quantize float_rne %{{.*}}, %{{.*}} {high = 127 : i64, low = -128 : i64, zero = 3 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xi8>
  %a = nn.quantize float_rne %x, %f {zero = 3 : i64, low = -128 : i64, high = 127 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xi8>
  // CHECK: nn.quantize divide
  %b = nn.quantize divide %x, %f {zero = 128 : i64, low = 128 : i64, high = 255 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xui8>
  // CHECK: nn.quantize fixed {{.*}} : tensor<2x3xi32>, tensor<2x3xf32> -> tensor<2x3xi16>
  %c = nn.quantize fixed %s, %f {zero = 0 : i64, low = -32768 : i64, high = 32767 : i64} : tensor<2x3xi32>, tensor<2x3xf32> -> tensor<2x3xi16>
  // CHECK: nn.quantize divide_up {{.*}} {high = 255 : i64, low = 0 : i64, origin = -1.500000e+00 : f32, zero = 3 : i64}
  %d = nn.quantize divide_up %x, %f {zero = 3 : i64, low = 0 : i64, high = 255 : i64, origin = -1.5 : f32} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xui8>
  // CHECK: nn.quantize float_up
  %e = nn.quantize float_up %s, %f {zero = 3 : i64, low = 0 : i64, high = 255 : i64} : tensor<2x3xi32>, tensor<2x3xf32> -> tensor<2x3xui8>
  // CHECK: nn.quantize float_away
  %g = nn.quantize float_away %x, %f {zero = 3 : i64, low = 0 : i64, high = 255 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xui8>
  return %a, %b, %c : tensor<2x3xi8>, tensor<2x3xui8>, tensor<2x3xi16>
}

// CHECK-LABEL: func @dequantize
func.func @dequantize(%q: tensor<4xui8>, %s: tensor<4xi32>, %f: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: nn.dequantize %{{.*}}, %{{.*}} {zero = 7 : i64} : tensor<4xui8>, tensor<4xf32>
  %a = nn.dequantize %q, %f {zero = 7 : i64} : tensor<4xui8>, tensor<4xf32>
  // CHECK: nn.dequantize %{{.*}}, %{{.*}} {zero = 0 : i64} : tensor<4xi32>, tensor<4xf32>
  %b = nn.dequantize %s, %f {zero = 0 : i64} : tensor<4xi32>, tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// Bytes of either sign whose products add up in i32.
// CHECK-LABEL: func @contractions
func.func @contractions(%x: tensor<1x4x4x6xui8>, %w: tensor<4xi8>) -> (tensor<16x4xi32>, tensor<1x4x4x4xi32>) {
  // CHECK: nn.unpack_quads %{{.*}} {exactPairs = true, run = 6 : i64} : tensor<1x3x3x6x4xi8> -> tensor<1x1x6x18xi8>
  %p = nn.constant dense<1> : tensor<1x3x3x6x4xi8>
  %f = nn.unpack_quads %p {run = 6 : i64, exactPairs = true} : tensor<1x3x3x6x4xi8> -> tensor<1x1x6x18xi8>
  %c = nn.constant dense<1> : tensor<3x3x6x4xi8>
  // CHECK: nn.conv {{.*}}inputZero = 3 : i64
  %y = nn.conv %x, %c {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, inputZero = 3 : i64} : (tensor<1x4x4x6xui8>, tensor<3x3x6x4xi8>) -> tensor<1x4x4x4xi32>
  %r = nn.reshape %x : tensor<1x4x4x6xui8> -> tensor<16x6xui8>
  %m = nn.constant dense<1> : tensor<6x4xi8>
  // CHECK: nn.matmul {{.*}}lhsZero = 3 : i64, rhsZero = -2 : i64
  %z = nn.matmul %r, %m {lhsZero = 3 : i64, rhsZero = -2 : i64} : (tensor<16x6xui8>, tensor<6x4xi8>) -> tensor<16x4xi32>
  return %z, %y : tensor<16x4xi32>, tensor<1x4x4x4xi32>
}

// Sums of bytes may be wider than those.
// CHECK-LABEL: func @sums
func.func @sums(%x: tensor<1x4x4x6xi8>) -> (tensor<1x1x1x6xi32>, tensor<1x2x2x6xi32>) {
  // CHECK: nn.reduce sum %{{.*}} [1, 2] : tensor<1x4x4x6xi8> -> tensor<1x1x1x6xi32>
  %a = nn.reduce sum %x [1, 2] : tensor<1x4x4x6xi8> -> tensor<1x1x1x6xi32>
  // CHECK: nn.pool sum
  %b = nn.pool sum %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : tensor<1x4x4x6xi8> -> tensor<1x2x2x6xi32>
  return %a, %b : tensor<1x1x1x6xi32>, tensor<1x2x2x6xi32>
}
