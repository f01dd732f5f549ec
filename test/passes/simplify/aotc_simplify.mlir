// RUN: aotc-opt %s --aotc-simplify --split-input-file | FileCheck %s

// CHECK-LABEL: @identities
func.func @identities(%x: tensor<4xf32>, %i: tensor<4xi32>) -> (tensor<4xf32>, tensor<4xi32>) {
  %zero = nn.constant dense<0.0> : tensor<4xf32>
  %one = nn.constant dense<1.0> : tensor<4xf32>
  %izero = nn.constant dense<0> : tensor<4xi32>
  %0 = nn.binary add %zero, %x : tensor<4xf32>
  %1 = nn.binary mul %0, %one : tensor<4xf32>
  %2 = nn.binary div %1, %one : tensor<4xf32>
  %3 = nn.binary sub %2, %zero : tensor<4xf32>
  %4 = nn.binary pow %3, %one : tensor<4xf32>
  %5 = nn.binary mul %i, %izero : tensor<4xi32>
  // CHECK: %[[ZERO:.*]] = nn.constant dense<0> : tensor<4xi32>
  // CHECK-NEXT: return %arg0, %[[ZERO]]
  return %4, %5 : tensor<4xf32>, tensor<4xi32>
}

// -----

// A quotient that only smooth functions read may be a product that rounds twice.
// CHECK-LABEL: func @gelu
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[C:.*]] = nn.constant dense<0.333333343> : tensor<4xf32>
  %three = nn.constant dense<3.0> : tensor<4xf32>
  // CHECK: %[[Q:.*]] = nn.binary mul %arg0, %[[C]]
  %0 = nn.binary div %x, %three : tensor<4xf32>
  // CHECK: nn.unary erf %[[Q]]
  %1 = nn.unary erf %0 : tensor<4xf32> -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// NaN * 0 is NaN.
// CHECK-LABEL: @float_times_zero_stays
func.func @float_times_zero_stays(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = nn.constant dense<0.0> : tensor<4xf32>
  // CHECK: nn.binary mul
  %0 = nn.binary mul %x, %zero : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @strength
func.func @strength(%x: tensor<4xf32>, %c: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %eight = nn.constant dense<8.0> : tensor<4xf32>
  %three = nn.constant dense<3.0> : tensor<4xf32>
  %two = nn.constant dense<2.0> : tensor<4xf32>
  %half = nn.constant dense<0.5> : tensor<4xf32>
  // CHECK-DAG: %[[EIGHTH:.*]] = nn.constant dense<1.250000e-01>
  // CHECK-DAG: %[[THREE:.*]] = nn.constant dense<3.0
  // CHECK-DAG: nn.binary mul %arg0, %[[EIGHTH]]
  %0 = nn.binary div %x, %eight : tensor<4xf32>
  // CHECK-DAG: nn.binary div %arg0, %[[THREE]]
  %1 = nn.binary div %x, %three : tensor<4xf32>
  // CHECK-DAG: %[[SQUARE:.*]] = nn.binary mul %arg0, %arg0
  %2 = nn.binary pow %x, %two : tensor<4xf32>
  // CHECK-DAG: nn.unary sqrt %[[SQUARE]]
  %3 = nn.binary pow %2, %half : tensor<4xf32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// pow(-inf, 0.5) is inf.
// CHECK-LABEL: @pow_of_any_sign_stays
func.func @pow_of_any_sign_stays(%x: tensor<4xf32>) -> tensor<4xf32> {
  %half = nn.constant dense<0.5> : tensor<4xf32>
  // CHECK: nn.binary pow
  %0 = nn.binary pow %x, %half : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @subtraction_of_constants
func.func @subtraction_of_constants(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK: %[[C:.*]] = nn.constant dense<{{\[\[}}-1.000000e+00, 2.000000e+00]]>
  // CHECK: %[[B:.*]] = nn.broadcast %[[C]]
  // CHECK: nn.binary add %arg0, %[[B]]
  %c = nn.constant dense<[[1.0, -2.0]]> : tensor<1x2xf32>
  %b = nn.broadcast %c : tensor<1x2xf32> -> tensor<3x2xf32>
  %0 = nn.binary sub %x, %b : tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

// CHECK-LABEL: @clamps
func.func @clamps(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %zero = nn.constant dense<0.0> : tensor<4xf32>
  %six = nn.constant dense<6.0> : tensor<4xf32>
  %one = nn.constant dense<1.0> : tensor<4xf32>
  // CHECK-NEXT: %[[R:.*]] = nn.unary relu %arg0
  %relu = nn.binary max %zero, %x : tensor<4xf32>
  // CHECK-NEXT: %[[C:.*]] = nn.clamp %arg0 {high = 6.000000e+00 : f64, low = 0.000000e+00 : f64}
  %0 = nn.binary min %relu, %six : tensor<4xf32>
  // CHECK-NEXT: %[[D:.*]] = nn.clamp %arg0 {high = 6.000000e+00 : f64, low = 1.000000e+00 : f64}
  %1 = nn.binary max %0, %one : tensor<4xf32>
  // CHECK-NEXT: return %[[R]], %[[C]], %[[D]]
  return %relu, %0, %1 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @unary_chains
func.func @unary_chains(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-NEXT: %[[R:.*]] = nn.unary relu %arg0
  // CHECK-NEXT: %[[S:.*]] = nn.unary rsqrt %arg0
  // CHECK-NEXT: return %[[R]], %arg0, %[[S]]
  %0 = nn.unary relu %x : tensor<4xf32> -> tensor<4xf32>
  %1 = nn.unary relu %0 : tensor<4xf32> -> tensor<4xf32>
  %2 = nn.unary abs %1 : tensor<4xf32> -> tensor<4xf32>
  %3 = nn.unary neg %x : tensor<4xf32> -> tensor<4xf32>
  %4 = nn.unary neg %3 : tensor<4xf32> -> tensor<4xf32>
  %one = nn.constant dense<1.0> : tensor<4xf32>
  %5 = nn.unary sqrt %x : tensor<4xf32> -> tensor<4xf32>
  %6 = nn.binary div %one, %5 : tensor<4xf32>
  return %2, %4, %6 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @select
func.func @select(%c: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-NEXT: %[[S:.*]] = nn.select %arg0, %arg2, %arg1
  // CHECK-NEXT: return %arg1, %[[S]]
  %true = nn.constant dense<true> : tensor<4xi1>
  %0 = nn.select %true, %x, %y : tensor<4xi1>, tensor<4xf32>
  %not = nn.unary not %c : tensor<4xi1> -> tensor<4xi1>
  %1 = nn.select %not, %x, %y : tensor<4xi1>, tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// A detour through a wider type goes; one that loses bits or saturates stays.
// CHECK-LABEL: @casts
func.func @casts(%x: tensor<4xf16>, %y: tensor<4xf32>, %i: tensor<4xi16>) -> (tensor<4xf16>, tensor<4xf32>, tensor<4xi8>, tensor<4xi8>) {
  %0 = nn.cast %x : tensor<4xf16> -> tensor<4xf32>
  %1 = nn.cast %0 : tensor<4xf32> -> tensor<4xf16>
  // CHECK: %[[N:.*]] = nn.cast %arg1 : tensor<4xf32> -> tensor<4xf16>
  // CHECK: %[[W:.*]] = nn.cast %[[N]] : tensor<4xf16> -> tensor<4xf32>
  %2 = nn.cast %y : tensor<4xf32> -> tensor<4xf16>
  %3 = nn.cast %2 : tensor<4xf16> -> tensor<4xf32>
  // CHECK: %[[F:.*]] = nn.cast %arg2 : tensor<4xi16> -> tensor<4xf32>
  // CHECK: %[[S:.*]] = nn.cast %[[F]] : tensor<4xf32> -> tensor<4xi8>
  %4 = nn.cast %i : tensor<4xi16> -> tensor<4xf32>
  %5 = nn.cast %4 : tensor<4xf32> -> tensor<4xi8>
  // CHECK: %[[I:.*]] = nn.cast %arg2 : tensor<4xi16> -> tensor<4xi8>
  %6 = nn.cast %i : tensor<4xi16> -> tensor<4xi64>
  %7 = nn.cast %6 : tensor<4xi64> -> tensor<4xi8>
  // CHECK: return %arg0, %[[W]], %[[S]], %[[I]]
  return %1, %3, %5, %7 : tensor<4xf16>, tensor<4xf32>, tensor<4xi8>, tensor<4xi8>
}

// -----

// CHECK-LABEL: @before_broadcast
func.func @before_broadcast(%x: tensor<1x4xf32>, %y: tensor<1x4xf32>) -> tensor<8x4xf32> {
  // CHECK: %[[A:.*]] = nn.binary mul %arg0, %arg1 : tensor<1x4xf32>
  // CHECK: %[[R:.*]] = nn.unary exp %[[A]] : tensor<1x4xf32>
  // CHECK: nn.broadcast %[[R]] : tensor<1x4xf32> -> tensor<8x4xf32>
  %0 = nn.broadcast %x : tensor<1x4xf32> -> tensor<8x4xf32>
  %1 = nn.broadcast %y : tensor<1x4xf32> -> tensor<8x4xf32>
  %2 = nn.binary mul %0, %1 : tensor<8x4xf32>
  %3 = nn.unary exp %2 : tensor<8x4xf32> -> tensor<8x4xf32>
  return %3 : tensor<8x4xf32>
}

// -----

// CHECK-LABEL: @reshapes
func.func @reshapes(%x: tensor<2x6xf32>) -> (tensor<2x6xf32>, tensor<2x2xf32>) {
  // CHECK: %[[C:.*]] = nn.constant dense<{{.*}}1.0{{.*}}, {{.*}}4.0{{.*}}> : tensor<2x2xf32>
  // CHECK: return %arg0, %[[C]]
  %0 = nn.reshape %x : tensor<2x6xf32> -> tensor<3x4xf32>
  %1 = nn.reshape %0 : tensor<3x4xf32> -> tensor<2x6xf32>
  %c = nn.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %2 = nn.reshape %c : tensor<4xf32> -> tensor<2x2xf32>
  return %1, %2 : tensor<2x6xf32>, tensor<2x2xf32>
}

// -----

// CHECK-LABEL: @broadcasts
func.func @broadcasts(%x: tensor<1x1xf32>, %y: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  // CHECK-NEXT: %[[B:.*]] = nn.broadcast %arg0 : tensor<1x1xf32> -> tensor<2x3xf32>
  // CHECK-NEXT: return %[[B]], %arg1
  %0 = nn.broadcast %x : tensor<1x1xf32> -> tensor<1x3xf32>
  %1 = nn.broadcast %0 : tensor<1x3xf32> -> tensor<2x3xf32>
  %2 = nn.broadcast %y : tensor<2x3xf32> -> tensor<2x3xf32>
  return %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>
}

// -----

// CHECK-LABEL: @transposes
func.func @transposes(%x: tensor<2x3x4xf32>, %y: tensor<1x3x4xf32>) -> (tensor<2x3x4xf32>, tensor<4x3x2xf32>, tensor<3x1x4xf32>) {
  // CHECK-NEXT: %[[T:.*]] = nn.transpose %arg0 [2, 1, 0]
  // CHECK-NEXT: %[[R:.*]] = nn.reshape %arg1 : tensor<1x3x4xf32> -> tensor<3x1x4xf32>
  // CHECK-NEXT: return %arg0, %[[T]], %[[R]]
  %0 = nn.transpose %x [0, 2, 1] : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %1 = nn.transpose %0 [0, 2, 1] : tensor<2x4x3xf32> -> tensor<2x3x4xf32>
  %2 = nn.transpose %0 [1, 2, 0] : tensor<2x4x3xf32> -> tensor<4x3x2xf32>
  %3 = nn.transpose %y [1, 0, 2] : tensor<1x3x4xf32> -> tensor<3x1x4xf32>
  return %1, %2, %3 : tensor<2x3x4xf32>, tensor<4x3x2xf32>, tensor<3x1x4xf32>
}

// -----

// CHECK-LABEL: @slices
func.func @slices(%x: tensor<10xf32>, %y: tensor<4xf32>) -> (tensor<10xf32>, tensor<2xf32>, tensor<3xf32>) {
  %0 = nn.slice %x {starts = array<i64: 0>, strides = array<i64: 1>} : tensor<10xf32> -> tensor<10xf32>
  // CHECK-NEXT: %[[S:.*]] = nn.slice %arg0 {starts = array<i64: 3>, strides = array<i64: 6>}
  %1 = nn.slice %x {starts = array<i64: 1>, strides = array<i64: 2>} : tensor<10xf32> -> tensor<5xf32>
  %2 = nn.slice %1 {starts = array<i64: 1>, strides = array<i64: 3>} : tensor<5xf32> -> tensor<2xf32>
  // CHECK-NEXT: %[[C:.*]] = nn.slice %arg1 {starts = array<i64: 1>, strides = array<i64: 1>}
  %3 = nn.concat %x, %y {axis = 0 : i64} : (tensor<10xf32>, tensor<4xf32>) -> tensor<14xf32>
  %4 = nn.slice %3 {starts = array<i64: 11>, strides = array<i64: 1>} : tensor<14xf32> -> tensor<3xf32>
  // CHECK-NEXT: return %arg0, %[[S]], %[[C]]
  return %0, %2, %4 : tensor<10xf32>, tensor<2xf32>, tensor<3xf32>
}

// -----

// CHECK-LABEL: @dynamic_slice_of_constant_starts
func.func @dynamic_slice_of_constant_starts(%x: tensor<10x4xf32>) -> tensor<2x4xf32> {
  // CHECK: nn.slice %arg0 {starts = array<i64: 3, 0>, strides = array<i64: 1, 1>}
  %s = nn.constant dense<[3, 0]> : tensor<2xi32>
  %0 = nn.dynamic_slice %x, %s : (tensor<10x4xf32>, tensor<2xi32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: @concats
func.func @concats(%x: tensor<10xf32>, %y: tensor<2xf32>) -> (tensor<10xf32>, tensor<9xf32>) {
  %0 = nn.slice %x {starts = array<i64: 0>, strides = array<i64: 1>} : tensor<10xf32> -> tensor<4xf32>
  %1 = nn.slice %x {starts = array<i64: 4>, strides = array<i64: 1>} : tensor<10xf32> -> tensor<6xf32>
  %2 = nn.concat %0, %1 {axis = 0 : i64} : (tensor<4xf32>, tensor<6xf32>) -> tensor<10xf32>
  // CHECK: %[[S:.*]] = nn.slice %arg0 {starts = array<i64: 1>, strides = array<i64: 1>} : tensor<10xf32> -> tensor<7xf32>
  // CHECK: %[[C:.*]] = nn.concat %arg1, %[[S]]
  %3 = nn.slice %x {starts = array<i64: 1>, strides = array<i64: 1>} : tensor<10xf32> -> tensor<3xf32>
  %4 = nn.concat %y, %3 {axis = 0 : i64} : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
  %5 = nn.slice %1 {starts = array<i64: 0>, strides = array<i64: 1>} : tensor<6xf32> -> tensor<4xf32>
  %6 = nn.concat %4, %5 {axis = 0 : i64} : (tensor<5xf32>, tensor<4xf32>) -> tensor<9xf32>
  // CHECK: return %arg0, %[[C]]
  return %2, %6 : tensor<10xf32>, tensor<9xf32>
}

// -----

// CHECK-LABEL: @gather_of_constant_indices
func.func @gather_of_constant_indices(%x: tensor<5x4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>) {
  // CHECK: %[[A:.*]] = nn.slice %arg0 {starts = array<i64: 2, 0>, strides = array<i64: 1, 1>} : tensor<5x4xf32> -> tensor<1x4xf32>
  // CHECK: nn.reshape %[[A]] : tensor<1x4xf32> -> tensor<4xf32>
  %i = nn.constant dense<2> : tensor<i32>
  %0 = nn.gather %x, %i {axis = 0 : i64} : (tensor<5x4xf32>, tensor<i32>) -> tensor<4xf32>
  // CHECK: nn.slice %arg0 {starts = array<i64: 0, 0>, strides = array<i64: 2, 1>} : tensor<5x4xf32> -> tensor<3x4xf32>
  %j = nn.constant dense<[0, 2, 4]> : tensor<3xi32>
  %1 = nn.gather %x, %j {axis = 0 : i64} : (tensor<5x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>
  return %0, %1 : tensor<4xf32>, tensor<3x4xf32>
}

// -----

// CHECK-LABEL: @reverses
func.func @reverses(%x: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  // CHECK: %[[R:.*]] = nn.reverse %arg0 [1]
  // CHECK: return %arg0, %[[R]]
  %0 = nn.reverse %x [0] : tensor<1x4xf32>
  %1 = nn.reverse %x [0, 1] : tensor<1x4xf32>
  return %0, %1 : tensor<1x4xf32>, tensor<1x4xf32>
}

// -----

// CHECK-LABEL: @pad_into_conv
func.func @pad_into_conv(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x2x5xf32>) -> tensor<1x4x4x5xf32> {
  // CHECK: nn.conv %arg0, %arg1 {{.*}}padHigh = array<i64: 1, 1>, padLow = array<i64: 1, 1>
  %zero = nn.constant dense<0.0> : tensor<f32>
  %0 = nn.pad constant %x, %zero {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>} : tensor<1x4x4x2xf32> -> tensor<1x6x6x2xf32>, tensor<f32>
  %1 = nn.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x6x6x2xf32>, tensor<3x3x2x5xf32>) -> tensor<1x4x4x5xf32>
  return %1 : tensor<1x4x4x5xf32>
}

// -----

// CHECK-LABEL: @pad_into_pool
func.func @pad_into_pool(%x: tensor<1x4x4x2xf32>) -> (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) {
  %low = nn.constant dense<0xFF800000> : tensor<f32>
  %zero = nn.constant dense<0.0> : tensor<f32>
  // CHECK: nn.pool max %arg0 {{.*}}padHigh = array<i64: 1, 1>, padLow = array<i64: 1, 1>
  %0 = nn.pad constant %x, %low {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>} : tensor<1x4x4x2xf32> -> tensor<1x6x6x2xf32>, tensor<f32>
  %1 = nn.pool max %0 {window = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : tensor<1x6x6x2xf32> -> tensor<1x4x4x2xf32>
  // CHECK: nn.pool avg %arg0 {countPadding = true, {{.*}}padHigh = array<i64: 1, 1>, padLow = array<i64: 1, 1>
  %2 = nn.pad constant %x, %zero {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>} : tensor<1x4x4x2xf32> -> tensor<1x6x6x2xf32>, tensor<f32>
  %3 = nn.pool avg %2 {window = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : tensor<1x6x6x2xf32> -> tensor<1x4x4x2xf32>
  return %1, %3 : tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>
}

// -----

// A zero is a value to a maximum.
// CHECK-LABEL: @zero_pad_before_max_stays
func.func @zero_pad_before_max_stays(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32> {
  // CHECK: nn.pad
  %zero = nn.constant dense<0.0> : tensor<f32>
  %0 = nn.pad constant %x, %zero {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>} : tensor<1x4x4x2xf32> -> tensor<1x6x6x2xf32>, tensor<f32>
  %1 = nn.pool max %0 {window = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : tensor<1x6x6x2xf32> -> tensor<1x4x4x2xf32>
  return %1 : tensor<1x4x4x2xf32>
}

// -----

// CHECK-LABEL: @reductions
func.func @reductions(%x: tensor<2x1x3x4xf32>) -> (tensor<2x1x3x4xf32>, tensor<2x1x1x1xf32>) {
  // CHECK: %[[R:.*]] = nn.reduce mean %arg0 [2, 3]
  // CHECK: return %arg0, %[[R]]
  %0 = nn.reduce mean %x [1] : tensor<2x1x3x4xf32> -> tensor<2x1x3x4xf32>
  %1 = nn.reduce mean %x [1, 2] : tensor<2x1x3x4xf32> -> tensor<2x1x1x4xf32>
  %2 = nn.reduce mean %1 [3] : tensor<2x1x1x4xf32> -> tensor<2x1x1x1xf32>
  return %0, %2 : tensor<2x1x3x4xf32>, tensor<2x1x1x1xf32>
}

// -----

// CHECK-LABEL: @resize_to_same_size
func.func @resize_to_same_size(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32> {
  // CHECK-NEXT: return %arg0
  %0 = nn.resize linear %x coord half_pixel round floor {scales = array<f32: 1.0, 1.0>} : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
  return %0 : tensor<1x4x4x2xf32>
}
