// RUN: aotc-opt --split-input-file --aotc-fuse --aotc-verify-fusion %s | FileCheck %s

// A contraction takes bias and activation; the splat moves inside, the weights stay operands.
// CHECK-LABEL: func @dense
// CHECK: %[[W:.*]] = nn.constant
// CHECK: %[[R:.*]] = nn.fusion contraction(%arg0, %[[W]], %arg1)
// CHECK-NEXT: ^bb0(%[[A:.*]]: tensor<2x3xf32>, %[[B:.*]]: tensor<3x4xf32>, %[[C:.*]]: tensor<1x4xf32>):
// CHECK: nn.matmul %[[A]], %[[B]]
// CHECK: nn.broadcast %[[C]]
// CHECK: nn.binary add
// CHECK: nn.constant dense<5.0
// CHECK: nn.binary mul
// CHECK: nn.unary sigmoid
// CHECK: nn.binary mul
// CHECK: nn.yield
// CHECK: return %[[R]]
func.func @dense(%x: tensor<2x3xf32>, %bias: tensor<1x4xf32>) -> tensor<2x4xf32> {
  %w = nn.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 1.0, 2.0, 3.0]]> : tensor<3x4xf32>
  %half = nn.constant dense<0.5> : tensor<2x4xf32>
  %0 = nn.matmul %x, %w : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %1 = nn.broadcast %bias : tensor<1x4xf32> -> tensor<2x4xf32>
  %2 = nn.binary add %0, %1 : tensor<2x4xf32>
  %3 = nn.binary mul %2, %half : tensor<2x4xf32>
  %4 = nn.unary sigmoid %3 : tensor<2x4xf32> -> tensor<2x4xf32>
  %5 = nn.binary mul %3, %4 : tensor<2x4xf32>
  return %5 : tensor<2x4xf32>
}

// -----

// The later of two contractions takes the addition that joins them.
// CHECK-LABEL: func @residual
// CHECK: %[[A:.*]] = nn.fusion contraction(%arg0, %arg1)
// CHECK-NOT: binary add
// CHECK: nn.fusion contraction(%arg0, %arg2, %[[A]])
// CHECK: nn.matmul
// CHECK: nn.binary add
func.func @residual(%x: tensor<4x4xf32>, %u: tensor<4x4xf32>, %v: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = nn.matmul %x, %u : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = nn.matmul %x, %v : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = nn.binary add %0, %1 : tensor<4x4xf32>
  return %2 : tensor<4x4xf32>
}

// -----

// A value with other readers ends the epilogue.
// CHECK-LABEL: func @two_readers
// CHECK: %[[A:.*]] = nn.fusion contraction(%arg0, %arg1)
// CHECK: nn.unary relu
// CHECK-NEXT: nn.yield
// CHECK: nn.fusion loop(%[[A]])
// CHECK: nn.unary exp
func.func @two_readers(%x: tensor<4x4xf32>, %u: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %0 = nn.matmul %x, %u : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = nn.unary relu %0 : tensor<4x4xf32> -> tensor<4x4xf32>
  %2 = nn.unary exp %1 : tensor<4x4xf32> -> tensor<4x4xf32>
  return %1, %2 : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// The reshape moves behind the epilogue; the broadcast bias follows it.
// CHECK-LABEL: func @reshape_sinks
// CHECK: %[[R:.*]] = nn.fusion contraction(%arg0, %arg1, {{.*}}, {{.*}}) {{.*}} -> tensor<6x4xf32>
// CHECK: nn.matmul
// CHECK: nn.broadcast {{.*}} : tensor<1x4xf32> -> tensor<6x4xf32>
// CHECK: nn.binary add {{.*}} : tensor<6x4xf32>
// CHECK: nn.binary add {{.*}} : tensor<6x4xf32>
// CHECK: nn.yield
// CHECK: nn.reshape %[[R]] : tensor<6x4xf32> -> tensor<2x3x4xf32>
func.func @reshape_sinks(%x: tensor<6x4xf32>, %u: tensor<4x4xf32>, %b: tensor<1x1x4xf32>,
                         %r: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = nn.matmul %x, %u : (tensor<6x4xf32>, tensor<4x4xf32>) -> tensor<6x4xf32>
  %1 = nn.reshape %0 : tensor<6x4xf32> -> tensor<2x3x4xf32>
  %2 = nn.broadcast %b : tensor<1x1x4xf32> -> tensor<2x3x4xf32>
  %3 = nn.binary add %1, %2 : tensor<2x3x4xf32>
  %4 = nn.binary add %3, %r : tensor<2x3x4xf32>
  return %4 : tensor<2x3x4xf32>
}

// -----

// CHECK-LABEL: func @softmax
// CHECK: %[[R:.*]] = nn.fusion row(%arg0) {rowDims = 1 : i64}
// CHECK-NOT: nn.fusion
// CHECK: return %[[R]]
func.func @softmax(%x: tensor<4x10xf32>) -> tensor<4x10xf32> {
  %0 = nn.reduce max %x [1] : tensor<4x10xf32> -> tensor<4x1xf32>
  %1 = nn.broadcast %0 : tensor<4x1xf32> -> tensor<4x10xf32>
  %2 = nn.binary sub %x, %1 : tensor<4x10xf32>
  %3 = nn.unary exp %2 : tensor<4x10xf32> -> tensor<4x10xf32>
  %4 = nn.reduce sum %3 [1] : tensor<4x10xf32> -> tensor<4x1xf32>
  %5 = nn.broadcast %4 : tensor<4x1xf32> -> tensor<4x10xf32>
  %6 = nn.binary div %3, %5 : tensor<4x10xf32>
  return %6 : tensor<4x10xf32>
}

// -----

// Layer norm with scale and shift is one group, even where the statistics lost
// their dimension in between.
// CHECK-LABEL: func @layer_norm
// CHECK: %[[R:.*]] = nn.fusion row(%arg0, %arg1, %arg2) {rowDims = 1 : i64}
// CHECK-NOT: nn.reshape
// CHECK-NOT: nn.fusion
// CHECK: return %[[R]]
func.func @layer_norm(%x: tensor<2x5x8xf32>, %gamma: tensor<1x1x8xf32>, %beta: tensor<1x1x8xf32>) -> tensor<2x5x8xf32> {
  %eps = nn.constant dense<1.0e-5> : tensor<2x5xf32>
  %0 = nn.reduce mean %x [2] : tensor<2x5x8xf32> -> tensor<2x5x1xf32>
  %1 = nn.broadcast %0 : tensor<2x5x1xf32> -> tensor<2x5x8xf32>
  %2 = nn.binary sub %x, %1 : tensor<2x5x8xf32>
  %3 = nn.binary mul %2, %2 : tensor<2x5x8xf32>
  %4 = nn.reduce mean %3 [2] : tensor<2x5x8xf32> -> tensor<2x5x1xf32>
  %5 = nn.reshape %4 : tensor<2x5x1xf32> -> tensor<2x5xf32>
  %6 = nn.binary add %5, %eps : tensor<2x5xf32>
  %7 = nn.unary rsqrt %6 : tensor<2x5xf32> -> tensor<2x5xf32>
  %8 = nn.reshape %7 : tensor<2x5xf32> -> tensor<2x5x1xf32>
  %9 = nn.broadcast %8 : tensor<2x5x1xf32> -> tensor<2x5x8xf32>
  %10 = nn.binary mul %2, %9 : tensor<2x5x8xf32>
  %11 = nn.broadcast %gamma : tensor<1x1x8xf32> -> tensor<2x5x8xf32>
  %12 = nn.binary mul %10, %11 : tensor<2x5x8xf32>
  %13 = nn.broadcast %beta : tensor<1x1x8xf32> -> tensor<2x5x8xf32>
  %14 = nn.binary add %12, %13 : tensor<2x5x8xf32>
  return %14 : tensor<2x5x8xf32>
}

// -----

// Mean and variance that are both results: a row group each.
// CHECK-LABEL: func @moments
// CHECK: %[[M:.*]] = nn.fusion row(%arg0)
// CHECK: nn.fusion row(%[[M]], %arg0)
// CHECK: nn.broadcast
// CHECK: nn.binary sub
// CHECK: nn.reduce mean
func.func @moments(%x: tensor<4x8xf32>) -> (tensor<4x1xf32>, tensor<4x1xf32>) {
  %0 = nn.reduce mean %x [1] : tensor<4x8xf32> -> tensor<4x1xf32>
  %1 = nn.broadcast %0 : tensor<4x1xf32> -> tensor<4x8xf32>
  %2 = nn.binary sub %x, %1 : tensor<4x8xf32>
  %3 = nn.binary mul %2, %2 : tensor<4x8xf32>
  %4 = nn.reduce mean %3 [1] : tensor<4x8xf32> -> tensor<4x1xf32>
  return %0, %4 : tensor<4x1xf32>, tensor<4x1xf32>
}

// -----

// Extents of 1 do not decide what is innermost: the axes grow to rowDims.
// CHECK-LABEL: func @unit_dims
// CHECK: nn.fusion row(%arg0) {rowDims = 2 : i64}
// CHECK: nn.reduce sum %{{.*}} [1, 2]
func.func @unit_dims(%x: tensor<4x8x1xf32>) -> tensor<4x1x1xf32> {
  %0 = nn.reduce sum %x [1] : tensor<4x8x1xf32> -> tensor<4x1x1xf32>
  return %0 : tensor<4x1x1xf32>
}

// -----

// A reduction over other than the innermost dimensions stands alone; what
// follows it is a loop.
// CHECK-LABEL: func @global_pool
// CHECK: %[[M:.*]] = nn.fusion single(%arg0)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: nn.reduce mean
// CHECK-NEXT: nn.yield
// CHECK: nn.fusion loop(%[[M]])
func.func @global_pool(%x: tensor<1x7x7x8xf32>) -> tensor<1x1x1x8xf32> {
  %0 = nn.reduce mean %x [1, 2] : tensor<1x7x7x8xf32> -> tensor<1x1x1x8xf32>
  %1 = nn.unary relu %0 : tensor<1x1x1x8xf32> -> tensor<1x1x1x8xf32>
  return %1 : tensor<1x1x1x8xf32>
}

// -----

// exp is not repeated under the broadcast, the scalar addition may be.
// CHECK-LABEL: func @no_recompute
// CHECK: %[[E:.*]] = nn.fusion loop(%arg0)
// CHECK: nn.unary exp
// CHECK: nn.fusion loop(%[[E]], %arg1)
// CHECK: nn.broadcast {{.*}} : tensor<1x4xf32>
// CHECK: nn.binary add {{.*}} : tensor<1x1xf32>
// CHECK: nn.broadcast {{.*}} : tensor<1x1xf32>
func.func @no_recompute(%x: tensor<1x4xf32>, %s: tensor<1x1xf32>) -> tensor<8x4xf32> {
  %0 = nn.unary exp %x : tensor<1x4xf32> -> tensor<1x4xf32>
  %1 = nn.broadcast %0 : tensor<1x4xf32> -> tensor<8x4xf32>
  %2 = nn.binary add %s, %s : tensor<1x1xf32>
  %3 = nn.broadcast %2 : tensor<1x1xf32> -> tensor<8x4xf32>
  %4 = nn.binary add %1, %3 : tensor<8x4xf32>
  return %4 : tensor<8x4xf32>
}

// -----

// Slices are computed again in each reader; arithmetic with two readers is not.
// CHECK-LABEL: func @shared
// CHECK: %[[S:.*]] = nn.fusion loop(%arg0, %arg1)
// CHECK: nn.binary add
// CHECK: nn.fusion loop(%[[S]])
// CHECK: nn.slice
// CHECK: nn.unary tanh
// CHECK: nn.fusion loop(%[[S]])
// CHECK: nn.slice
// CHECK: nn.unary sigmoid
func.func @shared(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %0 = nn.binary add %x, %y : tensor<4x8xf32>
  %1 = nn.slice %0 {starts = array<i64: 0, 4>, strides = array<i64: 1, 1>} : tensor<4x8xf32> -> tensor<4x4xf32>
  %2 = nn.unary tanh %1 : tensor<4x4xf32> -> tensor<4x4xf32>
  %3 = nn.unary sigmoid %1 : tensor<4x4xf32> -> tensor<4x4xf32>
  return %2, %3 : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// Concat and pad end their group; what they read may be computed in it.
// CHECK-LABEL: func @concat
// CHECK: %[[C:.*]] = nn.fusion loop(%arg0, %arg1)
// CHECK: nn.unary relu
// CHECK: nn.concat
// CHECK-NEXT: nn.yield
// CHECK: nn.fusion loop(%[[C]])
// CHECK: nn.unary exp
func.func @concat(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %0 = nn.unary relu %x : tensor<4x8xf32> -> tensor<4x8xf32>
  %1 = nn.concat %0, %y {axis = 1 : i64} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
  %2 = nn.unary exp %1 : tensor<4x16xf32> -> tensor<4x16xf32>
  return %2 : tensor<4x16xf32>
}

// -----

// A transpose that moves the innermost dimension keeps away from arithmetic,
// one that does not joins it.
// CHECK-LABEL: func @transposes
// CHECK: %[[T:.*]] = nn.fusion loop(%arg0)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: nn.transpose {{.*}}[0, 2, 1]
// CHECK-NEXT: nn.yield
// CHECK: nn.fusion loop(%[[T]])
// CHECK: nn.unary exp
// CHECK: nn.transpose {{.*}}[1, 0, 2]
func.func @transposes(%x: tensor<4x8x2xf32>) -> tensor<2x4x8xf32> {
  %0 = nn.transpose %x [0, 2, 1] : tensor<4x8x2xf32> -> tensor<4x2x8xf32>
  %1 = nn.unary exp %0 : tensor<4x2x8xf32> -> tensor<4x2x8xf32>
  %2 = nn.transpose %1 [1, 0, 2] : tensor<4x2x8xf32> -> tensor<2x4x8xf32>
  return %2 : tensor<2x4x8xf32>
}

// -----

// Two results are fine where one operation has them.
// CHECK-LABEL: func @top_k
// CHECK: nn.fusion single(%arg0)
func.func @top_k(%x: tensor<8xf32>) -> (tensor<2xf32>, tensor<2xi32>) {
  %0, %1 = nn.top_k %x : tensor<8xf32> -> tensor<2xf32>, tensor<2xi32>
  return %0, %1 : tensor<2xf32>, tensor<2xi32>
}

// -----

// Row statistics follow the shape that their operand is computed in.
// CHECK-LABEL: func @reshaped_rows
// CHECK: %[[C:.*]] = nn.fusion contraction
// CHECK: %[[R:.*]] = nn.fusion row(%[[C]]) {rowDims = 1 : i64} : (tensor<6x8xf32>) -> tensor<6x8xf32>
// CHECK: nn.reduce mean {{.*}} [1]
// CHECK: %[[V:.*]] = nn.reshape %[[R]]
// CHECK: return %[[V]]
func.func @reshaped_rows(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>) -> tensor<2x3x8xf32> {
  %0 = nn.matmul %x, %w : (tensor<6x4xf32>, tensor<4x8xf32>) -> tensor<6x8xf32>
  %1 = nn.reshape %0 : tensor<6x8xf32> -> tensor<2x3x8xf32>
  %2 = nn.reduce mean %1 [2] : tensor<2x3x8xf32> -> tensor<2x3x1xf32>
  %3 = nn.broadcast %2 : tensor<2x3x1xf32> -> tensor<2x3x8xf32>
  %4 = nn.binary sub %1, %3 : tensor<2x3x8xf32>
  return %4 : tensor<2x3x8xf32>
}

// -----

// A bias that was expanded to its result's shape becomes a row again.
// CHECK-LABEL: func @expanded_bias
// CHECK: %[[B:.*]] = nn.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00]]> : tensor<1x2xf32>
// CHECK: nn.fusion contraction(%arg0, %arg1, %[[B]])
// CHECK: nn.broadcast {{.*}} : tensor<1x2xf32> -> tensor<3x2xf32>
func.func @expanded_bias(%x: tensor<3x4xf32>, %w: tensor<4x2xf32>) -> tensor<3x2xf32> {
  %b = nn.constant dense<[[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]> : tensor<3x2xf32>
  %0 = nn.matmul %x, %w : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  %1 = nn.binary add %0, %b : tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}

// -----

// A reshape that drops extents of 1 joins the loop that reads it.
// CHECK-LABEL: func @squeeze
// CHECK: nn.fusion loop(%arg0, %arg1) : (tensor<2x5x4xf32>, tensor<2x4xf32>) -> tensor<2x8xf32>
// CHECK: nn.slice
// CHECK: nn.reshape
// CHECK: nn.concat
// CHECK-NOT: nn.fusion
func.func @squeeze(%x: tensor<2x5x4xf32>, %h: tensor<2x4xf32>) -> tensor<2x8xf32> {
  %0 = nn.slice %x {starts = array<i64: 0, 3, 0>, strides = array<i64: 1, 1, 1>} : tensor<2x5x4xf32> -> tensor<2x1x4xf32>
  %1 = nn.reshape %0 : tensor<2x1x4xf32> -> tensor<2x4xf32>
  %2 = nn.concat %1, %h {axis = 1 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x8xf32>
  return %2 : tensor<2x8xf32>
}
