// Offsets of buffers with known lifetimes in one arena.
#ifndef AOTC_PASSES_SCHEDULE_OFFSETS_H
#define AOTC_PASSES_SCHEDULE_OFFSETS_H

#include <cstdint>
#include <vector>

namespace aotc::plan {

struct Interval {
  int64_t bytes;
  int first, last; // steps during which it is live, inclusive
};

struct OffsetPlan {
  std::vector<int64_t> offsets; // one a buffer, multiples of the alignment
  int64_t total = 0;            // end of the highest buffer
  int64_t lowerBound = 0;       // largest sum of bytes live in one step
};

// Dynamic storage allocation, which is NP-hard: several greedy orders, then
// repairs of the best one, then for small instances a search that is exact
// when it ends within its step limit. Stops where the lower bound is met.
// Deterministic. The sum of all bytes, rounded up to the alignment (a power of
// two), must not overflow.
OffsetPlan assignOffsets(const std::vector<Interval> &buffers, int64_t alignment);

} // namespace aotc::plan
#endif
