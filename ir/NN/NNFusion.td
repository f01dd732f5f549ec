// Fusion groups: what one generated kernel computes.
#ifndef AOTC_IR_NN_NNFUSION_TD
#define AOTC_IR_NN_NNFUSION_TD
include "ir/NN/NNBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def NN_FusionKind : NN_Enum<"FusionKind", "how a group is lowered", [
  I32EnumAttrCase<"Loop", 0, "loop">,            // elementwise and data movement
  I32EnumAttrCase<"Row", 1, "row">,              // reductions over trailing axes and what surrounds them
  I32EnumAttrCase<"Contraction", 2, "contraction">, // one matmul or conv with its epilogue
  I32EnumAttrCase<"Single", 3, "single">,        // one op with a loop nest of its own
  I32EnumAttrCase<"Attention", 4, "attention">,  // two products with a softmax between them
  I32EnumAttrCase<"Strips", 5, "strips">]>;      // a chain of convolutions, a few lines at a time
def NN_FusionKindAttr : NN_EnumAttr<NN_FusionKind, "fusion_kind">;

def NN_FusionOp : NN_Op<"fusion", [IsolatedFromAbove, SingleBlock]> {
  let summary = "Operations that become one kernel";
  let description = [{
    The body's arguments are the operands; it ends with `nn.yield`, which has
    one operand but in a `single` group of an op with two results. In `loop`,
    `row` and the epilogue of `contraction` splats (scalars included) are
    constants in the body; every other constant is an operand. Groups never
    hold a reshape that could stay outside as a view of memory. A `loop`,
    `contraction` or `strips` may yield an `nn.insert` of what is described below.

    `loop`: a tree of elementwise operations, broadcast, slice, transpose,
    reverse, reshape, iota, computed element by element through index
    mappings; pad and concat occur only as the yielded operation, so that each
    part is a loop nest of its own (trees may hang below them). A body that
    yields an argument is a copy. A value with several uses has the same index
    mapping in all of them, or is cheap. A transpose that moves the innermost
    dimension and a reverse of it have no arithmetic in their group.

    `row`: let S = [outer..., row...] be the shape of the reduced values, with
    `rowDims` >= 1 row dimensions, and T = [outer..., 1...] that of one number
    a row. The body holds reductions of S-shaped values over exactly the row
    axes (result T), elementwise operations on S or on T, broadcasts to S or T
    of T-shaped values, arguments and splats. It yields a value of shape S or
    T. The result's element (outer, r) must be written after the last read of
    every S-shaped operand at (outer, r), and of every T-shaped operand at
    outer when T is yielded: the result may lie in an operand's place.

    `contraction`: one matmul, conv or conv_transpose whose operands are
    arguments (the filter or rhs possibly through `nn.unpack_panels`), then
    elementwise operations on its result. Their other operands are arguments
    of the result's shape, broadcasts of arguments, or splats; one value is
    yielded and inner values have no use outside. A kernel reads an epilogue
    operand at an index before it writes the result there and never again
    after; one that cannot (it stores partial sums in the result or computes
    elements twice) says so with `no_in_place` in `kernel`.

    `attention`: the pattern of ir/NN/Attention.h: a matmul, elementwise
    operations on its result as in `contraction`, a softmax over the innermost
    dimension and a matmul with its result as lhs. The matrices may be moved
    out of arguments, and the result moved on, by transposes, slices and
    reshapes that leave their elements at fixed strides.

    `single`: exactly one operation, all of whose operands are arguments:
    pool, resize, arg_reduce, top_k, cumulative, gather, gather_nd,
    scatter_nd, dynamic_slice, random, softmax, a reduction over other than
    the innermost dimensions.

    `strips`: `contraction` groups, each of one nn.conv over one image with two
    spatial dimensions; nothing but the next one reads the result of each, as
    its image. A backend's select phase makes such groups of kernels that need
    only some lines of an operand for some lines of the result, so that the
    tensors between them never exist as a whole.

    `kernel` is the backend's choice of kernel and `scratch` its demand for
    temporary arena bytes (64-byte aligned), both set by the backend's select
    phase.
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
