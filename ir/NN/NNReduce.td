// Families Reduce and Norm.
#ifndef AOTC_IR_NN_NNREDUCE_TD
#define AOTC_IR_NN_NNREDUCE_TD
include "ir/NN/NNBase.td"

def NN_ReduceFn : NN_Enum<"ReduceFn", "how elements combine", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">,
  I32EnumAttrCase<"Max", 2, "max">, I32EnumAttrCase<"Min", 3, "min">,
  I32EnumAttrCase<"Prod", 4, "prod">, I32EnumAttrCase<"Any", 5, "any">, I32EnumAttrCase<"All", 6, "all">]>;
def NN_ReduceFnAttr : NN_EnumAttr<NN_ReduceFn, "reduce_fn">;

def NN_ReduceOp : NN_Op<"reduce"> {
  let summary = "Combine all elements along some axes; those extents become 1";
  let description = [{
    Extents along `axes` become 1 (a reshape drops them). An empty range gives
    the neutral element (mean: NaN, max: -inf or the lowest value, min
    likewise). Integer mean truncates the wrapped sum.
    (C1) `axes` are ascending, distinct, in [0, rank). (C2) the result has the
    operand's shape with 1 at the axes, same element type, or i32 for `sum` of
    8-bit numbers. (C3) any, all take
    i1, the others numbers.
    ```mlir
    %m = nn.reduce mean %x [1, 2] : tensor<1x7x7x64xf32> -> tensor<1x1x1x64xf32>
    ```
  }];
  let arguments = (ins NN_ReduceFnAttr:$fn, NN_Tensor:$operand, DenseI64ArrayAttr:$axes);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$fn $operand $axes attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_ArgReduceFn : NN_Enum<"ArgReduceFn", "which extremum", [
  I32EnumAttrCase<"Max", 0, "max">, I32EnumAttrCase<"Min", 1, "min">]>;
def NN_ArgReduceFnAttr : NN_EnumAttr<NN_ArgReduceFn, "arg_reduce_fn">;

def NN_ArgReduceOp : NN_Op<"arg_reduce"> {
  let summary = "Index of the first extremum along an axis";
  let description = [{
    The extent along `axis` becomes 1. The first of equal values wins; NaN
    never wins against a number unless it comes first.
    (C1) `axis` in [0, rank), its extent >= 1. (C2) the result is an integer
    tensor of the operand's shape with 1 at `axis`.
  }];
  let arguments = (ins NN_ArgReduceFnAttr:$fn, NN_Tensor:$operand, I64Attr:$axis);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$fn $operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_TopKOp : NN_Op<"top_k"> {
  let summary = "The k largest elements of the last axis, descending, with indices";
  let description = [{
    Equal values keep the order of their indices.
    (C1) rank >= 1; the results have the operand's shape with k <= extent in
    the last place, values of the operand's type, indices integer.
  }];
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_Tensor:$values, NN_Tensor:$indices);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($values) `,` type($indices)";
  let hasVerifier = 1;
}

def NN_CumulativeFn : NN_Enum<"CumulativeFn", "how elements accumulate", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Prod", 1, "prod">]>;
def NN_CumulativeFnAttr : NN_EnumAttr<NN_CumulativeFn, "cumulative_fn">;

def NN_CumulativeOp : NN_Op<"cumulative", [SameOperandsAndResultType]> {
  let summary = "Running sum or product along an axis";
  let description = [{
    `exclusive` leaves the element itself out; `reverse` runs from the end.
    (C1) `axis` in [0, rank). (C2) the element type is a number.
  }];
  let arguments = (ins NN_CumulativeFnAttr:$fn, NN_Tensor:$operand, I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$exclusive,
                       DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$fn $operand attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def NN_SoftmaxOp : NN_Op<"softmax", [SameOperandsAndResultType]> {
  let summary = "exp(x - max) / sum over one axis; its logarithm with `log`";
  let description = [{
    (C1) floating point. (C2) `axis` in [0, rank).
    ```mlir
    %p = nn.softmax %x {axis = 1 : i64} : tensor<1x10xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand, I64Attr:$axis, DefaultValuedAttr<BoolAttr, "false">:$log);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($result)";
  let hasVerifier = 1;
}
#endif
