// RUN: aotc-opt %s | aotc-opt | FileCheck %s
// RUN: aotc-opt %s --mlir-print-op-generic | aotc-opt | FileCheck %s

// CHECK-LABEL: @group
func.func @group(%x: tensor<4x8xf32>, %w: tensor<8x2xf32>) -> tensor<4x2xf32> {
  // CHECK: nn.fusion contraction(%arg0, %arg1) {kernel = {tile = 4 : i64}, scratch = 64 : i64} : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
  // CHECK: ^bb0(%[[A:.*]]: tensor<4x8xf32>, %[[B:.*]]: tensor<8x2xf32>):
  // CHECK: %[[P:.*]] = nn.matmul %[[A]], %[[B]]
  // CHECK: %[[R:.*]] = nn.unary relu %[[P]]
  // CHECK: nn.yield %[[R]] : tensor<4x2xf32>
  %0 = nn.fusion contraction(%x, %w) {kernel = {tile = 4 : i64}, scratch = 64 : i64} : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32> {
  ^bb0(%a: tensor<4x8xf32>, %b: tensor<8x2xf32>):
    %1 = nn.matmul %a, %b : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
    %2 = nn.unary relu %1 : tensor<4x2xf32> -> tensor<4x2xf32>
    nn.yield %2 : tensor<4x2xf32>
  }
  // CHECK: nn.fusion row(%{{.*}}) {rowDims = 1 : i64} : (tensor<4x2xf32>) -> tensor<4x1xf32>
  %3 = nn.fusion row(%0) {rowDims = 1 : i64} : (tensor<4x2xf32>) -> tensor<4x1xf32> {
  ^bb0(%a: tensor<4x2xf32>):
    %4 = nn.reduce sum %a [1] : tensor<4x2xf32> -> tensor<4x1xf32>
    nn.yield %4 : tensor<4x1xf32>
  }
  return %0 : tensor<4x2xf32>
}
