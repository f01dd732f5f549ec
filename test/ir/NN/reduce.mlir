// RUN: aotc-opt %s | aotc-opt | FileCheck %s
// RUN: aotc-opt %s --mlir-print-op-generic | aotc-opt | FileCheck %s


// CHECK-LABEL: @reductions
func.func @reductions(%x: tensor<2x3x4xf32>, %b: tensor<2x3x4xi1>) {
  // CHECK: nn.reduce sum %{{.*}} [0, 2] : tensor<2x3x4xf32> -> tensor<1x3x1xf32>
  %0 = nn.reduce sum %x [0, 2] : tensor<2x3x4xf32> -> tensor<1x3x1xf32>
  // CHECK: nn.reduce mean %{{.*}} [0, 2] : tensor<2x3x4xf32> -> tensor<1x3x1xf32>
  %1 = nn.reduce mean %x [0, 2] : tensor<2x3x4xf32> -> tensor<1x3x1xf32>
  // CHECK: nn.reduce max %{{.*}} [0, 2] : tensor<2x3x4xf32> -> tensor<1x3x1xf32>
  %2 = nn.reduce max %x [0, 2] : tensor<2x3x4xf32> -> tensor<1x3x1xf32>
  // CHECK: nn.reduce min %{{.*}} [0, 2] : tensor<2x3x4xf32> -> tensor<1x3x1xf32>
  %3 = nn.reduce min %x [0, 2] : tensor<2x3x4xf32> -> tensor<1x3x1xf32>
  // CHECK: nn.reduce prod %{{.*}} [0, 2] : tensor<2x3x4xf32> -> tensor<1x3x1xf32>
  %4 = nn.reduce prod %x [0, 2] : tensor<2x3x4xf32> -> tensor<1x3x1xf32>
  // CHECK: nn.reduce any %{{.*}} [1] : tensor<2x3x4xi1> -> tensor<2x1x4xi1>
  %5 = nn.reduce any %b [1] : tensor<2x3x4xi1> -> tensor<2x1x4xi1>
  // CHECK: nn.reduce all %{{.*}} [1] : tensor<2x3x4xi1> -> tensor<2x1x4xi1>
  %6 = nn.reduce all %b [1] : tensor<2x3x4xi1> -> tensor<2x1x4xi1>
  // CHECK: nn.arg_reduce max %{{.*}} {axis = 1 : i64} : tensor<2x3x4xf32> -> tensor<2x1x4xi32>
  %7 = nn.arg_reduce max %x {axis = 1 : i64} : tensor<2x3x4xf32> -> tensor<2x1x4xi32>
  // CHECK: nn.arg_reduce min %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32> -> tensor<2x3x1xi64>
  %8 = nn.arg_reduce min %x {axis = 2 : i64} : tensor<2x3x4xf32> -> tensor<2x3x1xi64>
  // CHECK: nn.top_k %{{.*}} : tensor<2x3x4xf32> -> tensor<2x3x2xf32>, tensor<2x3x2xi32>
  %9, %10 = nn.top_k %x : tensor<2x3x4xf32> -> tensor<2x3x2xf32>, tensor<2x3x2xi32>
  // CHECK: nn.cumulative sum %{{.*}} {axis = 1 : i64} : tensor<2x3x4xf32>
  %11 = nn.cumulative sum %x {axis = 1 : i64} : tensor<2x3x4xf32>
  // CHECK: nn.cumulative prod %{{.*}} {axis = 0 : i64, exclusive = true, reverse = true} : tensor<2x3x4xf32>
  %12 = nn.cumulative prod %x {axis = 0 : i64, exclusive = true, reverse = true} : tensor<2x3x4xf32>
  // CHECK: nn.softmax %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32>
  %13 = nn.softmax %x {axis = 2 : i64} : tensor<2x3x4xf32>
  // CHECK: nn.softmax %{{.*}} {axis = 0 : i64, log = true} : tensor<2x3x4xf32>
  %14 = nn.softmax %x {axis = 0 : i64, log = true} : tensor<2x3x4xf32>
  return
}
