// RUN: aotc-opt %s --split-input-file --aotc-cpu-select="triple=x86_64-unknown-linux-gnu cpu=x86-64-v3" | FileCheck %s
// RUN: aotc-opt %s --split-input-file --aotc-cpu-select="triple=x86_64-unknown-linux-gnu cpu=x86-64-v3 winograd=false" | FileCheck %s --check-prefix=DIRECT

// 20 columns fill panels of 24; the body sees the logical weights.
// CHECK-LABEL: @matmul
// CHECK: %[[W:.*]] = nn.constant {{.*}} : tensor<1x1x8x24xf32>
// CHECK: nn.fusion {{ *}}contraction(%{{.*}}, %[[W]]) {kernel = {columns = 24 : i64, name = "gemm", rows = 3 : i64}}
// CHECK: %[[U:.*]] = nn.unpack_panels %{{.*}} : tensor<1x1x8x24xf32> -> tensor<8x20xf32>
// CHECK: nn.matmul %{{.*}}, %[[U]]
func.func @matmul(%x: tensor<6x8xf32>) -> tensor<6x20xf32> {
  %w = nn.constant dense<0.5> : tensor<8x20xf32>
  %r = nn.fusion contraction(%x, %w) : (tensor<6x8xf32>, tensor<8x20xf32>) -> tensor<6x20xf32> {
  ^bb0(%a: tensor<6x8xf32>, %b: tensor<8x20xf32>):
    %m = nn.matmul %a, %b : (tensor<6x8xf32>, tensor<8x20xf32>) -> tensor<6x20xf32>
    nn.yield %m : tensor<6x20xf32>
  }
  return %r : tensor<6x20xf32>
}

// -----

// A padded convolution copies its input into a zero-bordered scratch: 10*10*16*4 bytes.
// DIRECT-LABEL: @conv
// DIRECT: nn.constant {{.*}} : tensor<1x2x144x16xf32>
// DIRECT: nn.fusion {{ *}}contraction({{.*}}) {kernel = {columns = 16 : i64, name = "gemm", rows = 6 : i64}, scratch = 6400 : i64}
// DIRECT: nn.unpack_panels {{.*}} -> tensor<3x3x16x32xf32>
func.func @conv(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x32xf32> {
  %w = nn.constant dense<0.5> : tensor<3x3x16x32xf32>
  %r = nn.fusion contraction(%x, %w) : (tensor<1x8x8x16xf32>, tensor<3x3x16x32xf32>) -> tensor<1x8x8x32xf32> {
  ^bb0(%a: tensor<1x8x8x16xf32>, %b: tensor<3x3x16x32xf32>):
    %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>} : (tensor<1x8x8x16xf32>, tensor<3x3x16x32xf32>) -> tensor<1x8x8x32xf32>
    nn.yield %m : tensor<1x8x8x32xf32>
  }
  return %r : tensor<1x8x8x32xf32>
}

// -----

// Minimal filtering by tiles of 4x4, unless it is switched off.
// CHECK-LABEL: @winograd
// CHECK: nn.constant {{.*}} : tensor<4x36x64x16xf32>
// CHECK: nn.fusion {{ *}}contraction({{.*}}) {kernel = {columns = 16 : i64, name = "winograd", rows = 6 : i64}, scratch = {{[0-9]+}} : i64}
// CHECK: nn.unpack_winograd {{.*}} : tensor<4x36x64x16xf32> -> tensor<3x3x64x64xf32>
// DIRECT-LABEL: @winograd
// DIRECT: nn.fusion {{ *}}contraction({{.*}}) {kernel = {{.*}}name = "gemm"
func.func @winograd(%x: tensor<1x28x28x64xf32>) -> tensor<1x28x28x64xf32> {
  %w = nn.constant dense<0.5> : tensor<3x3x64x64xf32>
  %r = nn.fusion contraction(%x, %w) : (tensor<1x28x28x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x28x28x64xf32> {
  ^bb0(%a: tensor<1x28x28x64xf32>, %b: tensor<3x3x64x64xf32>):
    %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>} : (tensor<1x28x28x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x28x28x64xf32>
    nn.yield %m : tensor<1x28x28x64xf32>
  }
  return %r : tensor<1x28x28x64xf32>
}

// -----

// Other groups keep to the generic path.
// CHECK-LABEL: @loop
// CHECK: nn.fusion {{ *}}loop(%{{.*}}) : (tensor<4xf32>) -> tensor<4xf32>
func.func @loop(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = nn.fusion loop(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    %m = nn.unary exp %a : tensor<4xf32> -> tensor<4xf32>
    nn.yield %m : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// What tuning found goes before the cost model; what it cannot have found does not.
// CHECK-LABEL: @tuned
// CHECK: nn.constant {{.*}} : tensor<1x3x8x8xf32>
// CHECK: nn.constant {{.*}} : tensor<1x1x8x24xf32>
// CHECK: nn.fusion {{ *}}contraction({{.*}}) {kernel = {columns = 8 : i64, name = "gemm", rows = 6 : i64}}
// CHECK: nn.unpack_panels {{.*}} {whole_tiles} : tensor<1x3x8x8xf32> -> tensor<8x20xf32>
// CHECK: nn.fusion {{ *}}contraction({{.*}}) {kernel = {columns = 24 : i64, name = "gemm", rows = 3 : i64}}
func.func @tuned(%x: tensor<6x8xf32>) -> tensor<6x20xf32> {
  %w = nn.constant dense<0.5> : tensor<8x20xf32>
  %v = nn.constant dense<0.25> : tensor<8x20xf32>
  %r = nn.fusion contraction(%x, %w) {tuning = "vectors=1 winograd=0"} : (tensor<6x8xf32>, tensor<8x20xf32>) -> tensor<6x20xf32> {
  ^bb0(%a: tensor<6x8xf32>, %b: tensor<8x20xf32>):
    %m = nn.matmul %a, %b : (tensor<6x8xf32>, tensor<8x20xf32>) -> tensor<6x20xf32>
    nn.yield %m : tensor<6x20xf32>
  }
  %s = nn.fusion contraction(%x, %v) {tuning = "vectors=9 winograd=4"} : (tensor<6x8xf32>, tensor<8x20xf32>) -> tensor<6x20xf32> {
  ^bb0(%a: tensor<6x8xf32>, %b: tensor<8x20xf32>):
    %m = nn.matmul %a, %b : (tensor<6x8xf32>, tensor<8x20xf32>) -> tensor<6x20xf32>
    nn.yield %m : tensor<6x20xf32>
  }
  %t = nn.fusion loop(%r, %s) : (tensor<6x20xf32>, tensor<6x20xf32>) -> tensor<6x20xf32> {
  ^bb0(%a: tensor<6x20xf32>, %b: tensor<6x20xf32>):
    %m = nn.binary add %a, %b : tensor<6x20xf32>
    nn.yield %m : tensor<6x20xf32>
  }
  return %t : tensor<6x20xf32>
}
