#include "compiler/quantize/Ranges.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aotc {
namespace {

constexpr size_t kBins = 4096; // even, so that 0 is an edge

} // namespace

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
  float least = 0, most = 0;
  for (int64_t i = 0; i < count; ++i) {
    float x = values[i];
    if (std::isfinite(x)) {
      least = std::min(least, x);
      most = std::max(most, x);
    } else {
      ++notFiniteCount;
    }
  }
  constexpr float kOld = 0.9f;
  averageLow = isFirst ? least : kOld * averageLow + (1 - kOld) * least;
  averageHigh = isFirst ? most : kOld * averageHigh + (1 - kOld) * most;
  isFirst = false;
  low = std::min(low, least);
  high = std::max(high, most);
  if (float magnitude = std::max(-least, most); magnitude > 0)
    growTo(magnitude);
  const float scale = reach > 0 ? kBins / (2 * reach) : 0;
  for (int64_t i = 0; i < count; ++i) {
    float x = values[i];
    if (x == 0)
      ++zeroCount;
    else if (std::isfinite(x))
      ++bins[std::min(kBins - 1, static_cast<size_t>(std::max(0.0f, x * scale + kBins / 2)))];
  }
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

// Both ends are moved in by one share of theirs. Exact zeros, which every range represents, have no say: the
// outputs of a relu would look like one spike.
Range RangeObserver::entropy(int levels) const {
  Range best{low, high};
  double least = std::numeric_limits<double>::infinity();
  constexpr int kCandidates = 128;
  for (int c = kCandidates; c > kCandidates / 8; --c) {
    double share = static_cast<double>(c) / kCandidates, from = low * share, to = high * share;
    auto binOf = [&](double x) {
      return static_cast<size_t>(std::clamp((x / reach + 1) * kBins / 2, 0.0, static_cast<double>(kBins - 1)));
    };
    size_t first = binOf(from), last = binOf(to);
    // What lies outside ends up in the bins at the ends.
    std::vector<double> p(last - first + 1, 0);
    double total = 0;
    for (size_t i = 0; i < kBins; ++i) {
      p[std::clamp(i, first, last) - first] += static_cast<double>(bins[i]);
      total += static_cast<double>(bins[i]);
    }
    // Each level spreads its share over those of its bins that are not empty; without what was outside.
    double divergence = 0;
    const double perLevel = static_cast<double>(p.size()) / levels;
    double kept = 0;
    for (size_t i = first; i <= last; ++i)
      kept += static_cast<double>(bins[i]);
    // More is no outlier, whatever the shape of the rest: activations that saturate end in a spike.
    constexpr double kLeastKept = 0.99;
    if (kept < kLeastKept * total)
      break;
    for (int level = 0; level < std::min<int>(levels, static_cast<int>(p.size())); ++level) {
      auto begin = static_cast<size_t>(level * std::max(perLevel, 1.0));
      auto end = std::min(p.size(), static_cast<size_t>((level + 1) * std::max(perLevel, 1.0)));
      double sum = 0;
      int64_t filled = 0;
      for (size_t i = begin; i < end; ++i) {
        sum += static_cast<double>(bins[first + i]);
        filled += p[i] > 0;
      }
      for (size_t i = begin; i < end; ++i) {
        if (p[i] == 0)
          continue;
        double a = p[i] / total, q = sum / static_cast<double>(filled) / kept;
        // A bin that only holds what was cut off: as unlikely as the resolution tells.
        divergence += a * std::log(a / std::max(q, 1e-9));
      }
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
