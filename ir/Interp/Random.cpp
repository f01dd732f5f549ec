#include <array>
#include <cmath>

#include "ir/Interp/Kernels.h"

namespace aotc::interp {
namespace {

using Block = std::array<uint32_t, 4>;

// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
Block philox(Block counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t a = uint64_t{0xD2511F53} * counter[0], b = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9; // golden ratio
    key[1] += 0xBB67AE85; // sqrt(3) - 1
  }
  return counter;
}

// |y| <= erf(sqrt(2)): Newton's method from Winitzki's approximation.
double erfinv(double y) {
  const double pi = std::acos(-1.0), a = 0.147;
  double logarithm = std::log1p(-y * y), t = 2 / (pi * a) + logarithm / 2;
  double x = std::copysign(std::sqrt(std::sqrt(t * t - logarithm / a) - t), y);
  for (int step = 0; step < 4; ++step)
    x -= (std::erf(x) - y) * std::sqrt(pi) / 2 * std::exp(x * x);
  return x;
}

double uniform(uint32_t word) { return (word >> 9) * 0x1p-23; }

double draw(nn::RandomFn fn, const Block &block, int64_t lane) {
  switch (fn) {
  case nn::RandomFn::Normal: {
    double u = uniform(block[lane & 2]), v = uniform(block[lane | 1]);
    double radius = std::sqrt(-2 * std::log1p(-u)), angle = 2 * std::acos(-1.0) * v;
    return radius * (lane % 2 ? std::sin(angle) : std::cos(angle));
  }
  case nn::RandomFn::TruncatedNormal: {
    double centred = (2.0 * (block[lane] >> 9) + 1) * 0x1p-23 - 1;
    return std::sqrt(2.0) * erfinv(centred * std::erf(std::sqrt(2.0)));
  }
  default:
    return uniform(block[lane]);
  }
}

absl::StatusOr<Tensor> random(nn::RandomOp op, const Arguments &in) {
  uint64_t seed = static_cast<uint64_t>(op.getSeed()) + in.callSeed;
  auto high = static_cast<uint32_t>(seed >> 32);
  std::array<uint32_t, 2> key = {static_cast<uint32_t>(seed), static_cast<uint32_t>(op.getStream())};
  auto low = static_cast<uint64_t>(op.getLow());
  uint64_t range = static_cast<uint64_t>(op.getHigh()) - low;
  Tensor result = makeResult(op.getResult());
  bool wide = result.dtype() == DType::I64;
  result.mutableData();
  Block block{}, upper{};
  for (int64_t i = 0; i < result.size(); ++i) {
    int64_t lane = i % 4;
    if (lane == 0) {
      Block counter = {static_cast<uint32_t>(i / 4), static_cast<uint32_t>((i / 4) >> 32), 0, high};
      block = philox(counter, key);
      if (wide) {
        counter[2] = 1;
        upper = philox(counter, key);
      }
    }
    if (isFloat(result.dtype())) {
      result.setF(i, draw(op.getFn(), block, lane));
    } else {
      uint64_t word = block[lane] | (wide ? uint64_t{upper[lane]} << 32 : 0);
      result.setI(i, static_cast<int64_t>(low + word % range));
    }
  }
  return result;
}

} // namespace

std::vector<Kernel> randomKernels() { return {kernel<nn::RandomOp, random>(kComputes)}; }

} // namespace aotc::interp
