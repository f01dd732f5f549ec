// The plan dialect: an ordered list of kernels over placed buffers.
#ifndef AOTC_IR_PLAN_PLANOPS_TD
#define AOTC_IR_PLAN_PLANOPS_TD
include "ir/NN/NNBase.td"
include "ir/NN/NNFusion.td"
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
    `plan.weights_bytes`. Arguments and results carry `nn.name`.
  }];
  let useDefaultAttributePrinterParser = 1;
}

class Plan_Op<string mnemonic, list<Trait> traits = []> : Op<Plan_Dialect, mnemonic, traits>;

def Plan_Space : I32EnumAttr<"Space", "where a buffer lies", [
  I32EnumAttrCase<"Arena", 0, "arena">, I32EnumAttrCase<"Input", 1, "input">,
  I32EnumAttrCase<"Output", 2, "output">, I32EnumAttrCase<"Weights", 3, "weights">]> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::aotc::plan";
}

def Plan_PlaceAttr : AttrDef<Plan_Dialect, "Place"> {
  let mnemonic = "at";
  let summary = "A place in memory";
  let description = [{
    `index` is the number of the input or output (0 for arena and weights),
    `offset` and `bytes` are in bytes from the start of that space.
    ```mlir
    #plan.at<arena, 0, 1024, 4096>
    ```
  }];
  let parameters = (ins EnumParameter<Plan_Space>:$space, "int64_t":$index, "int64_t":$offset, "int64_t":$bytes);
  let assemblyFormat = "`<` $space `,` $index `,` $offset `,` $bytes `>`";
}

def Plan_WeightOp : Plan_Op<"weight", [Pure]> {
  let summary = "A constant tensor in the weights section";
  let arguments = (ins ElementsAttr:$value, Plan_PlaceAttr:$place);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$place attr-dict $value `:` type($result)";
}

def Plan_RegionOp : Plan_Op<"region", [IsolatedFromAbove, SingleBlock]> {
  let summary = "One kernel: a fusion group with places for its results";
  let description = [{
    As nn.fusion; `places` has one entry a result. A result may share the
    place of an operand that dies here when the kernel may work in place.
    `scratch` is temporary arena memory of this kernel alone.
  }];
  let arguments = (ins I64Attr:$index, NN_FusionKindAttr:$kind, Variadic<NN_Tensor>:$inputs,
                       OptionalAttr<DictionaryAttr>:$kernel, TypedArrayAttrBase<Plan_PlaceAttr, "places">:$places,
                       OptionalAttr<Plan_PlaceAttr>:$scratch, DefaultValuedAttr<I64Attr, "0">:$rowDims);
  let results = (outs Variadic<NN_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$index $kind `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs) $body";
  let hasVerifier = 1;
}

def Plan_ViewOp : Plan_Op<"view", [Pure]> {
  let summary = "The same bytes under another shape, or a contiguous part of them";
  let arguments = (ins NN_Tensor:$operand, DefaultValuedAttr<I64Attr, "0">:$byteOffset);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def Plan_JoinOp : Plan_Op<"join", [Pure]> {
  let summary = "Tensors already written side by side, seen as one";
  let description = [{ The operands' places follow each other without gaps from `place`. }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs, Plan_PlaceAttr:$place);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$inputs $place attr-dict `:` functional-type($inputs, $result)";
  let hasVerifier = 1;
}
#endif
