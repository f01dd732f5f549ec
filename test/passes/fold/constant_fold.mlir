// RUN: aotc-opt %s --aotc-constant-fold | FileCheck %s
// RUN: aotc-opt %s --aotc-constant-fold="max-steps=1 max-growth=1000000" | FileCheck %s --check-prefix=STEPS
// RUN: aotc-opt %s --aotc-constant-fold="max-result-bytes=8" | FileCheck %s --check-prefix=BYTES

// CHECK-LABEL: func.func @chain
// CHECK-NEXT: %[[C:.*]] = nn.constant dense<[4.000000e+00, 7.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: nn.binary add %arg0, %[[C]]
// STEPS-LABEL: func.func @chain
// STEPS: nn.binary mul
// BYTES-LABEL: func.func @chain
// BYTES-NOT: nn.binary mul
func.func @chain(%x: tensor<2xf32>) -> tensor<2xf32> {
  %a = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = nn.constant dense<3.0> : tensor<2xf32>
  %one = nn.constant dense<1.0> : tensor<2xf32>
  %c = nn.binary mul %a, %b : tensor<2xf32>
  %d = nn.binary add %c, %one : tensor<2xf32>
  %y = nn.binary add %x, %d : tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: func.func @shapes
// CHECK-NEXT: %[[C:.*]] = nn.constant dense<{{\[}}[3], [1]]> : tensor<2x1xi64>
// CHECK-NEXT: return %[[C]]
// BYTES-LABEL: func.func @shapes
// BYTES: nn.reshape
func.func @shapes() -> tensor<2x1xi64> {
  %a = nn.constant dense<[1, 2, 3]> : tensor<3xi64>
  %i = nn.constant dense<[2, 0]> : tensor<2xi32>
  %g = nn.gather %a, %i {axis = 0 : i64} : (tensor<3xi64>, tensor<2xi32>) -> tensor<2xi64>
  %r = nn.reshape %g : tensor<2xi64> -> tensor<2x1xi64>
  return %r : tensor<2x1xi64>
}

// A small constant is not blown up ...
// CHECK-LABEL: func.func @growth
// CHECK: nn.broadcast
// CHECK: nn.iota
// STEPS-LABEL: func.func @growth
func.func @growth() -> (tensor<4096x2xf32>, tensor<4096xi32>) {
  %a = nn.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %b = nn.broadcast %a : tensor<1x2xf32> -> tensor<4096x2xf32>
  %i = nn.iota {axis = 0 : i64} : tensor<4096xi32>
  return %b, %i : tensor<4096x2xf32>, tensor<4096xi32>
}

// ... but a splat takes no room at any size.
// CHECK-LABEL: func.func @splat
// CHECK-NEXT: %[[C:.*]] = nn.constant dense<2.500000e+00> : tensor<4096x2xf32>
// CHECK-NEXT: return %[[C]]
func.func @splat() -> tensor<4096x2xf32> {
  %a = nn.constant dense<1.5> : tensor<1x2xf32>
  %one = nn.constant dense<1.0> : tensor<4096x2xf32>
  %b = nn.broadcast %a : tensor<1x2xf32> -> tensor<4096x2xf32>
  %c = nn.binary add %b, %one : tensor<4096x2xf32>
  return %c : tensor<4096x2xf32>
}

// What depends on the call stays, and so does what fails at run time.
// CHECK-LABEL: func.func @stays
// CHECK: nn.random uniform
// CHECK: nn.binary div
// CHECK: nn.gather
func.func @stays() -> (tensor<4xf32>, tensor<2xi32>, tensor<1xf32>) {
  %r = nn.random uniform {seed = 1 : i64, stream = 0 : i64} : tensor<4xf32>
  %a = nn.constant dense<[1, 2]> : tensor<2xi32>
  %zero = nn.constant dense<0> : tensor<2xi32>
  %d = nn.binary div %a, %zero : tensor<2xi32>
  %t = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %i = nn.constant dense<2> : tensor<1xi32>
  %g = nn.gather %t, %i {axis = 0 : i64} : (tensor<2xf32>, tensor<1xi32>) -> tensor<1xf32>
  return %r, %d, %g : tensor<4xf32>, tensor<2xi32>, tensor<1xf32>
}
