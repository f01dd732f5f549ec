// Passes that group operations into kernels.
#ifndef AOTC_PASSES_FUSE_PASSES_TD
#define AOTC_PASSES_FUSE_PASSES_TD
include "mlir/Pass/PassBase.td"

def Fuse : Pass<"aotc-fuse", "::mlir::func::FuncOp"> {
  let summary = "Group operations into kernels (nn.fusion)";
  let description = [{
    Puts every operation but constants and reshapes into `nn.fusion` groups:
    contractions take the elementwise operations after them, reductions over
    the innermost dimensions become row groups with their surroundings (a
    softmax or layer norm is one), but a softmax between two matmuls joins them
    in an attention group; what is left forms elementwise and data
    movement loops or stands alone. Reshapes first move behind the elementwise
    operations that they would cut off and stay outside, where they are views
    of memory. Splats move into the groups.

    ```mlir
    %0 = nn.matmul %x, %w : (tensor<1x8xf32>, tensor<8x4xf32>) -> tensor<1x4xf32>
    %1 = nn.unary relu %0 : tensor<1x4xf32> -> tensor<1x4xf32>
    ```
    becomes
    ```mlir
    %1 = nn.fusion contraction(%x, %w) : (tensor<1x8xf32>, tensor<8x4xf32>) -> tensor<1x4xf32> {
    ^bb0(%a: tensor<1x8xf32>, %b: tensor<8x4xf32>):
      %2 = nn.matmul %a, %b : (tensor<1x8xf32>, tensor<8x4xf32>) -> tensor<1x4xf32>
      %3 = nn.unary relu %2 : tensor<1x4xf32> -> tensor<1x4xf32>
      nn.yield %3 : tensor<1x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
  let statistics = [
    Statistic<"groups", "groups", "Fusion groups formed">,
    Statistic<"fused", "fused", "Operations inside the groups">];
}

def VerifyFusion : Pass<"aotc-verify-fusion", "::mlir::func::FuncOp"> {
  let summary = "Check that fused functions keep the rules of nn.fusion";
  let description = [{
    Fails unless the function holds only nn.fusion, nn.constant, nn.reshape
    and func.return, and each group's body has the form that its kind allows.
  }];
}
#endif
