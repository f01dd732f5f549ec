#include "ir/NN/Quant.h"

#include <algorithm>

#include "ir/Interp/Kernels.h"

namespace aotc::interp {

Tensor centred(const Tensor &codes, int64_t zero) {
  Tensor result(DType::I32, codes.shape());
  auto *to = result.mutableAs<int32_t>();
  visit(codes.dtype(), [&](auto tag) {
    const auto *from = codes.as<decltype(tag)>();
    for (int64_t i = 0; i < codes.size(); ++i) // wraps
      to[i] = static_cast<int32_t>(static_cast<uint32_t>(from[i]) - static_cast<uint32_t>(zero));
  });
  return result;
}

namespace {

absl::StatusOr<Tensor> quantize(nn::QuantizeOp op, const Arguments &in) {
  Tensor result = makeResult(op.getResult());
  auto zero = static_cast<int64_t>(op.getZero()), low = static_cast<int64_t>(op.getLow()),
       high = static_cast<int64_t>(op.getHigh());
  const auto *factor = in[1].as<float>();
  for (int64_t i = 0; i < result.size(); ++i) {
    if (op.getRounding() == nn::Rounding::Fixed) {
      int64_t rounded = nn::scaled(in[0].as<int32_t>()[i], nn::fixedFactor(factor[i]));
      result.setI(i, std::clamp(rounded + zero, low, high));
      continue;
    }
    float x = in[0].dtype() == DType::F32 ? in[0].as<float>()[i] : static_cast<float>(in[0].as<int32_t>()[i]);
    result.setI(i, nn::quantized(op, x, factor[i]));
  }
  return result;
}

absl::StatusOr<Tensor> dequantize(nn::DequantizeOp op, const Arguments &in) {
  Tensor result = makeResult(op.getResult()), codes = centred(in[0], static_cast<int64_t>(op.getZero()));
  const auto *from = codes.as<int32_t>();
  const auto *factor = in[1].as<float>();
  auto *to = result.mutableAs<float>();
  for (int64_t i = 0; i < result.size(); ++i)
    to[i] = static_cast<float>(from[i]) * factor[i];
  return result;
}

absl::StatusOr<Tensor> unpackQuads(nn::UnpackQuadsOp op, const Arguments &in) {
  Tensor result(DType::I8, shapeOf(op.getResult()));
  const Shape &packed = in[0].shape(); // [G, P, 1 + Q, NR, 4]
  int64_t groups = packed[0], panels = packed[1], quads = packed[2], width = packed[3], last = result.shape().back();
  auto run = static_cast<int64_t>(op.getRun()), interleave = static_cast<int64_t>(op.getInterleave()), lanes = static_cast<int64_t>(op.getLanes());
  int64_t runQuads = (run + 3) / 4, rows = (quads - 1) / runQuads * run;
  int64_t columns = result.size() / rows / groups;
  int64_t inner = op.getTransposed() ? last / groups : rows;
  const auto *from = in[0].as<int8_t>();
  auto *to = result.mutableAs<int8_t>();
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t k = 0; k < rows; ++k)
      for (int64_t n = 0; n < columns; ++n) {
        int64_t row = k % interleave * (rows / interleave) + k / interleave;
        int64_t quad = 1 + row / run * runQuads + row % run / 4;
        int64_t at = op.getTransposed() ? ((k / inner * columns + n) * groups + g) * inner + k % inner
                                        : (k * groups + g) * columns + n;
        to[at] = from[(((g * panels + n / width) * quads + quad) * width + nn::UnpackQuadsOp::place(n % width, lanes)) * 4 +
                      row % run % 4];
      }
  return result;
}

} // namespace

std::vector<Kernel> quantKernels() {
  return {kernel<nn::QuantizeOp, quantize>(kComputes), kernel<nn::DequantizeOp, dequantize>(kComputes),
          kernel<nn::UnpackQuadsOp, unpackQuads>(kMovesBytes)};
}

} // namespace aotc::interp
