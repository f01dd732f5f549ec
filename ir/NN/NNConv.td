// Families Conv and Pool: contractions and windows.
#ifndef AOTC_IR_NN_NNCONV_TD
#define AOTC_IR_NN_NNCONV_TD
include "ir/NN/NNBase.td"

def NN_MatMulOp : NN_Op<"matmul"> {
  let summary = "Batched matrix product";
  let description = [{
    lhs [batch..., M, K] (or [..., K, M] when transposeLhs) times
    rhs [batch..., K, N] (or [..., N, K]) gives [batch..., M, N]. f16/bf16
    accumulate in f32, i8..i32 in the result type.
    (C1) equal ranks >= 2. (C2) each pair of batch extents is equal or one of
    them is 1 (that operand is then shared). (C3) the K extents agree; the
    result has the batch maximum, M and N. (C4) equal operand element types;
    the result has it too, or i32 for 8-bit operands, which may then differ in
    sign. (C5) zero points other than 0 need 8-bit operands, whose types hold
    them, and an i32 result: the products are (lhs - lhsZero) * (rhs - rhsZero).
    ```mlir
    %c = nn.matmul %a, %b : (tensor<1x784xf32>, tensor<784x512xf32>) -> tensor<1x512xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$lhs, NN_Tensor:$rhs,
                       DefaultValuedAttr<BoolAttr, "false">:$transposeLhs,
                       DefaultValuedAttr<BoolAttr, "false">:$transposeRhs,
                       DefaultValuedAttr<I64Attr, "0">:$lhsZero, DefaultValuedAttr<I64Attr, "0">:$rhsZero);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def NN_ConvOp : NN_Op<"conv"> {
  let summary = "Convolution over 1 to 3 spatial dimensions, channels last";
  let description = [{
    input [N, S1..Sn, C], filter [K1..Kn, C/groups, O], result
    [N, R1..Rn, O] with R = (S + low + high - ((K-1)*dilation + 1)) / stride + 1
    (floor). Padding holds zeros (of quantized numbers the zero point). Output channel o reads the input channels of
    group o / (O/groups). Depthwise convolution is groups = C.
    (C1) 3 <= rank <= 5, ranks agree. (C2) strides, dilations >= 1, padLow,
    padHigh >= 0, one entry a spatial dimension. (C3) groups divides C and O,
    filter channels = C/groups. (C4) the result has that shape. (C5) as matmul
    C4. (C6) zero points as matmul C5.
  }];
  let arguments = (ins NN_Tensor:$input, NN_Tensor:$filter,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$padLow, DenseI64ArrayAttr:$padHigh,
                       DefaultValuedAttr<I64Attr, "1">:$groups,
                       DefaultValuedAttr<I64Attr, "0">:$inputZero, DefaultValuedAttr<I64Attr, "0">:$filterZero);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `,` $filter attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def NN_ConvTransposeOp : NN_Op<"conv_transpose"> {
  let summary = "Transposed convolution (gradient of conv w.r.t. its input)";
  let description = [{
    input [N, S1..Sn, C], filter [K1..Kn, O/groups, C] (channel roles as in the
    forward convolution whose gradient this is: filter [K.., in, out] with in =
    O, out = C), result [N, R1..Rn, O]: result[r] sums input[s] * filter[k]
    over all s, k with r = s*stride + k*dilation - padLow. `padHigh` is
    implied by the result extent.
    (C1) 3 <= rank <= 5, ranks agree. (C2) strides, dilations >= 1, one entry a
    spatial dimension; padLow may be any value >= 0. (C3) groups divides C and
    O; filter extents as above. (C4) as matmul C4.
  }];
  let arguments = (ins NN_Tensor:$input, NN_Tensor:$filter,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$padLow,
                       DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `,` $filter attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def NN_UnpackPanelsOp : NN_Op<"unpack_panels"> {
  let summary = "Weights that a backend stored in panels, seen in their logical shape";
  let description = [{
    Stands in a contraction's body before its filter or rhs, so that the body
    keeps its meaning while the operand of the group is the packed constant;
    kernels read the operand itself. The packed tensor is [G, P, K, NR]: G
    groups of P panels of NR columns, each panel K rows; columns past the last
    are padding and ignored. The result is a row-major matrix [K, G*columns],
    whose leading extents may be several, or with `transposed` the tensor
    [taps..., columns, G*inner], of which group g has the rows tap*inner + i.
    (C1) the operand has rank 4, the result rank >= 2, one element type.
    (C2) the result has K rows and G times a number of columns that needs P =
    ceil(columns / NR) panels.
    ```mlir
    %w = nn.unpack_panels %p : tensor<1x4x144x16xf32> -> tensor<3x3x16x50xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand, DefaultValuedAttr<BoolAttr, "false">:$transposed);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_UnpackWinogradOp : NN_Op<"unpack_winograd"> {
  let summary = "Filters that a backend stored transformed, seen in their logical shape";
  let description = [{
    As unpack_panels, for the filter of a 3x3 convolution that is computed by
    minimal filtering F(m x m, 3 x 3); see ir/NN/Winograd.h. The transformed
    tensor is [P, E, C, NR]: P panels of NR columns; of each, E = (m+2)^2
    positions of the transformed filter, m being 2 or 4; columns past the last
    are padding and ignored. The result [3, 3, C, O] is the filter up to the
    rounding of the transformed values.
    Of bytes, with F(2 x 2, 3 x 3), the packed tensor is i16[P, 16, ceil(C / 2), NR, 2] and
    holds four times the transformed filter, which is an integer; the result is exact.
    (C1) the operand is f32 and has rank 4 and 16 or 36 positions, or i16, rank 5 and 16 positions. (C2) the
    result is f32[3, 3, C, O], or i8, with P = ceil(O / NR).
    ```mlir
    %w = nn.unpack_winograd %p : tensor<4x36x64x16xf32> -> tensor<3x3x64x64xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def NN_PoolFn : NN_Enum<"PoolFn", "what a window yields", [
  I32EnumAttrCase<"Max", 0, "max">, I32EnumAttrCase<"Avg", 1, "avg">, I32EnumAttrCase<"Sum", 2, "sum">]>;
def NN_PoolFnAttr : NN_EnumAttr<NN_PoolFn, "pool_fn">;

def NN_PoolOp : NN_Op<"pool"> {
  let summary = "Maximum, mean or sum over windows, channels last";
  let description = [{
    input [N, S1..Sn, C], result [N, R1..Rn, C] with conv's extent rule, except
    that the last window may start inside the padding or reach past it (ONNX
    ceil_mode): positions outside the input never count for `max` and `sum`.
    `avg` divides by the number of window positions inside the input, or by
    the window size when `countPadding`.
    (C1) 3 <= rank <= 5. (C2) window, strides, dilations >= 1, padLow, padHigh
    >= 0, one entry a spatial dimension. (C3) the result extents follow conv's
    rule; N and C are kept, same element type, or i32 for `sum` of 8-bit numbers. (C4) every window contains at
    least one input position.
  }];
  let arguments = (ins NN_PoolFnAttr:$fn, NN_Tensor:$input, DenseI64ArrayAttr:$window,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$padLow, DenseI64ArrayAttr:$padHigh,
                       DefaultValuedAttr<BoolAttr, "false">:$countPadding);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$fn $input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def NN_ResizeMode : NN_Enum<"ResizeMode", "interpolation", [
  I32EnumAttrCase<"Nearest", 0, "nearest">, I32EnumAttrCase<"Linear", 1, "linear">]>;
def NN_ResizeModeAttr : NN_EnumAttr<NN_ResizeMode, "resize_mode">;
def NN_CoordMode : NN_Enum<"CoordMode", "source coordinate of result position i", [
  I32EnumAttrCase<"Asymmetric", 0, "asymmetric">,   // i * scale
  I32EnumAttrCase<"HalfPixel", 1, "half_pixel">,    // (i + 0.5) * scale - 0.5
  I32EnumAttrCase<"AlignCorners", 2, "align_corners">, // i * (in-1)/(out-1)
  I32EnumAttrCase<"HalfPixelNearest", 3, "half_pixel_nearest">]>; // (i + 0.5) * scale
def NN_CoordModeAttr : NN_EnumAttr<NN_CoordMode, "coord_mode">;
def NN_RoundMode : NN_Enum<"RoundMode", "rounding of a source coordinate", [
  I32EnumAttrCase<"Floor", 0, "floor">, I32EnumAttrCase<"Ceil", 1, "ceil">,
  I32EnumAttrCase<"HalfAway", 2, "half_away">, I32EnumAttrCase<"HalfDown", 3, "half_down">]>;
def NN_RoundModeAttr : NN_EnumAttr<NN_RoundMode, "round_mode">;

def NN_ResizeOp : NN_Op<"resize"> {
  let summary = "Resample the spatial dimensions, channels last";
  let description = [{
    input [N, S1..Sn, C], result [N, R1..Rn, C]. `scales[d]` is input extent
    over output extent as the source framework computes it (f32 there).
    Coordinates are computed in f32, clamped to the input. `linear` interpolates
    between floor and floor+1; `nearest` rounds by `round`. f32 result for
    linear on integers is the frontend's affair (cast first).
    (C1) 3 <= rank <= 5, N and C kept, same element type. (C2) one scale
    >= 0 a spatial dimension. (C3) linear takes floating point.
  }];
  let arguments = (ins NN_ResizeModeAttr:$mode, NN_Tensor:$input, NN_CoordModeAttr:$coord,
                       NN_RoundModeAttr:$round, DenseF32ArrayAttr:$scales);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$mode $input `coord` $coord `round` $round attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}
#endif
