#include "passes/schedule/Order.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace aotc::plan {
namespace {

// States kept a layer: wide for small problems, one (greedy) for large ones.
constexpr int64_t kBeamWork = 2'000'000;
constexpr int64_t kMaxBeam = 1000;
constexpr size_t kMaxBeamKernels = 8000; // a layer looks at every kernel that can run

struct State {
  std::vector<int> waiting;   // a kernel: predecessors that have not run
  std::vector<int> remaining; // a buffer: readers and writers that have not run
  std::vector<char> born;     // a buffer: written at least in part
  std::vector<int> ready;     // kernels that can run, ascending
  int64_t live = 0, peak = 0;
  uint64_t done = 0; // hash of the set of kernels that have run
  int step = -1; // the last entry of the search's log
};

struct Move {
  size_t state;
  int kernel;
  int64_t live, peak;
  uint64_t done;
};

// Bits that identify a kernel in a set's hash (splitmix64).
uint64_t bitsOf(int kernel) {
  uint64_t z = (kernel + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

class Simulator {
public:
  explicit Simulator(const OrderProblem &problem) : problem(problem), after(problem.kernels.size()) {
    for (size_t k = 0; k < problem.kernels.size(); ++k)
      for (int before : problem.kernels[k].before)
        after[before].push_back(static_cast<int>(k));
  }

  State start() const {
    State state;
    state.remaining.assign(problem.bytes.size(), 0);
    state.born.assign(problem.bytes.size(), 0);
    for (size_t k = 0; k < problem.kernels.size(); ++k) {
      const auto &kernel = problem.kernels[k];
      state.waiting.push_back(static_cast<int>(kernel.before.size()));
      if (kernel.before.empty())
        state.ready.push_back(static_cast<int>(k));
      for (int buffer : kernel.reads)
        ++state.remaining[buffer];
      for (int buffer : kernel.writes)
        ++state.remaining[buffer];
    }
    return state;
  }

  Move peek(const State &state, size_t index, int k) const {
    const auto &kernel = problem.kernels[k];
    int64_t born = 0, dying = 0;
    for (int buffer : kernel.writes)
      if (!state.born[buffer])
        born += problem.bytes[buffer];
    bool takesOver = false;
    auto ends = [&](int buffer) {
      return state.remaining[buffer] == std::count(kernel.reads.begin(), kernel.reads.end(), buffer) +
                                            std::count(kernel.writes.begin(), kernel.writes.end(), buffer);
    };
    for (int buffer : kernel.reads)
      if (ends(buffer)) {
        dying += problem.bytes[buffer];
        takesOver |= std::count(kernel.inPlace.begin(), kernel.inPlace.end(), buffer) > 0;
      }
    for (int buffer : kernel.writes)
      if (ends(buffer) && !std::count(kernel.reads.begin(), kernel.reads.end(), buffer))
        dying += problem.bytes[buffer];
    int64_t during = state.live + (takesOver ? 0 : born) + kernel.scratch;
    return {index, k, state.live + born - dying, std::max(state.peak, during), state.done ^ bitsOf(k)};
  }

  void run(State &state, const Move &move) const {
    const auto &kernel = problem.kernels[move.kernel];
    for (int buffer : kernel.reads)
      --state.remaining[buffer];
    for (int buffer : kernel.writes) {
      --state.remaining[buffer];
      state.born[buffer] = 1;
    }
    state.ready.erase(std::find(state.ready.begin(), state.ready.end(), move.kernel));
    for (int next : after[move.kernel])
      if (--state.waiting[next] == 0)
        state.ready.insert(std::lower_bound(state.ready.begin(), state.ready.end(), next), next);
    state.live = move.live;
    state.peak = move.peak;
    state.done = move.done;
  }

private:
  const OrderProblem &problem;
  std::vector<std::vector<int>> after;
};

void expand(const Simulator &simulator, const State &state, size_t index, std::vector<Move> &moves) {
  size_t begin = moves.size();
  for (int kernel : state.ready) {
    Move move = simulator.peek(state, index, kernel);
    // Running at once what neither raises the peak nor leaves more live is
    // never worse than running it later.
    if (move.peak <= state.peak && move.live <= state.live) {
      moves.resize(begin);
      moves.push_back(move);
      return;
    }
    moves.push_back(move);
  }
}

// A beam search over sets of kernels that have run, one more a layer.
std::vector<int> beamOrder(const OrderProblem &problem) {
  int64_t count = problem.kernels.size();
  size_t width = std::clamp<int64_t>(kBeamWork / (count * count), 1, kMaxBeam);
  Simulator simulator(problem);
  std::vector<State> beam{simulator.start()};
  std::vector<Move> moves;
  std::vector<std::pair<int, int>> log; // kernel, entry before; states share beginnings
  for (int64_t layer = 0; layer < count; ++layer) {
    moves.clear();
    for (size_t s = 0; s < beam.size(); ++s)
      expand(simulator, beam[s], s, moves);
    std::sort(moves.begin(), moves.end(), [](const Move &a, const Move &b) {
      return std::tie(a.peak, a.live, a.state, a.kernel) < std::tie(b.peak, b.live, b.state, b.kernel);
    });
    std::vector<State> next;
    std::vector<uint64_t> seen;
    for (const Move &move : moves) {
      if (next.size() == width)
        break;
      auto place = std::lower_bound(seen.begin(), seen.end(), move.done);
      if (place != seen.end() && *place == move.done)
        continue; // the same kernels at a lower or equal peak
      seen.insert(place, move.done);
      next.push_back(beam[move.state]);
      simulator.run(next.back(), move);
      log.push_back({move.kernel, next.back().step});
      next.back().step = static_cast<int>(log.size()) - 1;
    }
    beam = std::move(next);
  }
  std::vector<int> order;
  for (int step = beam.front().step; step >= 0; step = log[step].second)
    order.push_back(log[step].first);
  std::reverse(order.begin(), order.end());
  return order;
}

// Each kernel right after what it needs and not before somebody needs it:
// what a beam misses when many small results could all be computed early.
std::vector<int> depthFirstOrder(const OrderProblem &problem) {
  size_t count = problem.kernels.size();
  std::vector<char> needed(count, 0), done(count, 0);
  for (const auto &kernel : problem.kernels)
    for (int before : kernel.before)
      needed[before] = 1;
  std::vector<int> order, stack;
  for (size_t root = 0; root < count; ++root) {
    if (needed[root])
      continue;
    stack.push_back(static_cast<int>(root));
    while (!stack.empty()) {
      int top = stack.back();
      size_t height = stack.size();
      if (!done[top])
        for (auto before = problem.kernels[top].before.rbegin(); before != problem.kernels[top].before.rend();
             ++before)
          if (!done[*before])
            stack.push_back(*before);
      if (stack.size() > height)
        continue;
      stack.pop_back();
      if (!done[top])
        order.push_back(top);
      done[top] = 1;
    }
  }
  return order;
}

struct Cost {
  int64_t peak;
  double sum; // of live bytes over all steps: less stays in the caches
};

bool operator<(const Cost &a, const Cost &b) { return std::tie(a.peak, a.sum) < std::tie(b.peak, b.sum); }

// The cost of an order; `grows` tells which kernels leave more live than before.
Cost costOf(const OrderProblem &problem, const std::vector<int> &order, std::vector<char> *grows = nullptr) {
  Simulator simulator(problem);
  State state = simulator.start();
  double sum = 0;
  for (int kernel : order) {
    Move move = simulator.peek(state, 0, kernel);
    if (grows)
      (*grows)[kernel] = move.live > state.live;
    simulator.run(state, move);
    sum += static_cast<double>(state.live);
  }
  return {state.peak, sum};
}

// Moves kernels that only add to what is live to right before their first reader.
std::vector<int> delayed(const OrderProblem &problem, const std::vector<int> &order) {
  size_t count = order.size();
  std::vector<char> grows(count, 0);
  costOf(problem, order, &grows);
  int end = static_cast<int>(count);
  std::vector<int> first(count, end);          // a kernel: position of the first that needs it
  std::vector<std::vector<int>> slots(count);  // a position: its kernels, last one first
  for (int i = end; i-- > 0;) {
    int kernel = order[i];
    int at = grows[kernel] && first[kernel] < end ? first[kernel] : i;
    slots[at].push_back(kernel);
    for (int producer : problem.kernels[kernel].before)
      first[producer] = std::min(first[producer], at);
  }
  std::vector<int> result;
  for (const auto &slot : slots)
    result.insert(result.end(), slot.rbegin(), slot.rend());
  return result;
}

} // namespace

int64_t peakOf(const OrderProblem &problem, const std::vector<int> &order) { return costOf(problem, order).peak; }

std::vector<int> chooseOrder(const OrderProblem &problem) {
  std::vector<int> best(problem.kernels.size());
  std::iota(best.begin(), best.end(), 0);
  if (best.size() < 2)
    return best;
  Cost cost = costOf(problem, best);
  auto consider = [&](std::vector<int> order) {
    if (Cost other = costOf(problem, order); other < cost) {
      cost = other;
      best = std::move(order);
    }
  };
  auto considerBoth = [&](std::vector<int> order) {
    consider(delayed(problem, order));
    consider(std::move(order));
  };
  considerBoth(best);
  considerBoth(depthFirstOrder(problem));
  if (best.size() <= kMaxBeamKernels)
    considerBoth(beamOrder(problem));
  return best;
}

} // namespace aotc::plan
