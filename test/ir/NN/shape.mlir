// RUN: aotc-opt %s | aotc-opt | FileCheck %s
// RUN: aotc-opt %s --mlir-print-op-generic | aotc-opt | FileCheck %s


// CHECK-LABEL: @movement
func.func @movement(%x: tensor<2x6xf32>, %y: tensor<1x6xf32>) {
  // CHECK: nn.reshape %{{.*}} : tensor<2x6xf32> -> tensor<3x4xf32>
  %0 = nn.reshape %x : tensor<2x6xf32> -> tensor<3x4xf32>
  // CHECK: nn.broadcast %{{.*}} : tensor<1x6xf32> -> tensor<5x6xf32>
  %1 = nn.broadcast %y : tensor<1x6xf32> -> tensor<5x6xf32>
  // CHECK: nn.transpose %{{.*}} [1, 0] : tensor<2x6xf32> -> tensor<6x2xf32>
  %2 = nn.transpose %x [1, 0] : tensor<2x6xf32> -> tensor<6x2xf32>
  // CHECK: nn.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : (tensor<2x6xf32>, tensor<1x6xf32>) -> tensor<3x6xf32>
  %3 = nn.concat %x, %y {axis = 0 : i64} : (tensor<2x6xf32>, tensor<1x6xf32>) -> tensor<3x6xf32>
  // CHECK: nn.slice %{{.*}} {starts = array<i64: 0, 1>, strides = array<i64: 1, 2>} : tensor<2x6xf32> -> tensor<2x3xf32>
  %4 = nn.slice %x {starts = array<i64: 0, 1>, strides = array<i64: 1, 2>} : tensor<2x6xf32> -> tensor<2x3xf32>
  // CHECK: nn.reverse %{{.*}} [0, 1] : tensor<2x6xf32>
  %5 = nn.reverse %x [0, 1] : tensor<2x6xf32>
  // CHECK: nn.iota {axis = 1 : i64} : tensor<2x3xi32>
  %6 = nn.iota {axis = 1 : i64} : tensor<2x3xi32>
  return
}

// CHECK-LABEL: @pads
func.func @pads(%x: tensor<6xf32>, %v: tensor<f32>) {
  // CHECK: nn.pad constant %{{.*}}, %{{.*}} {high = array<i64: 2>, low = array<i64: 1>} : tensor<6xf32> -> tensor<9xf32>, tensor<f32>
  %0 = nn.pad constant %x, %v {high = array<i64: 2>, low = array<i64: 1>} : tensor<6xf32> -> tensor<9xf32>, tensor<f32>
  // CHECK: nn.pad reflect %{{.*}}, %{{.*}} {high = array<i64: 2>, low = array<i64: 1>} : tensor<6xf32> -> tensor<9xf32>, tensor<f32>
  %1 = nn.pad reflect %x, %v {high = array<i64: 2>, low = array<i64: 1>} : tensor<6xf32> -> tensor<9xf32>, tensor<f32>
  // CHECK: nn.pad symmetric %{{.*}}, %{{.*}} {high = array<i64: 2>, low = array<i64: 1>} : tensor<6xf32> -> tensor<9xf32>, tensor<f32>
  %2 = nn.pad symmetric %x, %v {high = array<i64: 2>, low = array<i64: 1>} : tensor<6xf32> -> tensor<9xf32>, tensor<f32>
  // CHECK: nn.pad edge %{{.*}}, %{{.*}} {high = array<i64: 2>, low = array<i64: 1>} : tensor<6xf32> -> tensor<9xf32>, tensor<f32>
  %3 = nn.pad edge %x, %v {high = array<i64: 2>, low = array<i64: 1>} : tensor<6xf32> -> tensor<9xf32>, tensor<f32>
  return
}

// CHECK-LABEL: @indexed
func.func @indexed(%x: tensor<2x6xf32>, %s: tensor<2xi32>, %i: tensor<3xi64>, %v: tensor<4x1xi32>, %u: tensor<4x6xf32>) {
  // CHECK: nn.dynamic_slice %{{.*}}, %{{.*}} : (tensor<2x6xf32>, tensor<2xi32>) -> tensor<1x6xf32>
  %0 = nn.dynamic_slice %x, %s : (tensor<2x6xf32>, tensor<2xi32>) -> tensor<1x6xf32>
  // CHECK: nn.gather %{{.*}}, %{{.*}} {axis = 1 : i64} : (tensor<2x6xf32>, tensor<3xi64>) -> tensor<2x3xf32>
  %1 = nn.gather %x, %i {axis = 1 : i64} : (tensor<2x6xf32>, tensor<3xi64>) -> tensor<2x3xf32>
  // CHECK: nn.gather_nd %{{.*}}, %{{.*}} : (tensor<2x6xf32>, tensor<4x1xi32>) -> tensor<4x6xf32>
  %2 = nn.gather_nd %x, %v : (tensor<2x6xf32>, tensor<4x1xi32>) -> tensor<4x6xf32>
  // CHECK: nn.scatter_nd update %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x6xf32>, tensor<4x1xi32>, tensor<4x6xf32>) -> tensor<2x6xf32>
  %3 = nn.scatter_nd update %x, %v, %u : (tensor<2x6xf32>, tensor<4x1xi32>, tensor<4x6xf32>) -> tensor<2x6xf32>
  // CHECK: nn.scatter_nd add %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x6xf32>, tensor<4x1xi32>, tensor<4x6xf32>) -> tensor<2x6xf32>
  %4 = nn.scatter_nd add %x, %v, %u : (tensor<2x6xf32>, tensor<4x1xi32>, tensor<4x6xf32>) -> tensor<2x6xf32>
  // CHECK: nn.scatter_nd max %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x6xf32>, tensor<4x1xi32>, tensor<4x6xf32>) -> tensor<2x6xf32>
  %5 = nn.scatter_nd max %x, %v, %u : (tensor<2x6xf32>, tensor<4x1xi32>, tensor<4x6xf32>) -> tensor<2x6xf32>
  // CHECK: nn.scatter_nd min %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x6xf32>, tensor<4x1xi32>, tensor<4x6xf32>) -> tensor<2x6xf32>
  %6 = nn.scatter_nd min %x, %v, %u : (tensor<2x6xf32>, tensor<4x1xi32>, tensor<4x6xf32>) -> tensor<2x6xf32>
  // CHECK: nn.scatter_nd mul %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x6xf32>, tensor<4x1xi32>, tensor<4x6xf32>) -> tensor<2x6xf32>
  %7 = nn.scatter_nd mul %x, %v, %u : (tensor<2x6xf32>, tensor<4x1xi32>, tensor<4x6xf32>) -> tensor<2x6xf32>
  return
}

// CHECK-LABEL: @insert
func.func @insert(%x: tensor<2x6xf32>, %b: tensor<2x9xf32>) -> tensor<2x9xf32> {
  %0 = nn.fusion loop(%x, %b) : (tensor<2x6xf32>, tensor<2x9xf32>) -> tensor<2x9xf32> {
  ^bb0(%a: tensor<2x6xf32>, %c: tensor<2x9xf32>):
    // CHECK: nn.insert %{{.*}} into %{{.*}} {start = 3 : i64} : (tensor<2x6xf32>, tensor<2x9xf32>) -> tensor<2x9xf32>
    %1 = nn.insert %a into %c {start = 3 : i64} : (tensor<2x6xf32>, tensor<2x9xf32>) -> tensor<2x9xf32>
    nn.yield %1 : tensor<2x9xf32>
  }
  return %0 : tensor<2x9xf32>
}
