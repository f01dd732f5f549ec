// RUN: aotc-opt --aotc-print-plan %s 2>&1 >%t | FileCheck %s

// CHECK: arena 192 bytes (lower bound 192, without sharing 256), weights 0 bytes
// CHECK-NEXT: region kind live  node
// CHECK-NEXT: 0 loop 128  first
// CHECK-NEXT: 1 loop 16  second
// CHECK-NEXT: 2 loop 16
// CHECK-NEXT: offset bytes  first  last  buffer
// CHECK-NEXT: 0 16 0 1  first
// CHECK-NEXT: 64 112 0 0  first (scratch)
// CHECK-NEXT: 0 16 1 2  second (in place)
func.func @table(%x: tensor<4xf32>) -> tensor<4xf32> attributes {plan.arena_bytes = 192 : i64, plan.lower_bound = 192 : i64, plan.naive_bytes = 256 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<arena, 0, 0, 16>], scratch = #plan.at<arena, 0, 64, 112>} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  } loc("first")
  %1 = plan.view %0 : tensor<4xf32> -> tensor<2x2xf32>
  %2 = plan.region 1 loop(%1) {places = [#plan.at<arena, 0, 0, 16>]} : (tensor<2x2xf32>) -> tensor<2x2xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %4 = nn.unary relu %a : tensor<2x2xf32> -> tensor<2x2xf32>
    nn.yield %4 : tensor<2x2xf32>
  } loc(fused["second", "other"])
  %3 = plan.region 2 loop(%2) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<2x2xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %4 = nn.reshape %a : tensor<2x2xf32> -> tensor<4xf32>
    nn.yield %4 : tensor<4xf32>
  }
  return %3 : tensor<4xf32>
}
