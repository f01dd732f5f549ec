#ifndef AOTC_PASSES_QUANTIZE_PASSES_TD
#define AOTC_PASSES_QUANTIZE_PASSES_TD
include "mlir/Pass/PassBase.td"

def QuantizedOps : Pass<"aotc-quantized-ops", "::mlir::func::FuncOp"> {
  let summary = "Real arithmetic on quantized numbers into integer arithmetic";
  let description = [{
    Where operands are `nn.dequantize` of bytes, contractions multiply the
    bytes and add up in i32, biases are added in i32, what follows to the next
    `nn.quantize` becomes one requantization, clamps become its bounds, and
    moves and maxima move bytes. Scales of one number a tensor, and of weights
    one a channel, are multiplied in f32.
    ```mlir
    // before: %x = nn.dequantize %qx, %sx, %w = nn.dequantize %qw, %sw
    %0 = nn.conv %x, %w {...} : (tensor<1x8x8x16xf32>, tensor<3x3x16x32xf32>) -> tensor<1x6x6x32xf32>
    %1 = nn.unary relu %0 : tensor<1x6x6x32xf32> -> tensor<1x6x6x32xf32>
    %2 = nn.quantize float_rne %1, %s {zero = 0 : i64, low = 0 : i64, high = 255 : i64} : ...
    // after
    %0 = nn.conv %qx, %qw {inputZero = ...} : (tensor<1x8x8x16xui8>, tensor<3x3x16x32xi8>) -> tensor<1x6x6x32xi32>
    %2 = nn.quantize float_rne %0, %s' {zero = 0 : i64, low = 0 : i64, high = 255 : i64} : ...
    ```
    Contractions of which both operands are computed, transposed convolutions with zero
    points and sums that i32 may not hold stay in f32.
  }];
  let dependentDialects = ["::aotc::nn::NNDialect"];
  let options = [
    Option<"roundBias", "round-bias", "bool", "false",
           "Biases that are no multiples of the sums' scale are rounded to one">];
  let statistics = [Statistic<"integer", "integer", "Contractions with sums in i32">];
}
#endif
