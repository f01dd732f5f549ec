#ifndef AOTC_PASSES_SIMPLIFY_PASSES_TD
#define AOTC_PASSES_SIMPLIFY_PASSES_TD
include "mlir/Pass/PassBase.td"

def Simplify : Pass<"aotc-simplify", "::mlir::func::FuncOp"> {
  let summary = "Algebraic simplification";
  let description = [{
    Local rewrites that keep every result, NaN and infinities included; only
    the sign of a zero is not kept (`x + 0.0` is `x`). Removes operations that
    do nothing (identities of arithmetic, full slices, casts to the same type,
    reductions over extents of 1), merges chains (transposes, reshapes, slices,
    lossless casts, clamps, pads into windows) and normalises what later passes
    match: constants stand on the right, subtraction of a constant is an
    addition, elementwise operations run before the broadcasts of their operands.
    ```mlir
    // before
    %0 = nn.binary max %x, %zero : tensor<4xf32>
    %1 = nn.binary min %0, %six : tensor<4xf32>
    // after
    %1 = nn.clamp %x {low = 0.0 : f64, high = 6.0 : f64} : tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
  let statistics = [Statistic<"removed", "removed", "Operations fewer than before">];
}

def FoldScale : Pass<"aotc-fold-scale", "::mlir::func::FuncOp"> {
  let summary = "Batch normalisation into weights";
  let description = [{
    A multiplication by one constant per channel after a convolution or matrix
    product, or before it, becomes part of the constant weights; constant
    additions around it merge into one bias. Scales are multiplied in double
    precision and rounded once. Only where the product has no other use.
    ```mlir
    // before
    %0 = nn.conv %x, %w {...}
    %1 = nn.binary add %0, %bias : tensor<1x8x8x16xf32>
    %2 = nn.binary mul %1, %scale : tensor<1x8x8x16xf32>
    %3 = nn.binary add %2, %offset : tensor<1x8x8x16xf32>
    // after: w' = w * scale, b' = bias * scale + offset
    %0 = nn.conv %x, %w' {...}
    %3 = nn.binary add %0, %b' : tensor<1x8x8x16xf32>
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
  let statistics = [Statistic<"scaled", "scaled", "Contractions whose weights took a scale">];
}

def Layout : Pass<"aotc-layout", "::mlir::func::FuncOp"> {
  let summary = "Removal of transposes";
  let description = [{
    Convolutions are channels last, so a channels-first graph arrives with a
    transpose before and after each of them. Transposes sink through elementwise
    operations, pad, reduce, concat, slice and the like until they meet their
    inverse; constants on the way are transposed at compile time.
    ```mlir
    // before
    %0 = nn.transpose %conv [0, 3, 1, 2]
    %1 = nn.unary relu %0
    %2 = nn.transpose %1 [0, 2, 3, 1]
    // after
    %2 = nn.unary relu %conv
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
  let statistics = [Statistic<"removed", "removed", "Transposes fewer than before">];
}

def NormalizeContractions : Pass<"aotc-normalize-contractions", "::mlir::func::FuncOp"> {
  let summary = "Fewer kinds of contractions for the code generator";
  let description = [{
    A batched product with a shared right side becomes one product of rank 2, a
    convolution whose window is its whole input becomes a product, transposes
    of the last two dimensions of an operand become the product's attributes,
    and constant operands are stored untransposed. Reshapes that this leaves
    behind a contraction sink below its elementwise neighbours, so that these
    can still fuse with it.
    ```mlir
    // before
    %0 = nn.matmul %x, %w : (tensor<8x16x32xf32>, tensor<1x32x64xf32>) -> tensor<8x16x64xf32>
    // after
    %1 = nn.reshape %x : tensor<8x16x32xf32> -> tensor<128x32xf32>
    %2 = nn.reshape %w : tensor<1x32x64xf32> -> tensor<32x64xf32>
    %3 = nn.matmul %1, %2 : (tensor<128x32xf32>, tensor<32x64xf32>) -> tensor<128x64xf32>
    %0 = nn.reshape %3 : tensor<128x64xf32> -> tensor<8x16x64xf32>
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
}

def BatchProducts : Pass<"aotc-batch-products", "::mlir::func::FuncOp"> {
  let summary = "Products of a few rows each with the same weights into one";
  let description = [{
    Unrolled recurrent networks multiply every time step by the same weights.
    Products that do not need each other's results become one of all their
    rows, which reads the weights once instead of once a step.
    ```mlir
    // before
    %0 = nn.matmul %x0, %w : (tensor<1x28xf32>, tensor<28x512xf32>) -> tensor<1x512xf32>
    %1 = nn.matmul %x1, %w : (tensor<1x28xf32>, tensor<28x512xf32>) -> tensor<1x512xf32>
    // after
    %x = nn.concat %x0, %x1 {axis = 0 : i64} : (tensor<1x28xf32>, tensor<1x28xf32>) -> tensor<2x28xf32>
    %p = nn.matmul %x, %w : (tensor<2x28xf32>, tensor<28x512xf32>) -> tensor<2x512xf32>
    %0 = nn.slice %p {starts = array<i64: 0, 0>, strides = array<i64: 1, 1>} : tensor<2x512xf32> -> tensor<1x512xf32>
    %1 = nn.slice %p {starts = array<i64: 1, 0>, strides = array<i64: 1, 1>} : tensor<2x512xf32> -> tensor<1x512xf32>
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
  let statistics = [Statistic<"joined", "joined", "Products of several">];
}

def ShrinkConstants : Pass<"aotc-shrink-constants", "::mlir::func::FuncOp"> {
  let summary = "Constants that repeat themselves into broadcasts";
  let description = [{
    A constant of elementwise operations whose slices along a dimension are all
    equal is stored once. aotc-simplify does this as well; on its own it is for
    the end, after constant folding has expanded small broadcasts.
    ```mlir
    // before
    %0 = nn.constant dense<[[1.0, 2.0], [1.0, 2.0]]> : tensor<2x2xf32>
    // after
    %1 = nn.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
    %0 = nn.broadcast %1 : tensor<1x2xf32> -> tensor<2x2xf32>
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
}

def Decompose : Pass<"aotc-decompose", "::mlir::func::FuncOp"> {
  let summary = "Composite operations into primitives that fusion understands";
  let description = [{
    softmax becomes max, subtraction, exponential, sum and a multiplication by
    the reciprocal; its logarithm subtracts the logarithm of the sum. Half precision is
    computed in f32.
    ```mlir
    // before
    %y = nn.softmax %x {axis = 1 : i64} : tensor<4x10xf32>
    // after
    %0 = nn.reduce max %x [1] : tensor<4x10xf32> -> tensor<4x1xf32>
    %1 = nn.broadcast %0 : tensor<4x1xf32> -> tensor<4x10xf32>
    %2 = nn.binary sub %x, %1 : tensor<4x10xf32>
    %3 = nn.unary exp %2 : tensor<4x10xf32> -> tensor<4x10xf32>
    %4 = nn.reduce sum %3 [1] : tensor<4x10xf32> -> tensor<4x1xf32>
    %5 = nn.unary reciprocal %4 : tensor<4x1xf32> -> tensor<4x1xf32>
    %6 = nn.broadcast %5 : tensor<4x1xf32> -> tensor<4x10xf32>
    %y = nn.binary mul %3, %6 : tensor<4x10xf32>
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
}
#endif
