// RUN: aotc-opt %s --aotc-decompose --split-input-file | FileCheck %s

// CHECK-LABEL: @softmax
func.func @softmax(%x: tensor<4x10x3xf32>) -> tensor<4x10x3xf32> {
  // CHECK: %[[M:.*]] = nn.reduce max %arg0 [1] : tensor<4x10x3xf32> -> tensor<4x1x3xf32>
  // CHECK: %[[MB:.*]] = nn.broadcast %[[M]]
  // CHECK: %[[D:.*]] = nn.binary sub %arg0, %[[MB]]
  // CHECK: %[[E:.*]] = nn.unary exp %[[D]]
  // CHECK: %[[S:.*]] = nn.reduce sum %[[E]] [1]
  // CHECK: %[[R:.*]] = nn.unary reciprocal %[[S]]
  // CHECK: %[[RB:.*]] = nn.broadcast %[[R]]
  // CHECK: %[[Y:.*]] = nn.binary mul %[[E]], %[[RB]]
  // CHECK: return %[[Y]]
  %0 = nn.softmax %x {axis = 1 : i64} : tensor<4x10x3xf32>
  return %0 : tensor<4x10x3xf32>
}

// -----

// CHECK-LABEL: @log_softmax
func.func @log_softmax(%x: tensor<4x10xf32>) -> tensor<4x10xf32> {
  // CHECK: %[[D:.*]] = nn.binary sub %arg0
  // CHECK: %[[E:.*]] = nn.unary exp %[[D]]
  // CHECK: %[[S:.*]] = nn.reduce sum %[[E]] [1]
  // CHECK: %[[L:.*]] = nn.unary log %[[S]]
  // CHECK: %[[LB:.*]] = nn.broadcast %[[L]]
  // CHECK: nn.binary sub %[[D]], %[[LB]]
  %0 = nn.softmax %x {axis = 1 : i64, log = true} : tensor<4x10xf32>
  return %0 : tensor<4x10xf32>
}

// -----

// CHECK-LABEL: @half_precision
func.func @half_precision(%x: tensor<4x10xf16>) -> tensor<4x10xf16> {
  // CHECK: nn.cast %arg0 : tensor<4x10xf16> -> tensor<4x10xf32>
  // CHECK: nn.cast %{{.*}} : tensor<4x10xf32> -> tensor<4x10xf16>
  %0 = nn.softmax %x {axis = 1 : i64} : tensor<4x10xf16>
  return %0 : tensor<4x10xf16>
}
