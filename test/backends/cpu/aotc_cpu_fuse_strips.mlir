// RUN: aotc-opt %s --split-input-file --aotc-cpu-select --aotc-cpu-fuse-strips --aotc-verify-fusion | FileCheck %s
// RUN: aotc-opt %s --split-input-file --aotc-cpu-select --aotc-cpu-fuse-strips="prefer-size=true" | FileCheck %s --check-prefix=SIZE

// 784 KiB between the convolutions never exist: four lines and two more of the first result do.
// CHECK-LABEL: @chain
// CHECK-SAME: %[[X:.*]]: tensor<1x56x56x8xf32>
// CHECK: %[[R:.*]] = nn.fusion {{ *}}strips(%[[X]], %{{.*}}, %{{.*}}) {kernel = {lines = 4 : i64, name = "strips", tasks = 4 : i64}, scratch = 344064 : i64}
// CHECK: ^bb0(%[[A:.*]]: tensor<1x56x56x8xf32>, %[[W:.*]]: tensor<1x4x8x16xf32>, %[[D:.*]]: tensor<3x3x1x64xf32>):
// CHECK: %[[S:.*]] = nn.fusion {{ *}}contraction(%[[A]], %[[W]])
// CHECK: %[[T:.*]] = nn.fusion {{ *}}contraction(%[[S]], %[[D]])
// CHECK: nn.yield %[[T]]
// CHECK: return %[[R]]
// SIZE-LABEL: @chain
// SIZE: nn.fusion {{ *}}strips({{.*}}) {kernel = {lines = 1 : i64, name = "strips", tasks = 1 : i64}, scratch = 43008 : i64}
func.func @chain(%x: tensor<1x56x56x8xf32>) -> tensor<1x56x56x64xf32> {
  %w = nn.constant dense<0.5> : tensor<1x1x8x64xf32>
  %d = nn.constant dense<0.25> : tensor<3x3x1x64xf32>
  %r = nn.fusion contraction(%x, %w) : (tensor<1x56x56x8xf32>, tensor<1x1x8x64xf32>) -> tensor<1x56x56x64xf32> {
  ^bb0(%a: tensor<1x56x56x8xf32>, %b: tensor<1x1x8x64xf32>):
    %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x56x56x8xf32>, tensor<1x1x8x64xf32>) -> tensor<1x56x56x64xf32>
    nn.yield %m : tensor<1x56x56x64xf32>
  }
  %s = nn.fusion contraction(%r, %d) : (tensor<1x56x56x64xf32>, tensor<3x3x1x64xf32>) -> tensor<1x56x56x64xf32> {
  ^bb0(%a: tensor<1x56x56x64xf32>, %b: tensor<3x3x1x64xf32>):
    %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 64 : i64} : (tensor<1x56x56x64xf32>, tensor<3x3x1x64xf32>) -> tensor<1x56x56x64xf32>
    nn.yield %m : tensor<1x56x56x64xf32>
  }
  return %s : tensor<1x56x56x64xf32>
}

// -----

// Who else needs the tensor between needs it whole.
// CHECK-LABEL: @shared
// CHECK-NOT: strips
// SIZE-LABEL: @shared
// SIZE-NOT: strips
func.func @shared(%x: tensor<1x56x56x8xf32>) -> (tensor<1x56x56x64xf32>, tensor<1x56x56x64xf32>) {
  %w = nn.constant dense<0.5> : tensor<1x1x8x64xf32>
  %d = nn.constant dense<0.25> : tensor<3x3x1x64xf32>
  %r = nn.fusion contraction(%x, %w) : (tensor<1x56x56x8xf32>, tensor<1x1x8x64xf32>) -> tensor<1x56x56x64xf32> {
  ^bb0(%a: tensor<1x56x56x8xf32>, %b: tensor<1x1x8x64xf32>):
    %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x56x56x8xf32>, tensor<1x1x8x64xf32>) -> tensor<1x56x56x64xf32>
    nn.yield %m : tensor<1x56x56x64xf32>
  }
  %s = nn.fusion contraction(%r, %d) : (tensor<1x56x56x64xf32>, tensor<3x3x1x64xf32>) -> tensor<1x56x56x64xf32> {
  ^bb0(%a: tensor<1x56x56x64xf32>, %b: tensor<3x3x1x64xf32>):
    %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 64 : i64} : (tensor<1x56x56x64xf32>, tensor<3x3x1x64xf32>) -> tensor<1x56x56x64xf32>
    nn.yield %m : tensor<1x56x56x64xf32>
  }
  return %r, %s : tensor<1x56x56x64xf32>, tensor<1x56x56x64xf32>
}

// -----

// Small tensors stay in a cache: strips would only cost time.
// CHECK-LABEL: @small
// CHECK-NOT: strips
// SIZE-LABEL: @small
// SIZE: strips
func.func @small(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %w = nn.constant dense<0.5> : tensor<1x1x16x16xf32>
  %r = nn.fusion contraction(%x, %w) : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32> {
  ^bb0(%a: tensor<1x8x8x16xf32>, %b: tensor<1x1x16x16xf32>):
    %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32>
    nn.yield %m : tensor<1x8x8x16xf32>
  }
  %s = nn.fusion contraction(%r, %w) : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32> {
  ^bb0(%a: tensor<1x8x8x16xf32>, %b: tensor<1x1x16x16xf32>):
    %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32>
    nn.yield %m : tensor<1x8x8x16xf32>
  }
  return %s : tensor<1x8x8x16xf32>
}
