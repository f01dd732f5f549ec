// RUN: aotc-opt %s | aotc-opt | FileCheck %s

// CHECK-LABEL: func @plan
// CHECK: plan.weight <weights, 0, 0, 16> dense<[1.0
// CHECK: plan.region 0 loop(%arg0) {places = [#plan.at<output, 0, 0, 16>]}
// CHECK: plan.view %{{.*}} {byteOffset = 8 : i64} : tensor<4xf32> -> tensor<2xf32>
// CHECK: plan.region 1 row({{.*}}) {{.*}}scratch = #plan.at<arena, 0, 0, 8>
// CHECK: plan.join %{{.*}}, %{{.*}} <output, 0, 0, 24>
func.func @plan(%x: tensor<4xf32>) -> tensor<6xf32> {
  %w = plan.weight <weights, 0, 0, 16> dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = plan.region 0 loop(%x) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  %1 = plan.view %0 {byteOffset = 8 : i64} : tensor<4xf32> -> tensor<2xf32>
  %2 = plan.region 1 row(%1) {places = [#plan.at<output, 0, 16, 8>], rowDims = 1 : i64, scratch = #plan.at<arena, 0, 0, 8>} : (tensor<2xf32>) -> tensor<2xf32> {
  ^bb0(%a: tensor<2xf32>):
    %4 = nn.reduce max %a [0] : tensor<2xf32> -> tensor<1xf32>
    %5 = nn.broadcast %4 : tensor<1xf32> -> tensor<2xf32>
    nn.yield %5 : tensor<2xf32>
  }
  %3 = plan.join %0, %2 <output, 0, 0, 24> : (tensor<4xf32>, tensor<2xf32>) -> tensor<6xf32>
  return %3 : tensor<6xf32>
}
