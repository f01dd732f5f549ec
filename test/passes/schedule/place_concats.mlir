// RUN: aotc-opt --split-input-file --aotc-fuse --aotc-place-concats --aotc-verify-fusion --aotc-schedule --aotc-verify-plan %s | FileCheck %s

// Each concat holds the one before: all lie in the output, and only the first part is copied.
// CHECK-LABEL: func @chain
// CHECK: %[[PART:.*]] = plan.region 0 contraction({{.*}}) {places = [#plan.at<output, 0, 0, 192>]}
// CHECK: nn.insert %{{.*}} {start = 4 : i64} : (tensor<4x4xf32>) -> tensor<4x12xf32>
// CHECK: plan.region 1 loop(%arg0, %[[PART]]) {places = [#plan.at<output, 0, 0, 192>]}
// CHECK: nn.insert %{{.*}} into %{{.*}} {start = 0 : i64}
// CHECK: loop({{.*}}) {places = [#plan.at<arena, 0, 0, 128>]} : (tensor<4x12xf32>) -> tensor<4x8xf32>
// CHECK: nn.slice %{{.*}} {starts = array<i64: 0, 0>, strides = array<i64: 1, 1>} : tensor<4x12xf32> -> tensor<4x8xf32>
// CHECK: contraction({{.*}}) {places = [#plan.at<output, 0, 0, 192>]}
// CHECK: nn.insert %{{.*}} into %{{.*}} {start = 8 : i64}
// CHECK-NOT: plan.region
func.func @chain(%x: tensor<4x4xf32>, %v: tensor<4x4xf32>, %w: tensor<8x4xf32>) -> tensor<4x12xf32> {
  %0 = nn.matmul %x, %v : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = nn.concat %x, %0 {axis = 1 : i64} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  %2 = nn.unary relu %1 : tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = nn.matmul %2, %w : (tensor<4x8xf32>, tensor<8x4xf32>) -> tensor<4x4xf32>
  %4 = nn.concat %1, %3 {axis = 1 : i64} : (tensor<4x8xf32>, tensor<4x4xf32>) -> tensor<4x12xf32>
  return %4 : tensor<4x12xf32>
}

// -----

// Parts that contractions read, that are there twice or that are returned stay tensors of their own.
// CHECK-LABEL: func @others
// CHECK-NOT: nn.insert
func.func @others(%x: tensor<4x4xf32>) -> (tensor<4x12xf32>, tensor<4x8xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  %0 = nn.matmul %x, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = nn.matmul %0, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = nn.concat %0, %1, %1 {axis = 1 : i64} : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x12xf32>
  %3 = nn.matmul %x, %1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %4 = nn.concat %3, %x {axis = 1 : i64} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  return %2, %4, %3, %1 : tensor<4x12xf32>, tensor<4x8xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}
