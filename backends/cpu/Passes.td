// Passes of the CPU backend.
#ifndef AOTC_BACKENDS_CPU_PASSES_TD
#define AOTC_BACKENDS_CPU_PASSES_TD
include "mlir/Pass/PassBase.td"

def CpuSelect : Pass<"aotc-cpu-select", "::mlir::func::FuncOp"> {
  let summary = "Choose kernels for contractions and pack their constant weights";
  let description = [{
    For each `contraction` group that a kernel of the generator computes: sets
    `kernel` (name, rows and columns of the register tile) and `scratch`, and
    replaces a constant filter or rhs by a constant of panels. The body then
    starts with `nn.unpack_panels`, so it still says what is computed. All
    other groups get the generic path's scratch.

    ```mlir
    %w = nn.constant dense_resource<w> : tensor<64x24xf32>
    %1 = nn.fusion contraction(%x, %w) : (tensor<49x64xf32>, tensor<64x24xf32>) -> tensor<49x24xf32> {
    ^bb0(%a: tensor<49x64xf32>, %b: tensor<64x24xf32>):
      %2 = nn.matmul %a, %b : (tensor<49x64xf32>, tensor<64x24xf32>) -> tensor<49x24xf32>
      nn.yield %2 : tensor<49x24xf32>
    }
    ```
    becomes, for AVX2,
    ```mlir
    %w = nn.constant dense_resource<p> : tensor<1x1x64x24xf32>
    %1 = nn.fusion contraction(%x, %w) {kernel = {columns = 24 : i64, name = "gemm", rows = 4 : i64}}
        : (tensor<49x64xf32>, tensor<1x1x64x24xf32>) -> tensor<49x24xf32> {
    ^bb0(%a: tensor<49x64xf32>, %b: tensor<1x1x64x24xf32>):
      %c = nn.unpack_panels %b : tensor<1x1x64x24xf32> -> tensor<64x24xf32>
      %2 = nn.matmul %a, %c : (tensor<49x64xf32>, tensor<64x24xf32>) -> tensor<49x24xf32>
      nn.yield %2 : tensor<49x24xf32>
    }
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
  let options = [
    Option<"triple", "triple", "std::string", "\"x86_64-unknown-linux-gnu\"", "Target triple">,
    Option<"cpu", "cpu", "std::string", "\"x86-64-v3\"",
           "LLVM CPU names, divided by commas, lowest first">,
    Option<"features", "features", "std::string", "\"+sse4.1,+avx2,+fma,+f16c\"",
           "For each CPU an LLVM feature string that names all features, divided by semicolons">,
    Option<"winograd", "winograd", "bool", "true",
           "Compute 3x3 convolutions by minimal filtering where it is faster and accurate">,
    Option<"preferSize", "prefer-size", "bool", "false", "Prefer small weights to time">];
  let statistics = [
    Statistic<"kernels", "kernels", "Contractions with a kernel of the generator">,
    Statistic<"packed", "packed", "Constant operands packed">];
}

def CpuFuseStrips : Pass<"aotc-cpu-fuse-strips", "::mlir::func::FuncOp"> {
  let summary = "Run chains of convolutions strip by strip";
  let description = [{
    After aotc-cpu-select: joins contraction groups of which each is the only
    reader of the one before, a large tensor, into one `strips` group. Only a
    few lines of the tensors between them exist at a time, in scratch: `kernel`
    says how many lines of the result are computed at once and into how many
    tasks the work is divided, each of which has its scratch. Depthwise and
    1x1 convolutions can read such lines, any convolution can start a chain.
    As groups inside keep their kernels, they still say what is computed.
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
  let options = [
    Option<"triple", "triple", "std::string", "\"x86_64-unknown-linux-gnu\"", "Target triple">,
    Option<"cpu", "cpu", "std::string", "\"x86-64-v3\"", "LLVM CPU names, divided by commas; the last one decides">,
    Option<"features", "features", "std::string", "\"+sse4.1,+avx2,+fma,+f16c\"",
           "For each CPU an LLVM feature string, divided by semicolons">,
    Option<"preferSize", "prefer-size", "bool", "false",
           "Also where it costs time: least memory, one line at a time, one thread">];
  let statistics = [
    Statistic<"fused", "fused", "Chains fused">];
}
#endif
