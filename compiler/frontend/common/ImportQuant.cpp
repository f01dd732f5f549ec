// Integers that stand for real numbers.
#include "compiler/frontend/common/ImportBuilder.h"

using namespace mlir;

namespace aotc {

// Left a broadcast however small, so that passes see along which axis it varies.
Value ImportBuilder::factorLike(Value factor, Value x) {
  if (!factor || !x || shape(factor) == shape(x))
    return factor;
  if (!nn::isConstant(factor) || nn::splatValue(factor) || rank(factor) > rank(x))
    return broadcastTo(factor, shape(x));
  DimVector padded(rank(x) - rank(factor), 1);
  llvm::append_range(padded, shape(factor));
  for (auto [from, to] : llvm::zip_equal(padded, shape(x)))
    if (from != to && from != 1)
      return broadcastTo(factor, shape(x)); // reports it
  Value same = reshape(factor, padded);
  if (!same || Dims(padded) == shape(x))
    return same;
  return builder.create<nn::BroadcastOp>(loc, type(dtype(factor), shape(x)), same);
}

Value ImportBuilder::quantize(nn::Rounding rounding, Value x, Value factor, int64_t zero, double low, double high,
                              DType to, std::optional<float> origin) {
  factor = factorLike(factor, x);
  if (!factor || !x)
    return {};
  auto result = mlir::cast<RankedTensorType>(x.getType()).clone(nn::elementType(context(), to));
  FloatAttr start = origin ? builder.getF32FloatAttr(*origin) : FloatAttr();
  return create<nn::QuantizeOp>(result, rounding, x, factor, zero, static_cast<int64_t>(low), static_cast<int64_t>(high), start);
}

Value ImportBuilder::dequantize(Value x, Value factor, int64_t zero) {
  factor = factorLike(factor, x);
  if (!factor || !x)
    return {};
  return create<nn::DequantizeOp>(factor.getType(), x, factor, zero);
}

} // namespace aotc
