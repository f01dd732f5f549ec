// Family Quant: integers that stand for real numbers by a scale and a zero point.
#ifndef AOTC_IR_NN_NNQUANT_TD
#define AOTC_IR_NN_NNQUANT_TD
include "ir/NN/NNBase.td"

def NN_Rounding : NN_Enum<"Rounding", "how a scaled number becomes an integer", [
  I32EnumAttrCase<"FloatRne", 0, "float_rne">, I32EnumAttrCase<"Divide", 1, "divide">,
  I32EnumAttrCase<"Fixed", 2, "fixed">, I32EnumAttrCase<"FloatUp", 3, "float_up">,
  I32EnumAttrCase<"DivideUp", 4, "divide_up">, I32EnumAttrCase<"FloatAway", 5, "float_away">]>;
def NN_RoundingAttr : NN_EnumAttr<NN_Rounding, "rounding">;

def NN_QuantizeOp : NN_Op<"quantize", [NN_Elementwise]> {
  let summary = "Real numbers, or sums of products, as integers of a scale";
  let description = [{
    result = clamp(round(operand * factor) + zero, low, high), by `rounding`:
    `float_rne` converts an i32 operand to f32 (to nearest, ties to even),
    multiplies in f32 and rounds halves to even; `divide` divides by the
    factor instead of multiplying; `float_up` and `divide_up` are these with
    halves rounded up, floor(x + 1/2) in f32; `float_away` multiplies and rounds
    halves away from zero; `fixed` takes the factor as the integer
    m * 2^-s that it is (m of 24 bits) and computes floor(operand * m * 2^-s +
    1/2) in 64 bits, without floating point. Nothing is contracted, so that
    each gives the same bits on every target. NaN gives `low`.
    With an `origin`, the number that `low` stands for, what is rounded is
    (operand - origin) * factor - (zero - low), step by step in f32: so
    TensorFlow computes it, and the last bits decide where halves are near.
    The result's extent decides nothing: factors of a channel or of all
    elements are broadcast by `nn.broadcast` or splats.
    (C1) operand, factor and result have one shape. (C2) the operand is f32 or
    i32, for `fixed` i32, with an origin f32; the factor is f32. (C3) the result is i8, ui8, i16 or ui16
    and holds zero, low and high; low <= high.
    ```mlir
    %q = nn.quantize float_rne %x, %f {zero = 3 : i64, low = -128 : i64, high = 127 : i64}
       : tensor<4xi32>, tensor<4xf32> -> tensor<4xi8>
    ```
  }];
  let arguments = (ins NN_RoundingAttr:$rounding, NN_Tensor:$operand, NN_Tensor:$factor,
                       I64Attr:$zero, I64Attr:$low, I64Attr:$high, OptionalAttr<F32Attr>:$origin);
  let results = (outs NN_Tensor:$result);
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "Rounding":$rounding, "::mlir::Value":$operand, "::mlir::Value":$factor,
                                 "int64_t":$zero, "int64_t":$low, "int64_t":$high),
                            "build($_builder, $_state, result, rounding, operand, factor, zero, low, high, ::mlir::FloatAttr());">];
  let assemblyFormat = "$rounding $operand `,` $factor attr-dict `:` type($operand) `,` type($factor) `->` type($result)";
  let hasVerifier = 1;
}

def NN_DequantizeOp : NN_Op<"dequantize", [NN_Elementwise, AllTypesMatch<["factor", "result"]>]> {
  let summary = "The real numbers that integers stand for";
  let description = [{
    result = f32(operand - zero) * factor; the difference is an i32 that wraps.
    (C1) operand, factor and result have one shape. (C2) the operand is i8,
    ui8, i16, ui16 or i32 and its type holds zero; factor and result are f32.
    ```mlir
    %x = nn.dequantize %q, %s {zero = 3 : i64} : tensor<4xi8>, tensor<4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand, NN_Tensor:$factor, I64Attr:$zero);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand `,` $factor attr-dict `:` type($operand) `,` type($result)";
  let hasVerifier = 1;
}

def NN_UnpackQuadsOp : NN_Op<"unpack_quads"> {
  let summary = "8-bit weights that a backend stored in quads, seen in their logical shape";
  let description = [{
    As unpack_panels, for i8 weights of contractions with sums in i32. The rows
    of a matrix come in runs of `run` (the channels of a tap), each padded
    with zeros to a multiple of four, so that four neighbouring rows are one
    32-bit word a column: the packed tensor is i8[G, P, 1 + Q, NR, 4], G
    groups of P panels of NR columns, each Q quads of rows. Before them comes
    one word a column, little endian: what a sum of the column starts from, -(zero point
    of the other operand) * (sum of the weights).
    `transposed` as in unpack_panels. With `interleave` I, of K rows row k is
    row k % I * (K / I) + k / I in this order: of a depthwise filter, columns of taps are
    runs. With `lanes` L, the columns of a panel come in blocks of L sixteens, first the first
    four of each of these, then the second four, and so on: what unpacking bytes within the 16-byte lanes
    of a vector register leads to. `exactPairs` promises that the sum of
    the products of a pair of neighbouring weights (rows 4q, 4q+1 and 4q+2,
    4q+3) with bytes of 0 to 255 stays within 16 bits.
    (C1) the operand is i8 of rank 5 with 4 in the last place, the result i8 of rank >= 2. (C2)
    the panels hold the result's rows, in runs of `run`, and columns; `interleave` divides the rows and
    16 * `lanes` the columns of a panel where it is more than 16.
    ```mlir
    %w = nn.unpack_quads %p {run = 3 : i64} : tensor<1x4x10x16x4xi8> -> tensor<3x3x3x50xi8>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand, I64Attr:$run, DefaultValuedAttr<BoolAttr, "false">:$transposed,
                       DefaultValuedAttr<BoolAttr, "false">:$exactPairs,
                       DefaultValuedAttr<I64Attr, "1">:$interleave, DefaultValuedAttr<I64Attr, "1">:$lanes);
  let extraClassDeclaration = [{
    // The place of column `column` of a panel within a row of it.
    static int64_t place(int64_t column, int64_t lanes) {
      int64_t inBlock = column % (16 * lanes);
      return column - inBlock + inBlock % 16 / 4 * 4 * lanes + inBlock / 16 * 4 + inBlock % 4;
    }
  }];
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}
#endif
