// RUN: aotc-opt --split-input-file --aotc-schedule --aotc-verify-plan %s | FileCheck %s

// Scratch lives beside what its kernel reads and writes, and only there.
// CHECK-LABEL: func @scratch
// CHECK-SAME: plan.arena_bytes = 192
// CHECK: plan.region 0 {{.*}}scratch = #plan.at<arena, 0, {{[0-9]+}}, 100>
func.func @scratch(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = nn.fusion contraction(%x, %w) {scratch = 100 : i64} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32> {
  ^bb0(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>):
    %2 = nn.matmul %a, %b : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    nn.yield %2 : tensor<4x4xf32>
  }
  %1 = nn.fusion contraction(%0, %w) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32> {
  ^bb0(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>):
    %2 = nn.matmul %a, %b : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    nn.yield %2 : tensor<4x4xf32>
  }
  return %1 : tensor<4x4xf32>
}

// -----

// A kernel that cannot work in place leaves its residual alone.
// CHECK-LABEL: func @no_in_place
// CHECK-SAME: plan.arena_bytes = 64
// CHECK: plan.region 0 {{.*}}#plan.at<arena
// CHECK: plan.region 1 {{.*}}kernel = {no_in_place}
func.func @no_in_place(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = nn.fusion contraction(%x, %w) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32> {
  ^bb0(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>):
    %2 = nn.matmul %a, %b : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    nn.yield %2 : tensor<4x4xf32>
  }
  %1 = nn.fusion contraction(%x, %w, %0) {kernel = {no_in_place}} : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32> {
  ^bb0(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>, %c: tensor<4x4xf32>):
    %2 = nn.matmul %a, %b : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %3 = nn.binary add %2, %c : tensor<4x4xf32>
    nn.yield %3 : tensor<4x4xf32>
  }
  return %1 : tensor<4x4xf32>
}
