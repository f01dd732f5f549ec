// RUN: aotc-opt %s --aotc-shrink-constants | FileCheck %s

// CHECK-LABEL: @repeated
func.func @repeated(%x: tensor<2x2x2xf32>) -> (tensor<2x2x2xf32>, tensor<2x2x2xf32>) {
  // CHECK-DAG: %[[C:.*]] = nn.constant dense<{{\[\[\[}}1.000000e+00, 2.000000e+00]]]> : tensor<1x1x2xf32>
  // CHECK-DAG: %[[B:.*]] = nn.broadcast %[[C]] : tensor<1x1x2xf32> -> tensor<2x2x2xf32>
  // CHECK-DAG: nn.binary mul %arg0, %[[B]]
  %c = nn.constant dense<[[[1.0, 2.0], [1.0, 2.0]], [[1.0, 2.0], [1.0, 2.0]]]> : tensor<2x2x2xf32>
  %0 = nn.binary mul %x, %c : tensor<2x2x2xf32>
  // CHECK-DAG: nn.constant dense<{{.*}}> : tensor<2x1x1xf32>
  %d = nn.constant dense<[[[1.0, 1.0], [1.0, 1.0]], [[2.0, 2.0], [2.0, 2.0]]]> : tensor<2x2x2xf32>
  %1 = nn.binary mul %x, %d : tensor<2x2x2xf32>
  return %0, %1 : tensor<2x2x2xf32>, tensor<2x2x2xf32>
}

// CHECK-LABEL: @weights_stay
func.func @weights_stay(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // CHECK: nn.constant dense<{{.*}}> : tensor<2x2xf32>
  // CHECK-NEXT: nn.matmul
  %c = nn.constant dense<[[1.0, 2.0], [1.0, 2.0]]> : tensor<2x2xf32>
  %0 = nn.matmul %x, %c : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
