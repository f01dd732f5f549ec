#include "backends/cpu/kernels/Attention.h"
#include "backends/cpu/codegen/Reduction.h"
#include "backends/cpu/codegen/Tasks.h"
#include "backends/cpu/kernels/Kernels.h"
#include "ir/NN/Constants.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

namespace {

constexpr LoopHints kRolled{/*mayUnroll=*/false};

mlir::Type elementOf(mlir::Value tensor) {
  return mlir::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
}

int64_t rowStride(const nn::StridedView &view) { return view.strides[view.strides.size() - 2]; }
int64_t columnStride(const nn::StridedView &view) { return view.strides.back(); }

Dims batchDims(const nn::StridedView &view) {
  Dims dims;
  for (size_t d = 0; d + 2 < view.shape.size(); ++d)
    dims.push_back({view.shape[d], view.strides[d]});
  return mergeDims(dims);
}

Contraction contraction(mlir::Type element, Dim pixels, Step step, int64_t columns) {
  Contraction c;
  c.element = element;
  c.pixels = {pixels};
  c.steps = {step};
  c.rows = pixels.extent;
  c.depth = c.rhsTapRows = step.extent;
  c.columns = columns;
  return c;
}

// A block of query rows of one product of the batch.
struct RowBlock {
  llvm::Value *batch, *row; // the first row
  int64_t rows;
};

// Takes scores through the operations up to the softmax and stores them transposed.
class ScoreEpilogue : public Epilogue {
public:
  ScoreEpilogue(RegionEmitter &emitter, nn::Attention &a, llvm::Value *scores, int64_t pitch)
      : emitter(emitter), gen(emitter.gen), a(a), scores(scores), pitch(pitch) {
    llvm::SmallPtrSet<mlir::Operation *, 8> inside(a.scoring.begin(), a.scoring.end());
    for (mlir::Operation *op : a.scoring)
      for (mlir::Value operand : op->getOperands())
        if (operand != a.scores.getResult() && !inside.contains(operand.getDefiningOp()) && !repeatsNumber(operand)) {
          nn::Attention::Operand source = nn::broadcastSource(operand);
          leaves[operand] = {mlir::cast<mlir::BlockArgument>(source.base), source.view, nullptr};
        }
  }

  void begin(const RowBlock &block) {
    for (auto &[value, leaf] : leaves) {
      llvm::Value *offset =
          gen.add(offsetAt(gen, batchDims(leaf.view), block.batch), gen.mul(block.row, rowStride(leaf.view)));
      leaf.base =
          gen.address(emitter.inputPointer(leaf.argument), offset, RegionEmitter::bytesOf(elementOf(leaf.argument)));
    }
  }

  llvm::Value *initial(llvm::Value *, int64_t, int64_t lanes, int64_t) override {
    return gen.zero(emitter.registerType(elementOf(a.scores), lanes));
  }

  // Rows of the transposed scores are keys, columns are rows of the block.
  void finish(llvm::Value *accumulator, Spot spot, llvm::Value *key, llvm::Value *) override {
    Place place{key, spot.row, spot.column, spot.count};
    place.known[a.scores.getResult()] = firstLanes(gen, accumulator, spot.count);
    emitter.store(elementOf(a.logits), evaluate(a.logits, place), scores, gen.mul(key, pitch), spot.row * pitch + spot.column);
  }

private:
  struct Leaf {
    mlir::BlockArgument argument;
    nn::StridedView view; // [batch..., rows, keys]
    llvm::Value *base;    // of the block's first row
  };
  struct Place {
    llvm::Value *key;
    int64_t keyDisplacement, row, lanes;
    llvm::DenseMap<mlir::Value, llvm::Value *> known{};
  };

  llvm::Value *evaluate(mlir::Value value, Place &place) {
    if (llvm::Value *known = place.known.lookup(value))
      return known;
    return place.known[value] = compute(value, place);
  }

  llvm::Value *compute(mlir::Value value, Place &place) {
    if (llvm::Value *number = splatConstant(emitter, value, place.lanes))
      return number;
    if (auto leaf = leaves.find(value); leaf != leaves.end())
      return load(leaf->second, place);
    Values operands;
    for (mlir::Value operand : value.getDefiningOp()->getOperands())
      operands.push_back(evaluate(operand, place));
    return emitter.elementwise(value.getDefiningOp(), operands);
  }

  llvm::Value *load(const Leaf &leaf, const Place &place) {
    mlir::Type element = elementOf(leaf.argument);
    int64_t across = rowStride(leaf.view), along = columnStride(leaf.view);
    llvm::Value *offset = gen.mul(place.key, along);
    int64_t displacement = place.keyDisplacement * along + place.row * across;
    if (across == 1)
      return emitter.load(element, leaf.base, offset, place.lanes, displacement);
    if (across == 0)
      return gen.splat(emitter.load(element, leaf.base, offset, 1, displacement), place.lanes);
    llvm::Value *vector = llvm::PoisonValue::get(emitter.registerType(element, place.lanes));
    for (int64_t lane = 0; lane < place.lanes; ++lane) {
      llvm::Value *scalar = emitter.load(element, leaf.base, offset, 1, displacement + lane * across);
      if (place.lanes == 1)
        return scalar;
      vector = gen.builder.CreateInsertElement(vector, scalar, lane);
    }
    return vector;
  }

  RegionEmitter &emitter;
  IRGen &gen;
  nn::Attention &a;
  llvm::Value *scores;
  int64_t pitch;
  llvm::MapVector<mlir::Value, Leaf> leaves;
};

// Stores rows of the result.
class ValueEpilogue : public Epilogue {
public:
  ValueEpilogue(RegionEmitter &emitter, nn::Attention &a) : emitter(emitter), gen(emitter.gen), a(a) {}

  void begin(const RowBlock &block) {
    const nn::StridedView &view = a.result.view;
    llvm::Value *offset = gen.add(offsetAt(gen, batchDims(view), block.batch), gen.mul(block.row, rowStride(view)));
    base = gen.address(emitter.outputPointer(), offset, RegionEmitter::bytesOf(elementOf(a.product)), view.offset);
  }

  llvm::Value *initial(llvm::Value *, int64_t, int64_t lanes, int64_t) override {
    return gen.zero(emitter.registerType(elementOf(a.product), lanes));
  }

  void finish(llvm::Value *accumulator, Spot spot, llvm::Value *row, llvm::Value *column) override {
    int64_t stride = rowStride(a.result.view);
    emitter.store(elementOf(a.product), firstLanes(gen, accumulator, spot.count), base, gen.add(gen.mul(row, stride), column),
                  spot.row * stride + spot.column);
  }

private:
  RegionEmitter &emitter;
  IRGen &gen;
  nn::Attention &a;
  llvm::Value *base = nullptr;
};

class AttentionEmitter {
public:
  AttentionEmitter(RegionEmitter &emitter, nn::Attention &a, const AttentionPlan &plan)
      : emitter(emitter), gen(emitter.gen), a(a), plan(plan),
        panel(gen.address(emitter.scratchPointer(), gen.mul(emitter.firstTask(), plan.blockBytes()), 1)),
        scores(gen.address(panel, gen.index(plan.panelBytes), 1)), scoreEpilogue(emitter, a, scores, plan.block),
        valueEpilogue(emitter, a) {}

  void emit() {
    int64_t rows = a.rows(), blocks = llvm::divideCeil(rows, plan.block), rest = rows - (blocks - 1) * plan.block;
    RegionEmitter::Share share = emitter.share(a.batch() * blocks);
    auto body = [&](llvm::Value *unit) {
      auto &b = gen.builder;
      llvm::Value *number = blocks == 1 ? gen.index(0) : b.CreateURem(unit, gen.index(blocks));
      llvm::Value *batch = blocks == 1 ? unit : b.CreateUDiv(unit, gen.index(blocks));
      llvm::Value *row = gen.mul(number, plan.block);
      if (blocks == 1 || rest == plan.block)
        return rowBlock({batch, row, rest});
      llvm::Value *isLast = b.CreateICmpEQ(number, gen.index(blocks - 1));
      gen.ifThen(b.CreateNot(isLast), [&] { rowBlock({batch, row, plan.block}); });
      gen.ifThen(isLast, [&] { rowBlock({batch, row, rest}); });
    };
    emitter.unshared([&] { gen.loop(share.lo, share.hi, 1, body, kRolled); });
  }

private:
  llvm::Value *matrix(const nn::Attention::Operand &operand, const RowBlock &block) {
    return gen.address(emitter.inputPointer(mlir::cast<mlir::BlockArgument>(operand.base)),
                       offsetAt(gen, batchDims(operand.view), block.batch),
                       RegionEmitter::bytesOf(elementOf(operand.base)), operand.view.offset);
  }

  void rowBlock(const RowBlock &block) {
    int64_t bytes = plan.scoresChoice.elementBytes;
    scoreEpilogue.begin(block);
    valueEpilogue.begin(block);
    Contraction c = plan.scores;
    c.columns = block.rows;
    llvm::Value *queries = gen.address(matrix(a.query, block), gen.mul(block.row, c.rhsColumnStride), bytes);
    emitPanels(emitter, c, plan.scoresChoice, queries, panel);
    emitGemm(emitter, c, plan.scoresChoice, scoreEpilogue, {matrix(a.key, block), panel, gen.index(0), gen.index(0)});
    softmax(block.rows);
    c = plan.values;
    c.rows = c.pixels[0].extent = block.rows;
    emitGemm(emitter, c, plan.valuesChoice, valueEpilogue,
             {scores, matrix(a.value, block), gen.index(0), gen.index(0)});
  }

  void softmax(int64_t rows) {
    runs.clear();
    for (int64_t first = 0; first < rows; first += plan.scoresChoice.lanes)
      runs.push_back({first, std::min(plan.scoresChoice.lanes, rows - first)});
    Values maxima =
        reduceKeys(a.max, 4, [&](llvm::Value *key, int64_t next, size_t run) { return load(key, next, run); });
    Values sums = reduceKeys(a.sum, 2, [&](llvm::Value *key, int64_t next, size_t run) {
      llvm::Value *shifted = emitter.elementwise(a.shift, {load(key, next, run), maxima[run]});
      llvm::Value *value = emitter.elementwise(a.exponential, {shifted});
      store(value, key, next, run);
      return value;
    });
    bool divides = !a.inverse, first = a.normalize->getOperand(0) == a.exponential->getResult(0);
    if (!divides)
      for (llvm::Value *&sum : sums)
        sum = emitter.elementwise(a.inverse, {sum});
    overKeys(4, {}, [&](llvm::Value *key, int64_t next, size_t run, llvm::Value *) -> llvm::Value * {
      llvm::Value *value = load(key, next, run);
      Values operands{first ? value : sums[run], first ? sums[run] : value};
      store(emitter.elementwise(a.normalize, operands), key, next, run);
      return nullptr;
    });
  }

  llvm::Value *load(llvm::Value *key, int64_t next, size_t run) {
    return emitter.load(elementOf(a.logits), scores, gen.mul(key, plan.block), runs[run].lanes,
                        next * plan.block + runs[run].first);
  }
  void store(llvm::Value *value, llvm::Value *key, int64_t next, size_t run) {
    emitter.store(elementOf(a.logits), value, scores, gen.mul(key, plan.block), next * plan.block + runs[run].first);
  }

  // Calls f for every key and run, `unroll` keys a trip; with `carried` values,
  // one a run and unrolled key, f makes the next of them.
  Values overKeys(int64_t unroll, Values carried,
                  llvm::function_ref<llvm::Value *(llvm::Value *, int64_t, size_t, llvm::Value *)> f) {
    auto keys = [&](llvm::Value *key, int64_t count, Values now) {
      for (int64_t next = 0; next < count; ++next)
        for (size_t run = 0; run < runs.size(); ++run) {
          size_t slot = next * runs.size() + run;
          llvm::Value *value = f(key, next, run, now.empty() ? nullptr : now[slot]);
          if (!now.empty())
            now[slot] = value;
        }
      return now;
    };
    int64_t main = a.keys() / unroll * unroll;
    carried = gen.loop(
        0, main, unroll, carried,
        [&](llvm::Value *key, llvm::ArrayRef<llvm::Value *> now) { return keys(key, unroll, Values(now)); }, kRolled);
    return keys(gen.index(main), a.keys() - main, carried);
  }

  // The reduction of element() over the keys, one vector a run.
  Values reduceKeys(nn::ReduceOp op, int64_t chains,
                    llvm::function_ref<llvm::Value *(llvm::Value *, int64_t, size_t)> element) {
    Reduction reduction(emitter, op.getFn(), elementOf(op.getOperand()));
    Values neutral;
    for (int64_t chain = 0; chain < chains; ++chain)
      for (const Run &run : runs)
        neutral.push_back(reduction.neutral(run.lanes));
    Values all = overKeys(chains, neutral, [&](llvm::Value *key, int64_t next, size_t run, llvm::Value *now) {
      return reduction.combine(now, element(key, next, run));
    });
    Values results(all.begin(), all.begin() + runs.size());
    for (size_t i = runs.size(); i < all.size(); ++i)
      results[i % runs.size()] = reduction.combine(results[i % runs.size()], all[i]);
    return results;
  }

  RegionEmitter &emitter;
  IRGen &gen;
  nn::Attention &a;
  const AttentionPlan &plan;
  llvm::Value *panel, *scores;
  ScoreEpilogue scoreEpilogue;
  ValueEpilogue valueEpilogue;
  // Neighbouring rows of the block in one vector.
  struct Run {
    int64_t first, lanes;
  };
  llvm::SmallVector<Run, 4> runs;
};

} // namespace

AttentionPlan planAttention(nn::Attention &a, mlir::Block &body, const Isa &isa) {
  AttentionPlan plan;
  mlir::Type element = elementOf(a.scores);
  plan.scores =
      contraction(element, {a.keys(), rowStride(a.key.view)}, {a.depth(), columnStride(a.key.view), 1}, a.rows());
  plan.scores.rhsRowStride = columnStride(a.query.view);
  plan.scores.rhsColumnStride = rowStride(a.query.view);
  plan.scoresChoice = *chooseKernel(plan.scores, isa);
  plan.scoresChoice.kernel = Choice::Kernel::Gemm;
  plan.scoresChoice.rhs = Choice::Rhs::PackedAtRunTime;
  plan.block = plan.scoresChoice.tileWidth();
  plan.values = contraction(element, {plan.block, 1}, {a.keys(), plan.block, 1}, a.columns());
  plan.values.rhsRowStride = rowStride(a.value.view);
  plan.valuesChoice = *chooseKernel(plan.values, isa);
  plan.valuesChoice.kernel = Choice::Kernel::Gemm;
  plan.valuesChoice.rhs = Choice::Rhs::Direct;
  int64_t blockBytes = plan.block * plan.scoresChoice.elementBytes;
  plan.panelBytes = llvm::alignTo(a.depth() * blockBytes, 64);
  plan.scoresBytes = llvm::alignTo(a.keys() * blockBytes, 64);
  constexpr int64_t kMostCopies = 4; // of the scratch memory
  plan.tasks = std::min(taskCount(bodyNanoseconds(body, isa), a.batch() * llvm::divideCeil(a.rows(), plan.block), isa),
                        kMostCopies);
  return plan;
}

nn::Attention attentionOf(mlir::Block &body) {
  for (auto matmul : body.getOps<nn::MatMulOp>())
    if (std::optional<nn::Attention> a = nn::matchAttention(matmul))
      return std::move(*a);
  llvm_unreachable("checked by aotc-verify-fusion");
}

void emitAttention(RegionEmitter &emitter) {
  nn::Attention a = attentionOf(emitter.body);
  AttentionPlan plan = planAttention(a, emitter.body, emitter.isa);
  emitter.stage(plan.tasks, [&] { AttentionEmitter(emitter, a, plan).emit(); });
}

} // namespace aotc::cpu
