#ifndef AOTC_PASSES_FOLD_PASSES_TD
#define AOTC_PASSES_FOLD_PASSES_TD
include "mlir/Pass/PassBase.td"

def ConstantFold : Pass<"aotc-constant-fold", "::mlir::func::FuncOp"> {
  let summary = "Replace operations on constants by their results";
  let description = [{
    Evaluates every operation whose operands are all constants with the
    reference evaluator (ir/Interp), in program order, so that whole constant
    subgraphs collapse. Stays for run time: what would exceed a limit below;
    operations that fail (a division by zero is the call's error, not the
    compiler's); `nn.random`; with `keep-quantized` what stands for numbers as narrow
    integers; and operations that would blow a small constant
    up to more than `max-growth` bytes (broadcast, pad, iota, a concat of one
    value many times...), which are cheaper to compute than to store and load.

    ```mlir
    %a = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %b = nn.constant dense<3.0> : tensor<2xf32>
    %c = nn.binary mul %a, %b : tensor<2xf32>
    %d = nn.binary add %x, %c : tensor<2xf32>
    ```
    becomes
    ```mlir
    %c = nn.constant dense<[3.0, 6.0]> : tensor<2xf32>
    %d = nn.binary add %x, %c : tensor<2xf32>
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
  let options = [
    Option<"maxResultBytes", "max-result-bytes", "uint64_t", "uint64_t{64} << 20",
           "Largest result of one operation, bytes">,
    Option<"maxSteps", "max-steps", "uint64_t", "1000000000", "Scalar steps in all (see evaluationSteps)">,
    Option<"maxGrowth", "max-growth", "uint64_t", "4096",
           "Bytes that a result may have more than all the constants it comes from">,
    Option<"keepQuantized", "keep-quantized", "bool", "false",
           "Leave nn.dequantize, for passes that compute with the integers">];
  let statistics = [
    Statistic<"folded", "folded", "Operations evaluated">,
    Statistic<"limited", "limited", "Operations left for run time by a limit">,
    Statistic<"failed", "failed", "Operations left for run time because evaluation fails">];
}
#endif
