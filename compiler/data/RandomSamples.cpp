#include "compiler/data/Sources.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace aotc::data {
namespace {

// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers on every machine.
class Generator {
public:
  explicit Generator(uint64_t seed) : state(seed) {}
  uint64_t bits() {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  double uniform() { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1p-53; } // in (0, 1)
  double normal() { return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform()); }

private:
  uint64_t state;
};

class Random : public SampleSource {
public:
  Random(SampleInput input, int64_t samples, uint64_t seed) : input(std::move(input)), samples(samples), seed(seed) {}
  int64_t count() const override { return samples; }
  absl::StatusOr<Tensor> sample(int64_t i) const override {
    Tensor tensor(input.type, input.shape);
    // Samples do not depend on each other, inputs of one sample neither.
    uint64_t name = 0;
    for (char c : input.name)
      name = name * 31 + static_cast<unsigned char>(c);
    Generator generator(Generator(seed ^ name << 20).bits() + static_cast<uint64_t>(i));
    const uint64_t bound = idBound();
    for (int64_t e = 0; e < tensor.size(); ++e)
      if (isFloat(input.type))
        tensor.setF(e, generator.normal());
      else
        tensor.setI(e, static_cast<int64_t>(generator.bits() % bound));
    return tensor;
  }

private:
  uint64_t idBound() const {
    constexpr int64_t kDefaultBound = 128; // what 8-bit numbers hold
    const int bits = static_cast<int>(8 * byteSize(input.type)) - isSigned(input.type);
    // Larger ids would wrap around to others, or to negative ones.
    const int64_t most = input.type == DType::I1 ? 2 : bits >= 63 ? std::numeric_limits<int64_t>::max() : int64_t{1} << bits;
    return static_cast<uint64_t>(std::clamp(input.idBound.value_or(kDefaultBound), int64_t{1}, most));
  }

  SampleInput input;
  int64_t samples;
  uint64_t seed;
};

} // namespace

absl::StatusOr<Source> openRandom(const SampleInput &input, const std::string &text, int64_t count) {
  std::vector<std::string> parts = absl::StrSplit(text, ':');
  constexpr int64_t kMost = 1 << 20;
  const int64_t others = count;
  uint64_t seed = 0;
  bool ok = parts.size() <= 3 && (parts.size() < 2 || absl::SimpleAtoi(parts[1], &count)) &&
            (parts.size() < 3 || absl::SimpleAtoi(parts[2], &seed));
  if (!ok || count < 1 || (count > kMost && count != others))
    return absl::InvalidArgumentError("give random, random:N or random:N:SEED with N from 1 to 2^20");
  return std::make_shared<Random>(input, count, seed);
}

} // namespace aotc::data
