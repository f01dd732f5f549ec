// RUN: aotc-opt %s --verify-diagnostics --split-input-file

func.func @quantize_c1(%x: tensor<4xf32>, %f: tensor<4xf32>) -> tensor<2xi8> {
  // expected-error @+1 {{needs one shape}}
  %0 = nn.quantize float_rne %x, %f {zero = 0 : i64, low = -128 : i64, high = 127 : i64} : tensor<4xf32>, tensor<4xf32> -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// -----

func.func @quantize_c2(%x: tensor<4xf32>, %f: tensor<4xf32>) -> tensor<4xi8> {
  // expected-error @+1 {{fixed does not take 'f32' and factors 'f32'}}
  %0 = nn.quantize fixed %x, %f {zero = 0 : i64, low = -128 : i64, high = 127 : i64} : tensor<4xf32>, tensor<4xf32> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @quantize_c2_origin(%x: tensor<4xi32>, %f: tensor<4xf32>) -> tensor<4xi8> {
  // expected-error @+1 {{float_up does not take 'i32' and factors 'f32' with an origin}}
  %0 = nn.quantize float_up %x, %f {zero = 0 : i64, low = -128 : i64, high = 127 : i64, origin = 0.5 : f32} : tensor<4xi32>, tensor<4xf32> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @quantize_c3(%x: tensor<4xf32>, %f: tensor<4xf32>) -> tensor<4xi32> {
  // expected-error @+1 {{yields integers of 8 or 16 bits, not 'i32'}}
  %0 = nn.quantize float_rne %x, %f {zero = 0 : i64, low = -128 : i64, high = 127 : i64} : tensor<4xf32>, tensor<4xf32> -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @quantize_c3_bounds(%x: tensor<4xf32>, %f: tensor<4xf32>) -> tensor<4xui8> {
  // expected-error @+1 {{has a zero point or bounds that 'ui8' does not hold}}
  %0 = nn.quantize float_rne %x, %f {zero = 0 : i64, low = -128 : i64, high = 127 : i64} : tensor<4xf32>, tensor<4xf32> -> tensor<4xui8>
  return %0 : tensor<4xui8>
}

// -----

func.func @dequantize_c1(%x: tensor<4xi8>, %f: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{needs one shape}}
  %0 = nn.dequantize %x, %f {zero = 0 : i64} : tensor<4xi8>, tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @dequantize_c2(%x: tensor<4xi8>, %f: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{has a zero point that 'i8' does not hold}}
  %0 = nn.dequantize %x, %f {zero = 200 : i64} : tensor<4xi8>, tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @unpack_quads_c1(%p: tensor<1x1x3x8xi8>) -> tensor<8x8xi8> {
  // expected-error @+1 {{needs i8 quads of rank 5}}
  %0 = nn.unpack_quads %p {run = 8 : i64} : tensor<1x1x3x8xi8> -> tensor<8x8xi8>
  return %0 : tensor<8x8xi8>
}

// -----

func.func @unpack_quads_c2(%p: tensor<1x1x3x8x4xi8>) -> tensor<9x8xi8> {
  // expected-error @+1 {{in runs of 9 that do not hold}}
  %0 = nn.unpack_quads %p {run = 9 : i64} : tensor<1x1x3x8x4xi8> -> tensor<9x8xi8>
  return %0 : tensor<9x8xi8>
}

// -----

func.func @matmul_c4(%x: tensor<4x4xui8>, %w: tensor<4x4xi8>) -> tensor<4x4xui8> {
  // expected-error @+1 {{needs operands of one element type}}
  %0 = nn.matmul %x, %w : (tensor<4x4xui8>, tensor<4x4xi8>) -> tensor<4x4xui8>
  return %0 : tensor<4x4xui8>
}

// -----

func.func @matmul_c5(%x: tensor<4x4xi8>, %w: tensor<4x4xi8>) -> tensor<4x4xi32> {
  // expected-error @+1 {{has zero points that do not fit operands}}
  %0 = nn.matmul %x, %w {lhsZero = 200 : i64} : (tensor<4x4xi8>, tensor<4x4xi8>) -> tensor<4x4xi32>
  return %0 : tensor<4x4xi32>
}

// -----

func.func @reduce_c2(%x: tensor<4x4xi16>) -> tensor<1x4xi32> {
  // expected-error @+1 {{has result}}
  %0 = nn.reduce sum %x [0] : tensor<4x4xi16> -> tensor<1x4xi32>
  return %0 : tensor<1x4xi32>
}

// -----

func.func @conv_c6(%x: tensor<1x4x2xi8>, %w: tensor<1x2x4xi8>) -> tensor<1x4x4xi8> {
  // expected-error @+1 {{has zero points that do not fit operands}}
  %0 = nn.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>, inputZero = 1 : i64} : (tensor<1x4x2xi8>, tensor<1x2x4xi8>) -> tensor<1x4x4xi8>
  return %0 : tensor<1x4x4xi8>
}
