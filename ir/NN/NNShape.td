// Family Shape: operations that move elements without computing on them.
#ifndef AOTC_IR_NN_NNSHAPE_TD
#define AOTC_IR_NN_NNSHAPE_TD
include "ir/NN/NNBase.td"

def NN_ReshapeOp : NN_Op<"reshape"> {
  let summary = "Same elements in row-major order, other shape";
  let description = [{
    (C1) same element type. (C2) same number of elements.
    ```mlir
    %y = nn.reshape %x : tensor<2x6xf32> -> tensor<3x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_BroadcastOp : NN_Op<"broadcast"> {
  let summary = "Repeat along dimensions of extent 1";
  let description = [{
    (C1) same element type and rank. (C2) each operand extent is 1 or equals
    the result's.
    ```mlir
    %y = nn.broadcast %x : tensor<1x4xf32> -> tensor<3x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_TransposeOp : NN_Op<"transpose"> {
  let summary = "Permute dimensions: result dim i is operand dim permutation[i]";
  let description = [{
    (C1) `permutation` is a permutation of 0..rank-1. (C2) the result shape is
    the permuted operand shape, same element type.
  }];
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$permutation);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand $permutation attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_ConcatOp : NN_Op<"concat"> {
  let summary = "Join tensors along one axis";
  let description = [{
    (C1) at least one operand; `axis` in [0, rank). (C2) all operands have one
    element type and rank, and equal extents but along `axis`. (C3) the result
    extent along `axis` is the sum.
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type($inputs, $result)";
  let hasVerifier = 1;
}

def NN_SliceOp : NN_Op<"slice"> {
  let summary = "Elements starts[i] + k*strides[i] along each dim, k < result extent";
  let description = [{
    (C1) `starts` and `strides` have one entry a dimension, starts >= 0,
    strides >= 1. (C2) same element type and rank; each last element read lies
    inside the operand.
    ```mlir
    %y = nn.slice %x {starts = array<i64: 0, 2>, strides = array<i64: 1, 1>} : tensor<4x8xf32> -> tensor<4x3xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$strides);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_DynamicSliceOp : NN_Op<"dynamic_slice"> {
  let summary = "A window of fixed extents whose start is known at run time";
  let description = [{
    (C1) `starts` is i32 or i64 of shape [rank]. (C2) same element type and
    rank, result extents at most the operand's. A start outside
    [0, operand - result] makes the call fail with AOTC_INDEX_OUT_OF_RANGE.
  }];
  let arguments = (ins NN_Tensor:$operand, NN_Tensor:$starts);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand `,` $starts attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def NN_ReverseOp : NN_Op<"reverse", [SameOperandsAndResultType]> {
  let summary = "Reverse the order along the given axes";
  let description = [{ (C1) `axes` are distinct and in [0, rank). }];
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$axes);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand $axes attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def NN_PadMode : NN_Enum<"PadMode", "what padding holds", [
  I32EnumAttrCase<"Constant", 0, "constant">, I32EnumAttrCase<"Reflect", 1, "reflect">,
  I32EnumAttrCase<"Symmetric", 2, "symmetric">, I32EnumAttrCase<"Edge", 3, "edge">]>;
def NN_PadModeAttr : NN_EnumAttr<NN_PadMode, "pad_mode">;

def NN_PadOp : NN_Op<"pad"> {
  let summary = "Grow each dimension at both ends";
  let description = [{
    `reflect` mirrors without the border element, `symmetric` with it, `edge`
    repeats it, `constant` puts the scalar `value` (ignored otherwise).
    (C1) `low`, `high` have one entry >= 0 a dimension; the result extent is
    low + extent + high. (C2) `value` is a rank-0 tensor of the element type.
    (C3) reflect: low, high < extent; symmetric: <= extent; edge: extent >= 1
    where padded.
  }];
  let arguments = (ins NN_PadModeAttr:$mode, NN_Tensor:$operand, NN_Tensor:$value,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$mode $operand `,` $value attr-dict `:` type($operand) `->` type($result) `,` type($value)";
  let hasVerifier = 1;
}

def NN_GatherOp : NN_Op<"gather"> {
  let summary = "Pick slices along one axis by an index tensor";
  let description = [{
    result = operand[:axis] x indices[batchDims:] x operand[axis+1:], where
    the first `batchDims` dims are shared. An index outside [0, extent) makes
    the call fail with AOTC_INDEX_OUT_OF_RANGE.
    (C1) indices are i32 or i64. (C2) 0 <= batchDims <= axis < rank(operand),
    batchDims <= rank(indices), the shared extents agree. (C3) the result has
    that shape and the operand's element type.
  }];
  let arguments = (ins NN_Tensor:$operand, NN_Tensor:$indices, I64Attr:$axis,
                       DefaultValuedAttr<I64Attr, "0">:$batchDims);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand `,` $indices attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def NN_GatherNdOp : NN_Op<"gather_nd"> {
  let summary = "Pick slices by index vectors";
  let description = [{
    The last dimension of `indices` (extent K) indexes operand dims
    [batchDims, batchDims+K); result shape = indices[:-1] + operand[batchDims+K:].
    Out of range: AOTC_INDEX_OUT_OF_RANGE.
    (C1) indices are i32 or i64 of rank >= 1. (C2) batchDims < rank(indices),
    batchDims + K <= rank(operand), shared extents agree. (C3) the result has
    that shape and the operand's element type.
  }];
  let arguments = (ins NN_Tensor:$operand, NN_Tensor:$indices,
                       DefaultValuedAttr<I64Attr, "0">:$batchDims);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand `,` $indices attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def NN_ScatterFn : NN_Enum<"ScatterFn", "how updates combine", [
  I32EnumAttrCase<"Update", 0, "update">, I32EnumAttrCase<"Add", 1, "add">,
  I32EnumAttrCase<"Max", 2, "max">, I32EnumAttrCase<"Min", 3, "min">, I32EnumAttrCase<"Mul", 4, "mul">]>;
def NN_ScatterFnAttr : NN_EnumAttr<NN_ScatterFn, "scatter_fn">;

def NN_ScatterNdOp : NN_Op<"scatter_nd"> {
  let summary = "Copy of a tensor with slices combined at index vectors, in order";
  let description = [{
    The last dimension of `indices` (extent K) indexes operand dims [0, K);
    updates shape = indices[:-1] + operand[K:]. Out of range:
    AOTC_INDEX_OUT_OF_RANGE. (C1) indices are i32 or i64 of rank >= 1,
    K <= rank(operand). (C2) updates have that shape and the operand's element
    type; the result has the operand's type.
  }];
  let arguments = (ins NN_ScatterFnAttr:$fn, NN_Tensor:$operand, NN_Tensor:$indices, NN_Tensor:$updates);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$fn $operand `,` $indices `,` $updates attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def NN_InsertOp : NN_Op<"insert"> {
  let summary = "A part of a tensor along its innermost dimension, written in place";
  let description = [{
    `into` with `source` at [start, start + extent) of the innermost dimension;
    without `into` all other elements are unspecified. What a fusion group
    yields when its result is a part of a larger tensor, which is in memory
    once: no other kernel reads `into` after the group.
    (C1) source, `into` and result have one element type and equal extents but
    for the innermost; `into` has the result's type. (C2) the part lies inside
    the result. (C3) the result is yielded by a fusion group and `into` is an
    argument that nothing else in the group reads.
    ```mlir
    %1 = nn.insert %0 into %b {start = 8 : i64} : (tensor<6x4xf32>, tensor<6x16xf32>) -> tensor<6x16xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$source, Optional<NN_Tensor>:$into, I64Attr:$start);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$source (`into` $into^)? attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def NN_IotaOp : NN_Op<"iota"> {
  let summary = "Each element is its own position along an axis";
  let description = [{ (C1) `axis` in [0, rank). (C2) the element type is a number. }];
  let arguments = (ins I64Attr:$axis);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}
#endif
