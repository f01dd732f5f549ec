// Operations of the plan dialect.
#ifndef AOTC_IR_PLAN_PLANOPS_TD
#define AOTC_IR_PLAN_PLANOPS_TD
include "ir/NN/NNFusion.td"
include "ir/Plan/PlanBase.td"

def Plan_WeightOp : Plan_Op<"weight", [Pure, AllTypesMatch<["value", "result"]>]> {
  let summary = "A constant tensor in the weights section";
  let description = [{
    Offsets are 64-byte aligned; equal contents share one place.
  }];
  let arguments = (ins ElementsAttr:$value, Plan_PlaceAttr:$place);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$place attr-dict $value";
}

def Plan_RegionOp : Plan_Op<"region", [IsolatedFromAbove, SingleBlock]> {
  let summary = "One kernel: a fusion group with places for its results";
  let description = [{
    As nn.fusion; `places` has one entry a result. `scratch` is temporary
    arena memory of this kernel alone, 64-byte aligned. Places of results and
    operands are aligned to their elements only (views, parts of a join,
    inputs and outputs), so kernels never assume more.

    In place: a result may have the very place of operands that die here and
    have its element width, when the body reads them only at the position that
    it writes: in `loop` through elementwise operations alone, in `row` as
    values of the yielded shape, in `contraction` as epilogue operands of the
    result's shape (not with `no_in_place` in `kernel`); never in `single` and `attention`.
    Otherwise results overlap no operand.
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
