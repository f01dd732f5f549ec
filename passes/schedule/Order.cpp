#include "passes/schedule/Order.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace aotc::plan {
namespace {

// States kept a layer: wide for small problems, one (greedy) for large ones.
constexpr int64_t kBeamWork = 2'000'000;
constexpr int64_t kMaxBeam = 1000;

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

} // namespace

int64_t peakOf(const OrderProblem &problem, const std::vector<int> &order) {
  Simulator simulator(problem);
  State state = simulator.start();
  for (int kernel : order)
    simulator.run(state, simulator.peek(state, 0, kernel));
  return state.peak;
}

std::vector<int> chooseOrder(const OrderProblem &problem) {
  int64_t count = problem.kernels.size();
  std::vector<int> given(count);
  std::iota(given.begin(), given.end(), 0);
  if (count < 2)
    return given;
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
  std::vector<int> found;
  for (int step = beam.front().step; step >= 0; step = log[step].second)
    found.push_back(log[step].first);
  std::reverse(found.begin(), found.end());
  return peakOf(problem, found) < peakOf(problem, given) ? found : given;
}

} // namespace aotc::plan
