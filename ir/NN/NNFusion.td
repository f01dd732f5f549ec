// Fusion groups: what one generated kernel computes.
#ifndef AOTC_IR_NN_NNFUSION_TD
#define AOTC_IR_NN_NNFUSION_TD
include "ir/NN/NNBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def NN_FusionKind : NN_Enum<"FusionKind", "how a group is lowered", [
  I32EnumAttrCase<"Loop", 0, "loop">,            // elementwise and data movement, one loop nest
  I32EnumAttrCase<"Row", 1, "row">,              // reductions over trailing axes and what surrounds them
  I32EnumAttrCase<"Contraction", 2, "contraction">, // one matmul or conv with its epilogue
  I32EnumAttrCase<"Single", 3, "single">]>;      // one op with a loop nest of its own
def NN_FusionKindAttr : NN_EnumAttr<NN_FusionKind, "fusion_kind">;

def NN_FusionOp : NN_Op<"fusion", [IsolatedFromAbove, SingleBlock]> {
  let summary = "Operations that become one kernel";
  let description = [{
    The body's arguments are the operands; it ends with `nn.yield`. Scalars
    and splats may be constants inside; larger constants are operands.
    `loop`: any tree of elementwise operations, broadcast, reshape, transpose,
    slice, reverse, pad, concat, iota, gather that yields ONE value, computed
    element by element. `row`: let the yielded value have shape [outer...,
    row...]; the body holds reductions over all of the row axes
    (`row_dims` trailing axes) and elementwise ops, broadcasts between the
    two. `contraction`: one matmul, conv or conv_transpose, then elementwise
    operations on its result with operands of the result's shape or broadcasts
    to it. `single`: exactly one operation.
    `kernel` is the backend's choice of kernel and `scratch` its demand for
    temporary arena bytes, both set by the backend's select phase.
    (C1) argument and operand types agree, yielded and result types agree.
  }];
  let arguments = (ins NN_FusionKindAttr:$kind, Variadic<NN_Tensor>:$inputs,
                       OptionalAttr<DictionaryAttr>:$kernel,
                       DefaultValuedAttr<I64Attr, "0">:$scratch,
                       DefaultValuedAttr<I64Attr, "0">:$rowDims);
  let results = (outs Variadic<NN_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$kind `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs) $body";
  let hasVerifier = 1;
}

def NN_YieldOp : NN_Op<"yield", [Terminator, ReturnLike]> {
  let summary = "Results of a fusion group";
  let arguments = (ins Variadic<NN_Tensor>:$values);
  let assemblyFormat = "attr-dict $values `:` type($values)";
}
#endif
