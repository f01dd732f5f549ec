// RUN: aotc-opt %s --verify-diagnostics --split-input-file

func.func @reduce_c1(%x: tensor<2x3xf32>) -> tensor<1x1xf32> {
  // expected-error @+1 {{needs ascending axes inside rank 2}}
  %0 = nn.reduce sum %x [1, 0] : tensor<2x3xf32> -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

func.func @reduce_c2(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{has result 'tensor<2xf32>', expected 'tensor<2x1xf32>'}}
  %0 = nn.reduce sum %x [1] : tensor<2x3xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @reduce_c3(%x: tensor<2x3xf32>) -> tensor<2x1xf32> {
  // expected-error @+1 {{any does not take 'f32'}}
  %0 = nn.reduce any %x [1] : tensor<2x3xf32> -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// -----

func.func @arg_reduce_c1(%x: tensor<2x3xf32>) -> tensor<2x3xi32> {
  // expected-error @+1 {{has axis 2 outside rank 2}}
  %0 = nn.arg_reduce max %x {axis = 2 : i64} : tensor<2x3xf32> -> tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}

// -----

func.func @arg_reduce_c1_empty(%x: tensor<2x0xf32>) -> tensor<2x1xi32> {
  // expected-error @+1 {{needs numbers and at least one element along the axis}}
  %0 = nn.arg_reduce max %x {axis = 1 : i64} : tensor<2x0xf32> -> tensor<2x1xi32>
  return %0 : tensor<2x1xi32>
}

// -----

func.func @arg_reduce_c2(%x: tensor<2x3xf32>) -> tensor<2x1xf32> {
  // expected-error @+1 {{needs an integer result with extent 1 along the axis}}
  %0 = nn.arg_reduce max %x {axis = 1 : i64} : tensor<2x3xf32> -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// -----

func.func @top_k_c1(%x: tensor<2x3xf32>) -> (tensor<2x4xf32>, tensor<2x4xi32>) {
  // expected-error @+1 {{has results that do not fit its operand}}
  %0, %1 = nn.top_k %x : tensor<2x3xf32> -> tensor<2x4xf32>, tensor<2x4xi32>
  return %0, %1 : tensor<2x4xf32>, tensor<2x4xi32>
}

// -----

func.func @cumulative_c1(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{has axis 2 outside rank 2}}
  %0 = nn.cumulative sum %x {axis = 2 : i64} : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @cumulative_c2(%x: tensor<2x3xi1>) -> tensor<2x3xi1> {
  // expected-error @+1 {{needs numbers}}
  %0 = nn.cumulative sum %x {axis = 1 : i64} : tensor<2x3xi1>
  return %0 : tensor<2x3xi1>
}

// -----

func.func @softmax_c1(%x: tensor<2x3xi32>) -> tensor<2x3xi32> {
  // expected-error @+1 {{needs floating point}}
  %0 = nn.softmax %x {axis = 1 : i64} : tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}

// -----

func.func @softmax_c2(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{has axis 2 outside rank 2}}
  %0 = nn.softmax %x {axis = 2 : i64} : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
