// RUN: aotc-opt %s | aotc-opt | FileCheck %s

// CHECK: nn.while @step(%{{.*}}, %{{.*}}, %{{.*}}) {maxRounds = 9 : i64} : (tensor<i1>, tensor<i64>, tensor<i64>) -> tensor<i64>
func.func @whileLoop(%go: tensor<i1>, %limit: tensor<i64>, %x: tensor<i64>) -> tensor<i64> {
  %0 = nn.while @step(%go, %limit, %x) {maxRounds = 9 : i64} : (tensor<i1>, tensor<i64>, tensor<i64>) -> tensor<i64>
  return %0 : tensor<i64>
}
func.func private @step(%limit: tensor<i64>, %x: tensor<i64>) -> (tensor<i1>, tensor<i64>) attributes {nn.states = 1 : i64} {
  %0 = nn.binary add %x, %x : tensor<i64>
  %1 = nn.compare lt %0, %limit : tensor<i64> -> tensor<i1>
  return %1, %0 : tensor<i1>, tensor<i64>
}

// CHECK: nn.custom "my_scale"(%{{.*}}) {axis = array<i64: 1>, mode = "up"} ["x", "y"] : (tensor<4xf32>) -> tensor<4xf32>
func.func @custom(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.custom "my_scale"(%x) {axis = array<i64: 1>, mode = "up"} ["x", "y"] : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
