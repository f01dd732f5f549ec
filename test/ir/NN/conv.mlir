// RUN: aotc-opt %s | aotc-opt | FileCheck %s
// RUN: aotc-opt %s --mlir-print-op-generic | aotc-opt | FileCheck %s


// CHECK-LABEL: @contractions
func.func @contractions(%a: tensor<2x3x4xf32>, %b: tensor<1x4x5xf32>, %t: tensor<1x5x4xf32>, %i: tensor<3x4xi8>, %j: tensor<4x5xi8>) {
  // CHECK: nn.matmul %{{.*}}, %{{.*}} : (tensor<2x3x4xf32>, tensor<1x4x5xf32>) -> tensor<2x3x5xf32>
  %0 = nn.matmul %a, %b : (tensor<2x3x4xf32>, tensor<1x4x5xf32>) -> tensor<2x3x5xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} {transposeRhs = true} : (tensor<2x3x4xf32>, tensor<1x5x4xf32>) -> tensor<2x3x5xf32>
  %1 = nn.matmul %a, %t {transposeRhs = true} : (tensor<2x3x4xf32>, tensor<1x5x4xf32>) -> tensor<2x3x5xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} : (tensor<3x4xi8>, tensor<4x5xi8>) -> tensor<3x5xi32>
  %2 = nn.matmul %i, %j : (tensor<3x4xi8>, tensor<4x5xi8>) -> tensor<3x5xi32>
  return
}

// CHECK-LABEL: @convolutions
func.func @convolutions(%x: tensor<1x8x4xf32>, %w: tensor<3x2x6xf32>, %v: tensor<3x3x4xf32>) {
  // CHECK: nn.conv %{{.*}}, %{{.*}} {dilations = array<i64: 1>, groups = 2 : i64, padHigh = array<i64: 1>, padLow = array<i64: 1>, strides = array<i64: 2>} : (tensor<1x8x4xf32>, tensor<3x2x6xf32>) -> tensor<1x4x6xf32>
  %0 = nn.conv %x, %w {dilations = array<i64: 1>, groups = 2 : i64, padHigh = array<i64: 1>, padLow = array<i64: 1>, strides = array<i64: 2>} : (tensor<1x8x4xf32>, tensor<3x2x6xf32>) -> tensor<1x4x6xf32>
  // CHECK: nn.conv_transpose %{{.*}}, %{{.*}} {dilations = array<i64: 1>, padLow = array<i64: 0>, strides = array<i64: 2>} : (tensor<1x8x4xf32>, tensor<3x3x4xf32>) -> tensor<1x17x3xf32>
  %1 = nn.conv_transpose %x, %v {dilations = array<i64: 1>, padLow = array<i64: 0>, strides = array<i64: 2>} : (tensor<1x8x4xf32>, tensor<3x3x4xf32>) -> tensor<1x17x3xf32>
  return
}

// CHECK-LABEL: @windows
func.func @windows(%x: tensor<1x8x4xf32>) {
  // CHECK: nn.pool max %{{.*}} {dilations = array<i64: 1>, padHigh = array<i64: 1>, padLow = array<i64: 1>, strides = array<i64: 2>, window = array<i64: 3>} : tensor<1x8x4xf32> -> tensor<1x4x4xf32>
  %0 = nn.pool max %x {dilations = array<i64: 1>, padHigh = array<i64: 1>, padLow = array<i64: 1>, strides = array<i64: 2>, window = array<i64: 3>} : tensor<1x8x4xf32> -> tensor<1x4x4xf32>
  // CHECK: nn.pool avg %{{.*}} {countPadding = true, dilations = array<i64: 1>, padHigh = array<i64: 1>, padLow = array<i64: 1>, strides = array<i64: 2>, window = array<i64: 3>} : tensor<1x8x4xf32> -> tensor<1x4x4xf32>
  %1 = nn.pool avg %x {countPadding = true, dilations = array<i64: 1>, padHigh = array<i64: 1>, padLow = array<i64: 1>, strides = array<i64: 2>, window = array<i64: 3>} : tensor<1x8x4xf32> -> tensor<1x4x4xf32>
  // CHECK: nn.pool sum %{{.*}} {dilations = array<i64: 1>, padHigh = array<i64: 1>, padLow = array<i64: 1>, strides = array<i64: 2>, window = array<i64: 3>} : tensor<1x8x4xf32> -> tensor<1x4x4xf32>
  %2 = nn.pool sum %x {dilations = array<i64: 1>, padHigh = array<i64: 1>, padLow = array<i64: 1>, strides = array<i64: 2>, window = array<i64: 3>} : tensor<1x8x4xf32> -> tensor<1x4x4xf32>
  // CHECK: nn.resize nearest %{{.*}} coord asymmetric round floor {scales = array<f32: 5.000000e-01>} : tensor<1x8x4xf32> -> tensor<1x16x4xf32>
  %3 = nn.resize nearest %x coord asymmetric round floor {scales = array<f32: 5.000000e-01>} : tensor<1x8x4xf32> -> tensor<1x16x4xf32>
  // CHECK: nn.resize linear %{{.*}} coord align_corners round half_down {scales = array<f32: 5.000000e-01>} : tensor<1x8x4xf32> -> tensor<1x16x4xf32>
  %4 = nn.resize linear %x coord align_corners round half_down {scales = array<f32: 5.000000e-01>} : tensor<1x8x4xf32> -> tensor<1x16x4xf32>
  return
}

// CHECK-LABEL: @panels
func.func @panels(%p: tensor<1x4x6x8xf32>) {
  // CHECK: nn.unpack_panels %{{.*}} : tensor<1x4x6x8xf32> -> tensor<3x2x30xf32>
  %0 = nn.unpack_panels %p : tensor<1x4x6x8xf32> -> tensor<3x2x30xf32>
  // CHECK: nn.unpack_panels %{{.*}} {transposed = true} : tensor<1x4x6x8xf32> -> tensor<30x6xf32>
  %1 = nn.unpack_panels %p {transposed = true} : tensor<1x4x6x8xf32> -> tensor<30x6xf32>
  // CHECK: nn.unpack_panels %{{.*}} {transposed = true} : tensor<1x4x6x8xf32> -> tensor<3x30x2xf32>
  %2 = nn.unpack_panels %p {transposed = true} : tensor<1x4x6x8xf32> -> tensor<3x30x2xf32>
  return
}

// CHECK-LABEL: @transformed
func.func @transformed(%p: tensor<2x36x4x8xf32>) {
  // CHECK: nn.unpack_winograd %{{.*}} : tensor<2x36x4x8xf32> -> tensor<3x3x4x12xf32>
  %0 = nn.unpack_winograd %p : tensor<2x36x4x8xf32> -> tensor<3x3x4x12xf32>
  return
}
