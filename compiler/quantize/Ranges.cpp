#include "compiler/quantize/Ranges.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace aotc {
namespace {

constexpr size_t kBins = 4096; // even, so that 0 is an edge

// observe() sees millions of values a sample. Its loops have no branches, and what they
// compare are integers, so that the compiler vectorises them whatever NaN would mean.
constexpr uint32_t kMagnitude = 0x7fffffff, kInfinity = 0x7f800000;

uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

struct Survey {
  float least = 0, most = 0; // with 0
  uint64_t zeros = 0, notFinite = 0;
};

Survey surveyOf(const float *values, int64_t count) {
  // As integers, numbers of either sign keep their order when the bits below the sign of negative ones are inverted.
  int32_t least = 0, most = 0;
  Survey survey;
  constexpr int64_t kBlock = 1 << 16; // counts within it fit the integers of the comparisons
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(count, begin + kBlock);
    uint32_t zeros = 0, notFinite = 0;
    for (int64_t i = begin; i < end; ++i) {
      const uint32_t bits = bitsOf(values[i]), magnitude = bits & kMagnitude;
      const bool finite = magnitude < kInfinity;
      auto order = static_cast<int32_t>(bits ^ (bits >> 31) * kMagnitude);
      order = finite ? order : 0;
      least = std::min(least, order);
      most = std::max(most, order);
      zeros += magnitude == 0;
      notFinite += !finite;
    }
    survey.zeros += zeros;
    survey.notFinite += notFinite;
  }
  auto back = [](int32_t order) {
    auto bits = static_cast<uint32_t>(order);
    bits ^= (bits >> 31) * kMagnitude;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value + 0.0f; // -0 becomes 0
  };
  survey.least = back(least);
  survey.most = back(most);
  return survey;
}

constexpr int64_t kMostInTable = 1 << 30; // no count of 32 bits overflows

void addToBins(const float *values, int64_t count, float scale, uint64_t *bins) {
  // Zeros and what is not finite go to spare places in turn: to one, each increment would wait for that before.
  constexpr size_t kSpare = 16;
  constexpr int64_t kBlock = 256;
  uint32_t table[kBins + kSpare] = {};
  int32_t places[kBlock];
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t size = std::min(kBlock, count - begin);
    for (int64_t i = 0; i < size; ++i) {
      const float value = values[begin + i];
      const uint32_t magnitude = bitsOf(value) & kMagnitude;
      const bool counts = magnitude - 1 < kInfinity - 1;
      // In range for any value: what is not to be converted is replaced before.
      float place = (counts ? value : 0) * scale + kBins / 2;
      place = place < 0 ? 0 : place;
      place = place > kBins - 1 ? kBins - 1 : place;
      const auto bin = static_cast<int32_t>(place), spare = static_cast<int32_t>(kBins + (i & (kSpare - 1)));
      places[i] = counts ? bin : spare;
    }
    for (int64_t i = 0; i < size; ++i)
      ++table[places[i]];
  }
  for (size_t i = 0; i < kBins; ++i)
    bins[i] += table[i];
}

} // namespace

std::string_view name(Calibrator calibrator) {
  switch (calibrator) {
  case Calibrator::MinMax:
    return "min-max";
  case Calibrator::MovingAverage:
    return "moving-average";
  case Calibrator::Percentile:
    return "percentile";
  case Calibrator::Entropy:
    return "entropy";
  case Calibrator::MeanSquareError:
    return "mse";
  }
  return "";
}

RangeObserver::RangeObserver() : bins(kBins, 0) {}

double RangeObserver::lowerEdge(size_t bin) const {
  return static_cast<double>(reach) * (2.0 * static_cast<double>(bin) / kBins - 1.0);
}

// Twice the range is half the resolution: neighbours on each side of zero join.
void RangeObserver::growTo(float magnitude) {
  if (reach == 0) {
    int exponent;
    std::frexp(magnitude, &exponent); // magnitude < 2^exponent
    reach = std::ldexp(1.0f, std::clamp(exponent, -100, 127));
  }
  while (magnitude >= reach && reach < 0x1p127f) {
    std::vector<uint64_t> wider(kBins, 0);
    for (size_t i = 0; i < kBins; ++i)
      wider[kBins / 4 + i / 2] += bins[i];
    bins = std::move(wider);
    reach *= 2;
  }
}

void RangeObserver::observe(const float *values, int64_t count) {
  if (count == 0) // no sample
    return;
  const Survey survey = surveyOf(values, count);
  zeroCount += survey.zeros;
  notFiniteCount += survey.notFinite;
  constexpr float kOld = 0.9f;
  averageLow = isFirst ? survey.least : kOld * averageLow + (1 - kOld) * survey.least;
  averageHigh = isFirst ? survey.most : kOld * averageHigh + (1 - kOld) * survey.most;
  isFirst = false;
  low = std::min(low, survey.least);
  high = std::max(high, survey.most);
  const float magnitude = std::max(-survey.least, survey.most);
  if (magnitude == 0)
    return;
  growTo(magnitude);
  const float scale = static_cast<float>(kBins / 2) / reach; // twice the reach may be no number
  for (int64_t begin = 0; begin < count; begin += kMostInTable)
    addToBins(values + begin, std::min(count - begin, kMostInTable), scale, bins.data());
}

Range RangeObserver::range(Calibrator calibrator, int levels) const {
  if (low == high)
    return {low, high};
  Range chosen{low, high};
  switch (calibrator) {
  case Calibrator::MinMax:
    break;
  case Calibrator::MovingAverage:
    chosen = {averageLow, averageHigh};
    break;
  case Calibrator::Percentile:
    chosen = percentile(0.9999);
    break;
  case Calibrator::Entropy:
    chosen = entropy(levels);
    break;
  case Calibrator::MeanSquareError:
    chosen = leastSquares(levels);
    break;
  }
  return {std::clamp(chosen.low, low, 0.0f), std::clamp(chosen.high, 0.0f, high)};
}

// Equal shares are left out at both ends.
Range RangeObserver::percentile(double share) const {
  uint64_t total = zeroCount;
  for (uint64_t bin : bins)
    total += bin;
  const double outside = (1 - share) / 2 * static_cast<double>(total);
  Range result{low, high};
  double seen = 0;
  for (size_t i = 0; i < kBins / 2 && (seen += static_cast<double>(bins[i])) <= outside; ++i)
    result.low = static_cast<float>(lowerEdge(i + 1));
  seen = 0;
  for (size_t i = kBins; i-- > kBins / 2 && (seen += static_cast<double>(bins[i])) <= outside;)
    result.high = static_cast<float>(lowerEdge(i));
  return result;
}

// Candidates are thresholds of magnitudes, so that an outlier of one sign leaves the other end alone. Exact zeros, which
// every range represents, have no say: the outputs of a relu would look like one spike.
Range RangeObserver::entropy(int levels) const {
  auto entropyOf = [](double n) { return n > 0 ? n * std::log(n) : 0; };
  // Of the bins before each: counts, how many are not empty, n log n.
  std::vector<double> counts(kBins + 1, 0), filled(kBins + 1, 0), logs(kBins + 1, 0);
  for (size_t i = 0; i < kBins; ++i) {
    const auto n = static_cast<double>(bins[i]);
    counts[i + 1] = counts[i] + n;
    filled[i + 1] = filled[i] + (n > 0);
    logs[i + 1] = logs[i] + entropyOf(n);
  }
  const double total = counts[kBins];
  auto binOf = [&](double x) {
    return static_cast<size_t>(std::clamp((x / reach + 1) * kBins / 2, 0.0, static_cast<double>(kBins - 1)));
  };
  Range best{low, high};
  double least = std::numeric_limits<double>::infinity();
  constexpr int kCandidates = 128;
  const double widest = std::max(-low, high);
  for (int c = kCandidates; c > kCandidates / 8; --c) {
    const double threshold = widest * c / kCandidates;
    const double from = std::max<double>(low, -threshold), to = std::min<double>(high, threshold);
    const size_t first = binOf(from), last = binOf(to), size = last - first + 1;
    const double kept = counts[last + 1] - counts[first];
    // More is no outlier, whatever the shape of the rest: activations that saturate end in a spike.
    constexpr double kLeastKept = 0.99;
    if (kept < kLeastKept * total)
      break;
    // Each level spreads its share over those of its bins that are not empty; without what lies outside, which
    // the distribution before has in the bins at the ends.
    double divergence = 0;
    const double perLevel = std::max(static_cast<double>(size) / levels, 1.0);
    const int used = std::min(levels, static_cast<int>(size));
    for (int level = 0; level < used; ++level) {
      const size_t begin = first + static_cast<size_t>(level * perLevel);
      const size_t end = level + 1 < used ? first + static_cast<size_t>((level + 1) * perLevel) : last + 1;
      const double sum = counts[end] - counts[begin];
      double all = sum, full = filled[end] - filled[begin], allLogs = logs[end] - logs[begin];
      auto addOutside = [&](size_t bin, double outside) {
        const auto n = static_cast<double>(bins[bin]);
        all += outside;
        full += n == 0 && outside > 0;
        allLogs += entropyOf(n + outside) - entropyOf(n);
      };
      if (first == last) {
        addOutside(first, total - kept);
      } else {
        if (begin == first)
          addOutside(first, counts[first]);
        if (end == last + 1)
          addOutside(last, total - counts[last + 1]);
      }
      if (all == 0)
        continue;
      // A bin that only holds what was cut off: as unlikely as the resolution tells.
      const double q = std::max(sum / full / kept, 1e-9);
      divergence += (allLogs - all * std::log(total * q)) / total;
    }
    if (divergence < least) {
      least = divergence;
      best = {static_cast<float>(from), static_cast<float>(to)};
    }
  }
  return best;
}

// Rounding to steps of s changes a number by s^2 / 12 on average, clipping by its distance; both ends are searched
// together, first coarsely and then around the best.
Range RangeObserver::leastSquares(int levels) const {
  // Moments of the bins before each: count, sum, sum of squares.
  std::vector<double> counts(kBins + 1, 0), sums(kBins + 1, 0), squares(kBins + 1, 0);
  for (size_t i = 0; i < kBins; ++i) {
    double x = (lowerEdge(i) + lowerEdge(i + 1)) / 2, n = static_cast<double>(bins[i]);
    counts[i + 1] = counts[i] + n;
    sums[i + 1] = sums[i] + n * x;
    squares[i + 1] = squares[i] + n * x * x;
  }
  auto edge = [&](double x) {
    return static_cast<size_t>(std::clamp(std::nearbyint((x / reach + 1) * kBins / 2), 0.0, static_cast<double>(kBins)));
  };
  // Of the values of bins [first, last): the sum of (x - at)^2.
  auto distance = [&](size_t first, size_t last, double at) {
    double n = counts[last] - counts[first], s = sums[last] - sums[first];
    return squares[last] - squares[first] - 2 * at * s + n * at * at;
  };
  auto error = [&](double from, double to) {
    size_t first = edge(from), last = edge(to);
    double step = (to - from) / (levels - 1), inside = counts[last] - counts[first];
    return std::max(0.0, distance(0, first, from)) + std::max(0.0, distance(last, kBins, to)) + inside * step * step / 12;
  };
  double from = low, to = high, least = error(from, to);
  double centreLow = 0.5, centreHigh = 0.5, span = 0.5, bestLow = 1, bestHigh = 1; // shares of the extremes
  constexpr int kSteps = 16;
  for (int round = 0; round < 4; ++round, span /= 6) {
    for (int a = 0; a <= kSteps; ++a)
      for (int b = 0; b <= kSteps; ++b) {
        double shareLow = std::clamp(centreLow + span * (2.0 * a / kSteps - 1), 0.0, 1.0);
        double shareHigh = std::clamp(centreHigh + span * (2.0 * b / kSteps - 1), 0.0, 1.0);
        if (shareLow * low == shareHigh * high)
          continue;
        if (double e = error(shareLow * low, shareHigh * high); e < least) {
          least = e;
          from = shareLow * low;
          to = shareHigh * high;
          bestLow = shareLow;
          bestHigh = shareHigh;
        }
      }
    centreLow = bestLow;
    centreHigh = bestHigh;
  }
  return {static_cast<float>(from), static_cast<float>(to)};
}

} // namespace aotc
