#include "passes/schedule/Offsets.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <tuple>

namespace aotc::plan {
namespace {

// Work limits in elementary steps, so that results never depend on time.
constexpr int64_t kSearchSteps = 6'000'000;
constexpr size_t kSearchBuffers = 64;
constexpr int64_t kRepairSteps = 5'000'000;
// Up to here every pair of buffers that are live together is kept in a list;
// beyond, one order is tried and pairs are compared as they come.
constexpr size_t kListedBuffers = 3000;

using Offsets = std::vector<int64_t>;

struct Packing {
  Offsets offsets;
  int64_t total = std::numeric_limits<int64_t>::max();
};

class Packer {
public:
  // `buffers` have aligned, positive sizes.
  explicit Packer(const std::vector<Interval> &buffers) : buffers(buffers), neighbours(buffers.size()) {
    if (isListed())
      for (size_t i = 0; i < buffers.size(); ++i)
        for (size_t j = 0; j < buffers.size(); ++j)
          if (i != j && overlap(i, j))
            neighbours[i].push_back(static_cast<int>(j));
    for (const Interval &buffer : buffers)
      steps = std::max(steps, buffer.last + 1);
    std::vector<int64_t> load(steps + 1);
    for (const Interval &buffer : buffers) {
      load[buffer.first] += buffer.bytes;
      load[buffer.last + 1] -= buffer.bytes;
    }
    std::partial_sum(load.begin(), load.end(), load.begin());
    bound = load.empty() ? 0 : *std::max_element(load.begin(), load.end());
  }

  int64_t lowerBound() const { return bound; }

  Packing pack() {
    tryOrder([](const Interval &b) { return double(b.bytes) * (b.last - b.first + 1); });
    if (!isListed())
      return best;
    tryOrder([](const Interval &b) { return double(b.bytes); });
    tryOrder([](const Interval &b) { return double(b.last - b.first + 1); });
    tryOrder([](const Interval &b) { return -double(b.first); });
    if (best.total > bound)
      repair();
    if (best.total > bound && buffers.size() <= kSearchBuffers)
      search();
    return best;
  }

private:
  bool isListed() const { return buffers.size() <= kListedBuffers; }
  bool overlap(size_t a, size_t b) const {
    return buffers[a].first <= buffers[b].last && buffers[b].first <= buffers[a].last;
  }

  // Places each buffer in turn into the tightest gap (or the lowest) among the
  // neighbours placed before.
  Packing place(const std::vector<int> &order, bool tightest) const {
    Packing packing{Offsets(buffers.size(), -1), 0};
    std::vector<std::pair<int64_t, int64_t>> taken;
    for (size_t position = 0; position < order.size(); ++position) {
      int i = order[position];
      taken.clear();
      auto take = [&](int j) { taken.push_back({packing.offsets[j], packing.offsets[j] + buffers[j].bytes}); };
      if (isListed()) {
        for (int j : neighbours[i])
          if (packing.offsets[j] >= 0)
            take(j);
      } else {
        for (size_t earlier = 0; earlier < position; ++earlier)
          if (overlap(i, order[earlier]))
            take(order[earlier]);
      }
      std::sort(taken.begin(), taken.end());
      int64_t cursor = 0, chosen = -1, slack = std::numeric_limits<int64_t>::max();
      for (auto [begin, end] : taken) {
        int64_t gap = begin - cursor - buffers[i].bytes;
        if (gap >= 0 && gap < slack && (tightest || chosen < 0)) {
          chosen = cursor;
          slack = gap;
        }
        cursor = std::max(cursor, end);
      }
      packing.offsets[i] = chosen >= 0 ? chosen : cursor;
      packing.total = std::max(packing.total, packing.offsets[i] + buffers[i].bytes);
    }
    return packing;
  }

  void consider(const std::vector<int> &order, bool tightest) {
    Packing packing = place(order, tightest);
    if (packing.total < best.total) {
      best = std::move(packing);
      bestOrder = order;
      bestTightest = tightest;
    }
  }

  void tryOrder(const std::function<double(const Interval &)> &key) {
    if (best.total <= bound)
      return;
    std::vector<int> order(buffers.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int a, int b) {
      double x = key(buffers[a]), y = key(buffers[b]);
      return std::tie(y, buffers[b].bytes, a) < std::tie(x, buffers[a].bytes, b);
    });
    consider(order, true);
    if (isListed())
      consider(order, false);
  }

  // Moves a buffer that reaches the top to the front of the order, again and again.
  void repair() {
    int64_t edges = buffers.size();
    for (const auto &list : neighbours)
      edges += list.size();
    std::vector<int> order = bestOrder;
    for (int64_t left = kRepairSteps / (edges + 1); left > 0 && best.total > bound; --left) {
      Packing current = place(order, bestTightest);
      int top = -1;
      for (size_t position = 0; position < order.size(); ++position)
        if (current.offsets[order[position]] + buffers[order[position]].bytes == current.total)
          top = static_cast<int>(position);
      if (top <= 0)
        return;
      std::rotate(order.begin(), order.begin() + top, order.begin() + top + 1);
      consider(order, bestTightest);
    }
  }

  // Some optimal packing arises by stacking buffers in the order of their
  // offsets, each directly on what is below it. Depth-first over such orders;
  // at each step the stack's height plus what is still to come is a bound.
  void search() {
    height.assign(steps, 0);
    coming.assign(steps, 0);
    for (const Interval &buffer : buffers)
      for (int t = buffer.first; t <= buffer.last; ++t)
        coming[t] += buffer.bytes;
    offsets.assign(buffers.size(), -1);
    budget = kSearchSteps;
    descend(0, 0, -1);
  }

  void descend(size_t placed, int64_t floor, int previous) {
    if (placed == buffers.size()) {
      int64_t total = *std::max_element(height.begin(), height.end());
      if (total < best.total)
        best = {offsets, total};
      return;
    }
    for (size_t i = 0; i < buffers.size() && budget > 0 && best.total > bound; ++i) {
      if (offsets[i] >= 0)
        continue;
      const Interval &buffer = buffers[i];
      auto from = height.begin() + buffer.first, to = height.begin() + buffer.last + 1;
      int64_t offset = *std::max_element(from, to);
      --budget;
      if (offset < floor || (offset == floor && static_cast<int>(i) < previous))
        continue;
      budget -= steps;
      std::vector<int64_t> below(from, to);
      std::fill(from, to, offset + buffer.bytes);
      for (int t = buffer.first; t <= buffer.last; ++t)
        coming[t] -= buffer.bytes;
      offsets[i] = offset;
      bool hopeful = true;
      for (int t = 0; t < steps && hopeful; ++t)
        hopeful = height[t] + coming[t] < best.total;
      if (hopeful)
        descend(placed + 1, offset, static_cast<int>(i));
      offsets[i] = -1;
      for (int t = buffer.first; t <= buffer.last; ++t)
        coming[t] += buffer.bytes;
      std::copy(below.begin(), below.end(), from);
    }
  }

  const std::vector<Interval> &buffers;
  std::vector<std::vector<int>> neighbours; // live at a common step
  int steps = 0;
  int64_t bound = 0;
  Packing best;
  std::vector<int> bestOrder;
  bool bestTightest = true;
  // Of the search.
  std::vector<int64_t> height, coming;
  Offsets offsets;
  int64_t budget = 0;
};

// Renumbers the steps so that only those at which something begins are left.
void compressSteps(std::vector<Interval> &buffers) {
  std::vector<int> begins;
  for (const Interval &buffer : buffers)
    begins.push_back(buffer.first);
  std::sort(begins.begin(), begins.end());
  begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
  for (Interval &buffer : buffers) {
    auto rank = [&](int step) {
      return static_cast<int>(std::upper_bound(begins.begin(), begins.end(), step) - begins.begin()) - 1;
    };
    buffer.first = rank(buffer.first);
    buffer.last = rank(buffer.last);
  }
}

} // namespace

OffsetPlan assignOffsets(const std::vector<Interval> &buffers, int64_t alignment) {
  std::vector<Interval> packed;
  std::vector<size_t> origin;
  for (size_t i = 0; i < buffers.size(); ++i)
    if (buffers[i].bytes > 0) {
      packed.push_back(buffers[i]);
      packed.back().bytes = (buffers[i].bytes + alignment - 1) & -alignment;
      origin.push_back(i);
    }
  OffsetPlan plan;
  plan.offsets.assign(buffers.size(), 0);
  if (packed.empty())
    return plan;
  compressSteps(packed);
  Packer packer(packed);
  Packing packing = packer.pack();
  for (size_t k = 0; k < packed.size(); ++k)
    plan.offsets[origin[k]] = packing.offsets[k];
  plan.total = packing.total;
  plan.lowerBound = packer.lowerBound();
  return plan;
}

} // namespace aotc::plan
