#include "backends/cpu/codegen/LoopNest.h"

#include "backends/cpu/codegen/Tasks.h"

#include "llvm/Support/MathExtras.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::ArrayRef;
using llvm::Value;

LoopNest::LoopNest(IRGen &gen, IndexSpace &space, ArrayRef<int64_t> shape) : gen(gen), space(space) {
  for (int64_t extent : shape) {
    empty |= extent == 0;
    all.push_back(extent == 0 ? Index(0) : space.loopVariable(extent));
    if (!all.back().isConstant())
      loops.push_back(all.back().terms[0].first);
  }
}

int64_t LoopNest::innerExtent() const {
  if (empty)
    return 0;
  int64_t longest = 1;
  if (!loops.empty())
    for (Range part : parts(loops.back()))
      longest = std::max(longest, part.hi - part.lo + 1);
  return longest;
}

void LoopNest::arrange(const IndexUses &uses) {
  if (empty)
    return;
  for (size_t i = loops.size(); i-- > 1;) {
    bool mergeable = llvm::all_of(
        uses.indices, [&](const Index &index) { return space.canMerge(index, loops[i - 1], loops[i]); });
    if (!mergeable)
      continue;
    space.merge(loops[i - 1], loops[i]);
    loops.erase(loops.begin() + i - 1);
  }
  for (const IndexUses::Boundary &boundary : uses.boundaries) {
    Index index = space.substituted(boundary.index);
    if (index.terms.size() != 1)
      continue;
    auto [variable, factor] = index.terms[0];
    if (factor <= 0 || !llvm::is_contained(loops, variable))
      continue;
    int64_t at = llvm::divideCeil(std::max<int64_t>(boundary.at - index.constant, 0), factor);
    llvm::SmallVector<int64_t> &points = splits[variable];
    if (at > 0 && at < space.extent(variable) && !llvm::is_contained(points, at))
      points.push_back(at);
  }
  // Every combination of parts is code of its own: outer loops decide at run
  // time once there are too many.
  constexpr int64_t kMaxCopies = 64;
  int64_t copies = 1;
  for (Variable variable : llvm::reverse(loops)) {
    llvm::SmallVector<int64_t> &points = splits[variable];
    llvm::sort(points);
    copies *= points.size() + 1;
    if (copies > kMaxCopies && variable != loops.back())
      points.clear();
  }
}

llvm::SmallVector<Range> LoopNest::parts(Variable variable) const {
  llvm::SmallVector<Range> result;
  int64_t lo = 0;
  if (auto found = splits.find(variable); found != splits.end())
    for (int64_t at : found->second) {
      result.push_back({lo, at - 1});
      lo = at;
    }
  result.push_back({lo, space.extent(variable) - 1});
  return result;
}

Variable LoopNest::chooseShared() const {
  // Of several failures the first in the order of one thread counts.
  if (mayFail(sharing->body))
    return !loops.empty() && parts(loops[0]).size() == 1 ? loops[0] : kNoVariable;
  Variable best = kNoVariable;
  for (Variable variable : loops) {
    if (space.extent(variable) >= kMostTasks)
      return variable;
    if (best == kNoVariable || space.extent(variable) > space.extent(best))
      best = variable;
  }
  return best;
}

Values LoopNest::emit(int64_t lanes, ArrayRef<Value *> initial, Body body) {
  if (empty)
    return Values(initial);
  if (RegionEmitter *emitter = sharing) {
    shared = chooseShared();
    if (shared == kNoVariable) { // one range has it all
      sharing = nullptr;
      RegionEmitter::Share share = emitter->share(1);
      gen.loop(share.lo, share.hi, 1, [&](Value *) { emit(lanes, initial, body); });
      return {};
    }
  }
  if (loops.empty())
    return body({1, kNoVariable}, initial);
  // LLVM takes quadratic time over long blocks: many parts of the innermost
  // loop get nests of their own.
  constexpr size_t kMaxParts = 32;
  Values current(initial);
  llvm::SmallVector<Range> innerParts = parts(inner());
  for (ArrayRef<Range> rest = innerParts; !rest.empty(); rest = rest.drop_front(partsNow.size())) {
    partsNow = llvm::to_vector(rest.take_front(kMaxParts));
    auto nest = [&] { return level(0, lanes, current, body); };
    bool oneBlock = loops.size() == 1 && innerParts.size() > kMaxParts;
    current = oneBlock ? gen.ifThen(gen.builder.CreateIsNotNull(gen.opaque(gen.index(1))), current, nest) : nest();
  }
  return current;
}

Values LoopNest::level(size_t depth, int64_t lanes, ArrayRef<Value *> carried, Body body) {
  Variable variable = loops[depth];
  Range whole = space.range(variable);
  Values current(carried);
  bool isInner = depth + 1 == loops.size();
  auto next = [&](Value *iv, ArrayRef<Value *> state) {
    space.setValue(variable, iv);
    return level(depth + 1, lanes, state, body);
  };
  for (Range part : isInner ? partsNow : parts(variable)) {
    space.setRange(variable, part);
    if (isInner) {
      current = innermost(part, lanes, current, body);
    } else {
      Value *lo = gen.index(part.lo), *hi = gen.index(part.hi + 1);
      if (variable == shared) {
        RegionEmitter::Share share = sharing->share(whole.hi + 1);
        lo = gen.larger(lo, share.lo);
        hi = gen.smaller(hi, share.hi);
      }
      current = gen.loop(lo, hi, 1, current, next, {/*mayUnroll=*/partsNow.size() < 8});
    }
    space.setRange(variable, whole);
  }
  return current;
}

Values LoopNest::innermost(Range part, int64_t lanes, ArrayRef<Value *> carried, Body body) {
  Variable variable = loops.back();
  Values current(carried);
  int64_t at = part.lo;
  for (int64_t width = lanes; at <= part.hi; width /= 2) {
    int64_t steps = (part.hi + 1 - at) / width;
    RegionEmitter::Share share{gen.index(0), gen.index(steps)};
    if (variable == shared)
      share = sharing->share(steps);
    current = gen.loop(gen.add(gen.mul(share.lo, width), at), gen.add(gen.mul(share.hi, width), at), width, current,
                       [&](Value *iv, ArrayRef<Value *> state) {
                         space.setValue(variable, iv);
                         return body({width, variable}, state);
                       });
    at += steps * width;
  }
  return current;
}

int64_t cpu::chooseLanes(const Isa &isa, int64_t bytes, int64_t extent, int64_t unroll) {
  int64_t lanes = isa.lanes(bytes);
  if (lanes == 1)
    return 1;
  for (; unroll > 1; unroll /= 2)
    if (extent % (lanes * unroll) == 0 || extent >= 3 * lanes * unroll)
      break;
  lanes *= unroll;
  while (lanes > extent)
    lanes /= 2;
  return std::max<int64_t>(lanes, 1);
}

WindowPart cpu::clipWindow(IRGen &gen, IndexSpace &space, const Index &first, int64_t window,
                           int64_t dilation, int64_t extent) {
  Range reach = space.range(first);
  if (reach.lo >= 0 && reach.hi + (window - 1) * dilation < extent)
    return {gen.index(0), gen.index(window)};
  Value *start = space.emit(first * -1); // start <= k * dilation < start + extent
  auto bound = [&](Value *value) {
    if (dilation != 1) { // rounded up; division truncates
      Value *positive = gen.builder.CreateICmpSGT(value, gen.index(0));
      value = gen.builder.CreateSelect(positive, gen.add(value, dilation - 1), value);
      value = gen.builder.CreateSDiv(value, gen.index(dilation));
    }
    value = gen.intrinsic(llvm::Intrinsic::smax, {value, gen.index(0)});
    return gen.intrinsic(llvm::Intrinsic::smin, {value, gen.index(window)});
  };
  return {bound(start), bound(gen.add(start, extent))};
}

Value *cpu::windowLoop(IRGen &gen, IndexSpace &space, WindowPart part, int64_t window, Value *initial,
                       llvm::function_ref<Value *(Index, Value *)> body) {
  Index k = space.loopVariable(window);
  return gen.loop(part.lo, part.hi, 1, {initial}, [&](Value *iv, ArrayRef<Value *> state) {
    if (!k.isConstant())
      space.setValue(k.terms[0].first, iv);
    return Values{body(k, state[0])};
  })[0];
}
