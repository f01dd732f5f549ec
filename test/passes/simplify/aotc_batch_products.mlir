// RUN: aotc-opt %s --split-input-file --aotc-batch-products | FileCheck %s

// Steps of a recurrent network: inputs are multiplied at once, states as they come.
// CHECK-LABEL: @recurrent
// CHECK-SAME: (%[[X0:.*]]: tensor<1x4xf32>, %[[X1:.*]]: tensor<1x4xf32>)
// CHECK: %[[X:.*]] = nn.concat %[[X0]], %[[X1]] {axis = 0 : i64} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
// CHECK: %[[P:.*]] = nn.matmul %[[X]], %{{.*}} : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
// CHECK: nn.slice %[[P]] {starts = array<i64: 0, 0>
// CHECK: nn.slice %[[P]] {starts = array<i64: 1, 0>
// CHECK: %[[H:.*]] = nn.unary tanh
// CHECK: %[[S:.*]] = nn.matmul %[[H]], %{{.*}} : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
// CHECK: nn.matmul %{{.*}}, %{{.*}} : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
func.func @recurrent(%x0: tensor<1x4xf32>, %x1: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %w = nn.constant dense<0.5> : tensor<4x4xf32>
  %u = nn.constant dense<0.25> : tensor<4x4xf32>
  %0 = nn.matmul %x0, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %h0 = nn.unary tanh %0 : tensor<1x4xf32> -> tensor<1x4xf32>
  %s0 = nn.matmul %h0, %u : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %1 = nn.matmul %x1, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %a1 = nn.binary add %1, %s0 : tensor<1x4xf32>
  %h1 = nn.unary tanh %a1 : tensor<1x4xf32> -> tensor<1x4xf32>
  %s1 = nn.matmul %h1, %u : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  return %s1 : tensor<1x4xf32>
}

// -----

// Many rows fill a kernel on their own; other weights and weights known at run time stay apart.
// CHECK-LABEL: @apart
// CHECK-NOT: nn.concat
func.func @apart(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>, %v: tensor<1x4xf32>, %r: tensor<4x4xf32>)
    -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) {
  %w = nn.constant dense<0.5> : tensor<4x4xf32>
  %0 = nn.matmul %x, %w : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %1 = nn.matmul %y, %w : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %2 = nn.matmul %v, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %3 = nn.matmul %v, %r : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %n = nn.unary neg %v : tensor<1x4xf32> -> tensor<1x4xf32>
  %4 = nn.matmul %n, %r : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  return %0, %1, %2, %3, %4 : tensor<8x4xf32>, tensor<8x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>
}
