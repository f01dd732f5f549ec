// RUN: aotc-opt %s --verify-diagnostics --split-input-file

func.func @matmul_c1(%x: tensor<4xf32>, %y: tensor<4x2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{needs operands of equal rank of at least 2}}
  %0 = nn.matmul %x, %y : (tensor<4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

func.func @matmul_c2(%x: tensor<3x4x5xf32>, %y: tensor<2x5x6xf32>) -> tensor<3x4x6xf32> {
  // expected-error @+1 {{has batch extents that do not broadcast: 3 and 2}}
  %0 = nn.matmul %x, %y : (tensor<3x4x5xf32>, tensor<2x5x6xf32>) -> tensor<3x4x6xf32>
  return %0 : tensor<3x4x6xf32>
}

// -----

func.func @matmul_c3(%x: tensor<4x5xf32>, %y: tensor<6x7xf32>) -> tensor<4x7xf32> {
  // expected-error @+1 {{contracts extents that differ: 5 and 6}}
  %0 = nn.matmul %x, %y : (tensor<4x5xf32>, tensor<6x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

func.func @matmul_c3_result(%x: tensor<4x5xf32>, %y: tensor<5x7xf32>) -> tensor<7x4xf32> {
  // expected-error @+1 {{has result 'tensor<7x4xf32>', expected 'tensor<4x7xf32>'}}
  %0 = nn.matmul %x, %y : (tensor<4x5xf32>, tensor<5x7xf32>) -> tensor<7x4xf32>
  return %0 : tensor<7x4xf32>
}

// -----

func.func @matmul_c4(%x: tensor<4x5xf32>, %y: tensor<5x7xf16>) -> tensor<4x7xf32> {
  // expected-error @+1 {{needs operands of one element type}}
  %0 = nn.matmul %x, %y : (tensor<4x5xf32>, tensor<5x7xf16>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

func.func @conv_c1(%x: tensor<1x4xf32>, %w: tensor<4x5xf32>) -> tensor<1x5xf32> {
  // expected-error @+1 {{needs input and filter of equal rank 3 to 5}}
  %0 = nn.conv %x, %w {strides = array<i64>, dilations = array<i64>, padLow = array<i64>, padHigh = array<i64>} : (tensor<1x4xf32>, tensor<4x5xf32>) -> tensor<1x5xf32>
  return %0 : tensor<1x5xf32>
}

// -----

func.func @conv_c2(%x: tensor<1x4x2xf32>, %w: tensor<1x2x5xf32>) -> tensor<1x4x5xf32> {
  // expected-error @+1 {{needs one attribute entry for each of 1 spatial dimensions, got 2}}
  %0 = nn.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : (tensor<1x4x2xf32>, tensor<1x2x5xf32>) -> tensor<1x4x5xf32>
  return %0 : tensor<1x4x5xf32>
}

// -----

func.func @conv_c2_range(%x: tensor<1x4x2xf32>, %w: tensor<1x2x5xf32>) -> tensor<1x4x5xf32> {
  // expected-error @+1 {{needs strides and dilations >= 1 and padding >= 0}}
  %0 = nn.conv %x, %w {strides = array<i64: 0>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : (tensor<1x4x2xf32>, tensor<1x2x5xf32>) -> tensor<1x4x5xf32>
  return %0 : tensor<1x4x5xf32>
}

// -----

func.func @conv_c3(%x: tensor<1x4x3xf32>, %w: tensor<1x1x6xf32>) -> tensor<1x4x6xf32> {
  // expected-error @+1 {{has 2 groups that do not fit 3 input channels and filter}}
  %0 = nn.conv %x, %w {groups = 2 : i64, strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : (tensor<1x4x3xf32>, tensor<1x1x6xf32>) -> tensor<1x4x6xf32>
  return %0 : tensor<1x4x6xf32>
}

// -----

func.func @conv_c4(%x: tensor<1x4x2xf32>, %w: tensor<3x2x5xf32>) -> tensor<1x4x5xf32> {
  // expected-error @+1 {{has result 'tensor<1x4x5xf32>', expected 'tensor<1x2x5xf32>'}}
  %0 = nn.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : (tensor<1x4x2xf32>, tensor<3x2x5xf32>) -> tensor<1x4x5xf32>
  return %0 : tensor<1x4x5xf32>
}

// -----

func.func @conv_c5(%x: tensor<1x4x2xf32>, %w: tensor<1x2x5xi32>) -> tensor<1x4x5xf32> {
  // expected-error @+1 {{needs operands of one element type}}
  %0 = nn.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : (tensor<1x4x2xf32>, tensor<1x2x5xi32>) -> tensor<1x4x5xf32>
  return %0 : tensor<1x4x5xf32>
}

// -----

func.func @conv_transpose_c1(%x: tensor<1x4x2xf32>, %w: tensor<1x5x2xf32>) -> tensor<1x1x4x5xf32> {
  // expected-error @+1 {{needs input, filter and result of equal rank 3 to 5}}
  %0 = nn.conv_transpose %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>} : (tensor<1x4x2xf32>, tensor<1x5x2xf32>) -> tensor<1x1x4x5xf32>
  return %0 : tensor<1x1x4x5xf32>
}

// -----

func.func @conv_transpose_c2(%x: tensor<1x4x2xf32>, %w: tensor<1x5x2xf32>) -> tensor<1x4x5xf32> {
  // expected-error @+1 {{needs strides and dilations >= 1 and padding >= 0}}
  %0 = nn.conv_transpose %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: -1>} : (tensor<1x4x2xf32>, tensor<1x5x2xf32>) -> tensor<1x4x5xf32>
  return %0 : tensor<1x4x5xf32>
}

// -----

func.func @conv_transpose_c3(%x: tensor<1x4x2xf32>, %w: tensor<1x5x3xf32>) -> tensor<1x4x5xf32> {
  // expected-error @+1 {{groups that do not fit input}}
  %0 = nn.conv_transpose %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>} : (tensor<1x4x2xf32>, tensor<1x5x3xf32>) -> tensor<1x4x5xf32>
  return %0 : tensor<1x4x5xf32>
}

// -----

func.func @conv_transpose_c4(%x: tensor<1x4x2xf32>, %w: tensor<1x5x2xf32>) -> tensor<1x4x5xi32> {
  // expected-error @+1 {{has result 'tensor<1x4x5xi32>', expected 'tensor<1x4x5xf32>'}}
  %0 = nn.conv_transpose %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>} : (tensor<1x4x2xf32>, tensor<1x5x2xf32>) -> tensor<1x4x5xi32>
  return %0 : tensor<1x4x5xi32>
}

// -----

func.func @pool_c1(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // expected-error @+1 {{needs an input of rank 3 to 5}}
  %0 = nn.pool max %x {window = array<i64>, strides = array<i64>, dilations = array<i64>, padLow = array<i64>, padHigh = array<i64>} : tensor<1x4xf32> -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

func.func @pool_c2(%x: tensor<1x4x2xf32>) -> tensor<1x4x2xf32> {
  // expected-error @+1 {{needs a window of at least one element and of reasonable reach, got 0}}
  %0 = nn.pool max %x {window = array<i64: 0>, strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : tensor<1x4x2xf32> -> tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}

// -----

func.func @pool_c3(%x: tensor<1x4x2xf32>) -> tensor<1x4x2xf32> {
  // expected-error @+1 {{has result 'tensor<1x4x2xf32>', expected 'tensor<1x3x2xf32>'}}
  %0 = nn.pool max %x {window = array<i64: 2>, strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : tensor<1x4x2xf32> -> tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}

// -----

func.func @pool_c4(%x: tensor<1x4x2xf32>) -> tensor<1x5x2xf32> {
  // expected-error @+1 {{has a window that lies in the padding only}}
  %0 = nn.pool max %x {window = array<i64: 2>, strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 2>, padHigh = array<i64: 0>} : tensor<1x4x2xf32> -> tensor<1x5x2xf32>
  return %0 : tensor<1x5x2xf32>
}

// -----

func.func @resize_c1(%x: tensor<1x4x2xf32>) -> tensor<1x8x3xf32> {
  // expected-error @+1 {{needs rank 3 to 5 and keeps the outer and the channel extents}}
  %0 = nn.resize linear %x coord half_pixel round floor {scales = array<f32: 0.5>} : tensor<1x4x2xf32> -> tensor<1x8x3xf32>
  return %0 : tensor<1x8x3xf32>
}

// -----

func.func @resize_c2(%x: tensor<1x4x2xf32>) -> tensor<1x8x2xf32> {
  // expected-error @+1 {{needs one scale >= 0 a spatial dimension}}
  %0 = nn.resize linear %x coord half_pixel round floor {scales = array<f32: 0.5, 0.5>} : tensor<1x4x2xf32> -> tensor<1x8x2xf32>
  return %0 : tensor<1x8x2xf32>
}

// -----

func.func @resize_c3(%x: tensor<1x4x2xi32>) -> tensor<1x8x2xi32> {
  // expected-error @+1 {{interpolates floating point only}}
  %0 = nn.resize linear %x coord half_pixel round floor {scales = array<f32: 0.5>} : tensor<1x4x2xi32> -> tensor<1x8x2xi32>
  return %0 : tensor<1x8x2xi32>
}

// -----

func.func @unpack_panels_c1(%p: tensor<4x2x8xf32>) -> tensor<2x32xf32> {
  // expected-error @+1 {{needs an operand of rank 4 and a result of rank >= 2 of one element type}}
  %0 = nn.unpack_panels %p : tensor<4x2x8xf32> -> tensor<2x32xf32>
  return %0 : tensor<2x32xf32>
}

// -----

func.func @unpack_panels_c2(%p: tensor<1x4x2x8xf32>) -> tensor<2x33xf32> {
  // expected-error @+1 {{that do not hold}}
  %0 = nn.unpack_panels %p : tensor<1x4x2x8xf32> -> tensor<2x33xf32>
  return %0 : tensor<2x33xf32>
}

// -----

func.func @unpack_panels_c2_transposed(%p: tensor<2x2x2x8xf32>) -> tensor<32x2xf32> {
  // expected-error @+1 {{that do not hold}}
  %0 = nn.unpack_panels %p {transposed = true} : tensor<2x2x2x8xf32> -> tensor<32x2xf32>
  return %0 : tensor<32x2xf32>
}

// -----

func.func @unpack_winograd_c1(%p: tensor<1x25x4x8xf32>) -> tensor<3x3x4x8xf32> {
  // expected-error @+1 {{needs f32 panels of 16 or 36 positions}}
  %0 = nn.unpack_winograd %p : tensor<1x25x4x8xf32> -> tensor<3x3x4x8xf32>
  return %0 : tensor<3x3x4x8xf32>
}

// -----

func.func @unpack_winograd_c2(%p: tensor<1x16x4x8xf32>) -> tensor<3x3x4x9xf32> {
  // expected-error @+1 {{that do not hold}}
  %0 = nn.unpack_winograd %p : tensor<1x16x4x8xf32> -> tensor<3x3x4x9xf32>
  return %0 : tensor<3x3x4x9xf32>
}
