// The plan dialect: an ordered list of kernels over placed buffers.
#ifndef AOTC_IR_PLAN_PLANBASE_TD
#define AOTC_IR_PLAN_PLANBASE_TD
include "ir/NN/NNBase.td"
include "mlir/IR/AttrTypeBase.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::aotc::plan";
  let dependentDialects = ["::aotc::nn::NNDialect"];
  let summary = "Kernels in execution order over buffers with fixed places";
  let description = [{
    What the schedule phase makes of fusion groups and what backends read. A
    planned function holds `plan.weight`, `plan.region`, `plan.view`,
    `plan.join` and `func.return`; values still are tensors, each with one
    place in memory. Function attributes: `plan.arena_bytes`,
    `plan.arena_align`, `plan.lower_bound` (largest sum of live bytes of the
    chosen order), `plan.naive_bytes` (sum of all buffers),
    `plan.weights_bytes`. Arguments and results carry `nn.name`. Arguments that
    are state (`nn.states`, see ir/NN/State.h) lie in the space `state`; the
    result of that state lies there as well, written in place, or in the arena,
    from where it is copied when no kernel has failed.
  }];
  let useDefaultAttributePrinterParser = 1;
}

class Plan_Op<string mnemonic, list<Trait> traits = []> : Op<Plan_Dialect, mnemonic, traits>;

def Plan_Space : I32EnumAttr<"Space", "where a buffer lies", [
  I32EnumAttrCase<"Arena", 0, "arena">, I32EnumAttrCase<"Input", 1, "input">,
  I32EnumAttrCase<"Output", 2, "output">, I32EnumAttrCase<"Weights", 3, "weights">,
  I32EnumAttrCase<"State", 4, "state">]> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::aotc::plan";
}

def Plan_PlaceAttr : AttrDef<Plan_Dialect, "Place"> {
  let mnemonic = "at";
  let summary = "A place in memory";
  let description = [{
    `index` is the number of the input, output or state (0 for arena and weights),
    `offset` and `bytes` are in bytes from the start of that space.
    ```mlir
    #plan.at<arena, 0, 1024, 4096>
    ```
  }];
  let parameters = (ins EnumParameter<Plan_Space>:$space, "int64_t":$index, "int64_t":$offset, "int64_t":$bytes);
  let assemblyFormat = "`<` $space `,` $index `,` $offset `,` $bytes `>`";
}

#endif
