// Ranges that 8-bit numbers should cover, from values that were seen.
#ifndef AOTC_COMPILER_QUANTIZE_RANGES_H
#define AOTC_COMPILER_QUANTIZE_RANGES_H

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace aotc {

enum class Calibrator {
  MinMax,          // all values
  MovingAverage,   // of the extremes of each sample, 0.9 of what was before
  Percentile,      // 99.99 % of the values
  Entropy,         // least Kullback-Leibler divergence (Migacz, "8-bit inference with TensorRT", 2017)
  MeanSquareError, // least sum of squares of what rounding and clipping change
};

std::string_view name(Calibrator calibrator); // as on the command line

struct Range {
  float low = 0, high = 0; // 0 is always inside
};

// The values of one tensor over many samples, in bounded memory. NaN and infinities are counted and otherwise ignored.
class RangeObserver {
public:
  RangeObserver();
  // The values of one sample.
  void observe(const float *values, int64_t count);
  Range range(Calibrator calibrator, int levels = 256) const;

  // Of the values that are neither zero nor infinite nor NaN: bin i of n counts those from limit * (2 i / n - 1)
  // up to the next bin's. The limit is a power of two and grows as needed.
  const std::vector<uint64_t> &histogram() const { return bins; }
  float limit() const { return reach; }
  uint64_t zeros() const { return zeroCount; }
  uint64_t notFinite() const { return notFiniteCount; }
  Range extremes() const { return {low, high}; }

private:
  void growTo(float magnitude);
  double lowerEdge(size_t bin) const;
  Range percentile(double share) const;
  Range entropy(int levels) const;
  Range leastSquares(int levels) const;

  std::vector<uint64_t> bins;
  float reach = 0; // 0: no value yet
  float low = 0, high = 0;
  float averageLow = 0, averageHigh = 0;
  bool isFirst = true;
  uint64_t zeroCount = 0, notFiniteCount = 0;
};

} // namespace aotc
#endif
