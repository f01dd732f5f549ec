// RUN: aotc-opt %s --verify-diagnostics --split-input-file

func.func @constant_c1() -> tensor<3xf32> {
  // expected-error @+1 {{failed to verify that all of {value, result} have same type}}
  %0 = "nn.constant"() {value = dense<1.0> : tensor<4xf32>} : () -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @unary_c1(%x: tensor<4xf32>) -> tensor<3xf32> {
  // expected-error @+1 {{needs one shape}}
  %0 = nn.unary exp %x : tensor<4xf32> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @unary_c2(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{yields element type 'i1', not 'f32'}}
  %0 = nn.unary is_nan %x : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @unary_c3(%x: tensor<4xi32>) -> tensor<4xi32> {
  // expected-error @+1 {{exp does not take element type 'i32'}}
  %0 = nn.unary exp %x : tensor<4xi32> -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @binary_c1(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{xor does not take element type 'f32'}}
  %0 = nn.binary xor %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @compare_c1(%x: tensor<4xf32>) -> tensor<3xi1> {
  // expected-error @+1 {{needs an i1 result of the operands' shape}}
  %0 = nn.compare lt %x, %x : tensor<4xf32> -> tensor<3xi1>
  return %0 : tensor<3xi1>
}

// -----

func.func @select_c1(%c: tensor<1xi1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{needs an i1 condition of the result's shape}}
  %0 = nn.select %c, %x, %x : tensor<1xi1>, tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @clamp_c1(%x: tensor<4xi32>) -> tensor<4xi32> {
  // expected-error @+1 {{needs floating point}}
  %0 = nn.clamp %x {low = 0.0 : f64, high = 6.0 : f64} : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @clamp_c2(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{needs low <= high}}
  %0 = nn.clamp %x {low = 7.0 : f64, high = 6.0 : f64} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @cast_c1(%x: tensor<4xf32>) -> tensor<2x2xi32> {
  // expected-error @+1 {{needs one shape}}
  %0 = nn.cast %x : tensor<4xf32> -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// -----

func.func @bitcast_c1(%x: tensor<4xf32>) -> tensor<2xi32> {
  // expected-error @+1 {{needs one shape}}
  %0 = nn.bitcast %x : tensor<4xf32> -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

// -----

func.func @bitcast_c2(%x: tensor<4xf32>) -> tensor<4xi64> {
  // expected-error @+1 {{needs element types of one width, got 'f32' and 'i64'}}
  %0 = nn.bitcast %x : tensor<4xf32> -> tensor<4xi64>
  return %0 : tensor<4xi64>
}

// -----

func.func @random_c1() -> tensor<4xi32> {
  // expected-error @+1 {{normal does not yield 'i32'}}
  %0 = nn.random normal {seed = 1 : i64, stream = 0 : i64} : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @random_c2() -> tensor<4xi32> {
  // expected-error @+1 {{needs low < high}}
  %0 = nn.random uniform_int {seed = 1 : i64, stream = 0 : i64, low = 5 : i64, high = 5 : i64} : tensor<4xi32>
  return %0 : tensor<4xi32>
}
