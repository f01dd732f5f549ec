// Family Math: constants and elementwise operations.
#ifndef AOTC_IR_NN_NNMATH_TD
#define AOTC_IR_NN_NNMATH_TD
include "ir/NN/NNBase.td"

def NN_UnaryFn : NN_Enum<"UnaryFn", "elementwise function of one operand", [
  I32EnumAttrCase<"Neg", 0, "neg">, I32EnumAttrCase<"Abs", 1, "abs">,
  I32EnumAttrCase<"Sign", 2, "sign">, I32EnumAttrCase<"Floor", 3, "floor">,
  I32EnumAttrCase<"Ceil", 4, "ceil">, I32EnumAttrCase<"RoundEven", 5, "round_even">,
  I32EnumAttrCase<"Trunc", 6, "trunc">, I32EnumAttrCase<"Sqrt", 7, "sqrt">,
  I32EnumAttrCase<"Rsqrt", 8, "rsqrt">, I32EnumAttrCase<"Reciprocal", 9, "reciprocal">,
  I32EnumAttrCase<"Exp", 10, "exp">, I32EnumAttrCase<"Expm1", 11, "expm1">,
  I32EnumAttrCase<"Log", 12, "log">, I32EnumAttrCase<"Log1p", 13, "log1p">,
  I32EnumAttrCase<"Sin", 14, "sin">, I32EnumAttrCase<"Cos", 15, "cos">,
  I32EnumAttrCase<"Tan", 16, "tan">, I32EnumAttrCase<"Asin", 17, "asin">,
  I32EnumAttrCase<"Acos", 18, "acos">, I32EnumAttrCase<"Atan", 19, "atan">,
  I32EnumAttrCase<"Sinh", 20, "sinh">, I32EnumAttrCase<"Cosh", 21, "cosh">,
  I32EnumAttrCase<"Tanh", 22, "tanh">, I32EnumAttrCase<"Asinh", 23, "asinh">,
  I32EnumAttrCase<"Acosh", 24, "acosh">, I32EnumAttrCase<"Atanh", 25, "atanh">,
  I32EnumAttrCase<"Erf", 26, "erf">, I32EnumAttrCase<"Erfc", 27, "erfc">,
  I32EnumAttrCase<"Lgamma", 28, "lgamma">, I32EnumAttrCase<"Sigmoid", 29, "sigmoid">,
  I32EnumAttrCase<"Softplus", 30, "softplus">, I32EnumAttrCase<"Relu", 31, "relu">,
  I32EnumAttrCase<"Not", 32, "not">, I32EnumAttrCase<"IsNan", 33, "is_nan">,
  I32EnumAttrCase<"IsInf", 34, "is_inf">, I32EnumAttrCase<"IsFinite", 35, "is_finite">,
  I32EnumAttrCase<"PopCount", 36, "pop_count">,
]>;
def NN_UnaryFnAttr : NN_EnumAttr<NN_UnaryFn, "unary_fn">;

def NN_BinaryFn : NN_Enum<"BinaryFn", "elementwise function of two operands", [
  I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Sub", 1, "sub">,
  I32EnumAttrCase<"Mul", 2, "mul">, I32EnumAttrCase<"Div", 3, "div">,
  I32EnumAttrCase<"FloorDiv", 4, "floor_div">, I32EnumAttrCase<"FloorMod", 5, "floor_mod">,
  I32EnumAttrCase<"TruncMod", 6, "trunc_mod">, I32EnumAttrCase<"Pow", 7, "pow">,
  I32EnumAttrCase<"Max", 8, "max">, I32EnumAttrCase<"Min", 9, "min">,
  I32EnumAttrCase<"Atan2", 10, "atan2">, I32EnumAttrCase<"And", 11, "and">,
  I32EnumAttrCase<"Or", 12, "or">, I32EnumAttrCase<"Xor", 13, "xor">,
  I32EnumAttrCase<"ShiftLeft", 14, "shift_left">, I32EnumAttrCase<"ShiftRight", 15, "shift_right">,
]>;
def NN_BinaryFnAttr : NN_EnumAttr<NN_BinaryFn, "binary_fn">;

def NN_CompareFn : NN_Enum<"CompareFn", "comparison", [
  I32EnumAttrCase<"Eq", 0, "eq">, I32EnumAttrCase<"Ne", 1, "ne">,
  I32EnumAttrCase<"Lt", 2, "lt">, I32EnumAttrCase<"Le", 3, "le">,
  I32EnumAttrCase<"Gt", 4, "gt">, I32EnumAttrCase<"Ge", 5, "ge">,
]>;
def NN_CompareFnAttr : NN_EnumAttr<NN_CompareFn, "compare_fn">;

def NN_ConstantOp : NN_Op<"constant", [ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "A tensor known at compile time";
  let description = [{
    Large values are resource blobs (`dense_resource`), small ones `dense`;
    build and read both through `ir/NN/Constants.h`.
    (C1) `value` has the type of the result.
    ```mlir
    %w = nn.constant dense<0.5> : tensor<16x4xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_UnaryOp : NN_Op<"unary", [NN_Elementwise]> {
  let summary = "Elementwise function of one tensor";
  let description = [{
    `not` is logical on i1 and bitwise on integers; `sign` of NaN is NaN;
    `relu` is max(x, 0) and keeps NaN; `round_even` rounds halves to even;
    `pop_count` yields ui8.
    (C1) operand and result have the same shape.
    (C2) the result is i1 for is_nan, is_inf, is_finite, ui8 for pop_count,
    and has the operand's element type otherwise.
    (C3) the element type suits the function: floating point for the
    transcendental functions, integer or i1 for `not`.
    ```mlir
    %y = nn.unary tanh %x : tensor<2x3xf32> -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins NN_UnaryFnAttr:$fn, NN_Tensor:$operand);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$fn $operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_BinaryOp : NN_Op<"binary", [NN_Elementwise, SameOperandsAndResultType]> {
  let summary = "Elementwise function of two tensors of one type";
  let description = [{
    Integer arithmetic wraps. `div` is true division on floating point and
    truncates on integers; `floor_div` and `floor_mod` round towards minus
    infinity (the sign of the result of floor_mod follows the divisor),
    `trunc_mod` follows the dividend. A zero integer divisor makes the call
    fail with AOTC_DIVISION_BY_ZERO; INT_MIN / -1 wraps. `max` and `min`
    return NaN if either side is NaN. Shift amounts are clamped to
    [0, width-1]; shift_right is arithmetic on signed types.
    (C1) `and`, `or`, `xor` take integers or i1, shifts take integers,
    `atan2` takes floating point, arithmetic does not take i1.
    ```mlir
    %z = nn.binary add %x, %y : tensor<2x3xf32>
    ```
  }];
  let arguments = (ins NN_BinaryFnAttr:$fn, NN_Tensor:$lhs, NN_Tensor:$rhs);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$fn $lhs `,` $rhs attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def NN_CompareOp : NN_Op<"compare", [NN_Elementwise, SameTypeOperands]> {
  let summary = "Elementwise comparison; false when a side is NaN, but `ne` true";
  let description = [{
    (C1) the result has the operands' shape and element type i1.
    ```mlir
    %b = nn.compare lt %x, %y : tensor<4xf32> -> tensor<4xi1>
    ```
  }];
  let arguments = (ins NN_CompareFnAttr:$fn, NN_Tensor:$lhs, NN_Tensor:$rhs);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$fn $lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)";
  let hasVerifier = 1;
}

def NN_SelectOp : NN_Op<"select", [NN_Elementwise, AllTypesMatch<["onTrue", "onFalse", "result"]>]> {
  let summary = "Elementwise choice by a bool tensor";
  let description = [{
    (C1) `condition` has element type i1 and the shape of the result.
    ```mlir
    %z = nn.select %c, %x, %y : tensor<4xi1>, tensor<4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$condition, NN_Tensor:$onTrue, NN_Tensor:$onFalse);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$condition `,` $onTrue `,` $onFalse attr-dict `:` type($condition) `,` type($result)";
  let hasVerifier = 1;
}

def NN_ClampOp : NN_Op<"clamp", [NN_Elementwise, SameOperandsAndResultType]> {
  let summary = "min(max(x, low), high); NaN stays NaN";
  let description = [{
    (C1) the element type is floating point. (C2) low <= high, neither NaN;
    either may be infinite.
    ```mlir
    %y = nn.clamp %x {low = 0.0 : f64, high = 6.0 : f64} : tensor<4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand, F64Attr:$low, F64Attr:$high);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def NN_CastOp : NN_Op<"cast", [NN_Elementwise]> {
  let summary = "Elementwise conversion of the element type";
  let description = [{
    Floating point to integer truncates towards zero and saturates, NaN gives
    0; wide to narrow integers wrap; anything to i1 is x != 0; i1 to numbers
    gives 0 or 1; to narrower floating point rounds to nearest even.
    (C1) operand and result have the same shape.
    ```mlir
    %y = nn.cast %x : tensor<4xi32> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_BitcastOp : NN_Op<"bitcast", [NN_Elementwise]> {
  let summary = "Reinterpretation of the bits as another type of the same width";
  let description = [{
    (C1) operand and result have the same shape. (C2) the element types have
    the same width, not i1.
  }];
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_RandomFn : NN_Enum<"RandomFn", "distribution", [
  I32EnumAttrCase<"Uniform", 0, "uniform">, I32EnumAttrCase<"Normal", 1, "normal">,
  I32EnumAttrCase<"UniformInt", 2, "uniform_int">,
  I32EnumAttrCase<"TruncatedNormal", 3, "truncated_normal">]>;
def NN_RandomFnAttr : NN_EnumAttr<NN_RandomFn, "random_fn">;

def NN_RandomOp : NN_Op<"random"> {
  let summary = "Random numbers from a counter-based generator";
  let description = [{
    Philox4x32-10 (Salmon et al., SC 2011). Element i takes word i % 4 of the
    block with key (low word of seed, low word of stream) and counter (low,
    high word of i / 4, half, high word of seed), half being 0.
    `uniform` floats are k * 2^-23 in [0, 1), k the upper 23 bits of the word.
    `normal` is Box-Muller over the uniforms u, v of words (0, 1) and (2, 3):
    sqrt(-2 log(1 - u)) times cos(2 pi v) for even, sin(2 pi v) for odd
    elements. `truncated_normal` keeps to (-2, 2):
    sqrt(2) * erfinv(((2 k + 1) * 2^-23 - 1) * erf(sqrt(2))).
    `uniform_int` is low + r mod (high - low), unsigned, with r the word; for
    i64 the same word of the block of half 1 is the upper half of r. The call's
    seed is added to the attribute seed (64 bits, wrapping).
    (C1) uniform, normal and truncated_normal yield floating point,
    uniform_int i32 or i64. (C2) low < high for uniform_int.
    ```mlir
    %r = nn.random uniform {seed = 1 : i64, stream = 0 : i64} : tensor<4xf32>
    ```
  }];
  let arguments = (ins NN_RandomFnAttr:$fn, I64Attr:$seed, I64Attr:$stream,
                       DefaultValuedAttr<I64Attr, "0">:$low, DefaultValuedAttr<I64Attr, "1">:$high);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$fn attr-dict `:` type($result)";
  let hasVerifier = 1;
}
#endif
