// Passes that turn fusion groups into kernels over one arena.
#ifndef AOTC_PASSES_SCHEDULE_PASSES_TD
#define AOTC_PASSES_SCHEDULE_PASSES_TD
include "mlir/Pass/PassBase.td"

def PlaceConcats : Pass<"aotc-place-concats", "::mlir::func::FuncOp"> {
  let summary = "Write the parts of concats where the concat lies";
  let description = [{
    A contraction (or `strips` group) whose result is a part of a concat along the innermost
    dimension writes it into the concat's tensor by `nn.insert`, if all others
    that read it are `loop` groups, which read a slice of that tensor instead.
    A concat that is such a part itself vanishes, so that a chain of concats,
    each of the one before and something new, lies in one tensor. Other parts
    are copied into it. Groups write and read the tensor in the order of the
    function.

    ```mlir
    %2 = nn.fusion loop(%0, %1) : (tensor<6x8xf32>, tensor<6x4xf32>) -> tensor<6x12xf32> {concat}
    ```
    becomes, where `%1` was a contraction,
    ```mlir
    %1 = nn.fusion contraction(%x, %w) : (...) -> tensor<6x12xf32> {... nn.insert %c {start = 8 : i64}}
    %2 = nn.fusion loop(%0, %1) : (...) -> tensor<6x12xf32> {nn.insert %a into %b {start = 0 : i64}}
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
}

def Schedule : Pass<"aotc-schedule", "::mlir::func::FuncOp"> {
  let summary = "Order kernels and give every tensor a place in memory";
  let description = [{
    Turns a function of nn.fusion, nn.constant and nn.reshape into the plan
    dialect. Kernels are ordered for a low peak of live bytes; results of the
    function are written straight into the caller's outputs (a copy kernel is
    added for returned inputs, constants and values returned twice);
    reshapes and contiguous slices become views; concats along the outermost
    dimension become joins of parts written side by side; results take over
    operands that die where plan.region allows it; everything else gets an
    offset in one arena. Equal weights share one place.

    ```mlir
    %1 = nn.fusion loop(%x) : (tensor<4xf32>) -> tensor<4xf32> {...}
    return %1 : tensor<4xf32>
    ```
    becomes
    ```mlir
    %1 = plan.region 0 loop(%x) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {...}
    return %1 : tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::aotc::nn::NNDialect", "::aotc::plan::PlanDialect"];
  let statistics = [
    Statistic<"arenaBytes", "arena-bytes", "Bytes of the arena">,
    Statistic<"regions", "regions", "Kernels in the plan">];
}

def VerifyPlan : Pass<"aotc-verify-plan", "::mlir::func::FuncOp"> {
  let summary = "Prove that a plan computes what its tensors say";
  let description = [{
    Follows who wrote each byte of the arena and the outputs: every kernel
    must read exactly what the tensor's producer wrote, must not overwrite
    what it still reads except where working in place is allowed, and all
    places must lie inside their spaces.
  }];
}

def PrintPlan : Pass<"aotc-print-plan", "::mlir::func::FuncOp"> {
  let summary = "Print the kernels and buffers of a plan as a table";
  let description = [{
    Writes to standard error: for each kernel the arena bytes live while it
    runs, for each buffer its place and the kernels between which it is live.
  }];
}
#endif
