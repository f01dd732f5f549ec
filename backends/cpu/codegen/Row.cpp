// Groups of kind `row`: for every row, passes over it, each ending in the
// reductions that the next one needs, e.g. softmax: max | sum of exp | scale.
#include "backends/cpu/codegen/Reduction.h"
#include "backends/cpu/codegen/Regions.h"
#include "ir/NN/Constants.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::ArrayRef;
using llvm::Value;

namespace {

using ValueSet = llvm::SetVector<mlir::Value>;

// What is computed when; known before code is generated, as it decides on scratch memory.
class RowPlan {
public:
  RowPlan(mlir::Block &body, int64_t rowDims);

  llvm::SmallVector<int64_t> outer, row; // extents
  struct Pass {
    llvm::SmallVector<nn::ReduceOp> reductions; // none in the last, which writes the result
    llvm::SmallVector<mlir::Value> kept;        // computed here and read by later passes
  };
  llvm::SmallVector<Pass> passes;
  mlir::Value yielded;
  bool yieldsRow;       // of shape S
  mlir::Value inOutput; // the kept value that lies in the result's row, if any

  int64_t rowElements() const { return elementsOf(row); }
  int64_t keptBytes(mlir::Value value) const {
    return llvm::alignTo(rowElements() * RegionEmitter::bytesOf(elementOf(value)), 64);
  }
  int64_t scratchBytes() const {
    int64_t total = 0;
    for (const Pass &pass : passes)
      for (mlir::Value value : pass.kept)
        if (value != inOutput)
          total += keptBytes(value);
    return total;
  }
  static mlir::Type elementOf(mlir::Value tensor) {
    return mlir::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
  }

private:
  bool isRow(mlir::Value value) { // of shape S; with rows of one element S and T coincide
    return nn::shapeOf(value) == ArrayRef<int64_t>(full) && !reduced.contains(value);
  }
  int64_t levelOf(mlir::Value value);
  int64_t costOf(mlir::Value value);
  void roots(size_t pass, llvm::SmallVectorImpl<mlir::Value> &values);
  ValueSet reached(size_t pass, const ValueSet &stops);
  void chooseKept(mlir::Block &body);

  llvm::SmallVector<int64_t> full;
  llvm::DenseSet<mlir::Value> reduced; // of shape T because a reduction stands above
  llvm::DenseMap<mlir::Value, int64_t> levels, costs;
};

RowPlan::RowPlan(mlir::Block &body, int64_t rowDims) : yielded(body.getTerminator()->getOperand(0)) {
  for (mlir::Operation &op : body) {
    auto reduce = mlir::dyn_cast<nn::ReduceOp>(op);
    if (!reduce)
      continue;
    full = llvm::to_vector(nn::shapeOf(reduce.getOperand()));
    size_t level = levelOf(reduce.getResult());
    if (passes.size() < level)
      passes.resize(level);
    passes[level - 1].reductions.push_back(reduce);
    reduced.insert(reduce.getResult());
  }
  passes.emplace_back();
  outer.assign(full.begin(), full.end() - rowDims);
  row.assign(full.end() - rowDims, full.end());
  yieldsRow = nn::shapeOf(yielded) == ArrayRef<int64_t>(full) && rowElements() != 1;
  chooseKept(body);
}

// How many reductions stand on the longest way from an argument.
int64_t RowPlan::levelOf(mlir::Value value) {
  mlir::Operation *op = value.getDefiningOp();
  if (!op)
    return 0;
  if (auto found = levels.find(value); found != levels.end())
    return found->second;
  int64_t level = 0;
  for (mlir::Value operand : op->getOperands())
    level = std::max(level, levelOf(operand));
  return levels[value] = level + (mlir::isa<nn::ReduceOp>(op) ? 1 : 0);
}

int64_t RowPlan::costOf(mlir::Value value) {
  mlir::Operation *op = value.getDefiningOp();
  if (!op || !isRow(value))
    return 0;
  if (auto found = costs.find(value); found != costs.end())
    return found->second;
  int64_t cost = elementCost(op);
  for (mlir::Value operand : op->getOperands())
    cost += costOf(operand);
  return costs[value] = std::min<int64_t>(cost, 1000);
}

void RowPlan::roots(size_t pass, llvm::SmallVectorImpl<mlir::Value> &values) {
  for (nn::ReduceOp reduce : passes[pass].reductions)
    values.push_back(reduce.getOperand());
  if (pass + 1 == passes.size() && yieldsRow)
    values.push_back(yielded);
}

// Row-shaped values that a pass computes or reads, not looking past `stops`.
ValueSet RowPlan::reached(size_t pass, const ValueSet &stops) {
  ValueSet seen;
  llvm::SmallVector<mlir::Value> work;
  roots(pass, work);
  while (!work.empty()) {
    mlir::Value value = work.pop_back_val();
    if (!isRow(value) || !seen.insert(value) || stops.contains(value))
      continue;
    if (mlir::Operation *op = value.getDefiningOp())
      work.append(op->operand_begin(), op->operand_end());
  }
  return seen;
}

// Values that are worth more than a load and that several passes need are
// kept in the row's buffer by the first pass.
void RowPlan::chooseKept(mlir::Block &body) {
  constexpr int64_t kWorthKeeping = 8;
  ValueSet kept;
  for (mlir::Operation &op : llvm::reverse(body)) { // users first
    if (op.getNumResults() != 1 || op.getNumOperands() == 0 || costOf(op.getResult(0)) < kWorthKeeping)
      continue;
    mlir::Value value = op.getResult(0);
    llvm::SmallVector<size_t> users;
    for (size_t pass = 0; pass < passes.size(); ++pass)
      if (reached(pass, kept).contains(value))
        users.push_back(pass);
    // The first pass of a kept value computes it, and with it what it is made of.
    if (users.size() < 2)
      continue;
    kept.insert(value);
    passes[users.front()].kept.push_back(value);
    // The result's row can hold it unless a later pass still reads an
    // argument: arguments may lie in the result's place.
    bool fits = !inOutput && yieldsRow &&
                RegionEmitter::bytesOf(elementOf(value)) == RegionEmitter::bytesOf(elementOf(yielded));
    for (size_t pass = users.front() + 1; fits && pass < passes.size(); ++pass)
      for (mlir::Value read : reached(pass, kept))
        fits &= !mlir::isa<mlir::BlockArgument>(read);
    if (fits)
      inOutput = value;
  }
}

class RowEmitter {
public:
  RowEmitter(RegionEmitter &emitter, const RowPlan &plan)
      : emitter(emitter), gen(emitter.gen), plan(plan), space(gen), outerNest(gen, space, plan.outer) {}

  void emit() {
    IndexUses uses;
    LoopNest rowNest = makeRowNest(&uses);
    outerNest.arrange(uses);
    outerNest.share(emitter);
    outerNest.emit(1, [&](LoopStep) { emitRow(); });
  }

private:
  // Loops over one row; they cannot be shared by passes, as each has its own.
  LoopNest makeRowNest(IndexUses *uses) {
    LoopNest nest(gen, space, plan.row);
    Indices all = indices(nest);
    IndexUses own;
    for (const RowPlan::Pass &pass : plan.passes)
      for (nn::ReduceOp reduce : pass.reductions)
        collectUses(reduce.getOperand(), all, space, own);
    collectUses(plan.yielded, plan.yieldsRow ? all : rowStart(), space, own);
    own.indices.push_back(IndexSpace::linearize(all, concat(plan.outer, plan.row)));
    nest.arrange(own);
    if (uses)
      uses->indices = own.indices;
    return nest;
  }

  static llvm::SmallVector<int64_t> concat(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
    llvm::SmallVector<int64_t> all(a);
    all.append(b.begin(), b.end());
    return all;
  }
  Indices indices(LoopNest &nest) {
    Indices all(outerNest.indices());
    all.append(nest.indices().begin(), nest.indices().end());
    return all;
  }
  // Of the first element of the row.
  Indices rowStart() {
    Indices first(outerNest.indices());
    first.resize(plan.outer.size() + plan.row.size());
    return first;
  }

  Evaluator evaluator(LoopStep step) {
    Evaluator result(emitter, space, step.lanes, step.lane);
    for (auto [value, scalar] : scalars)
      result.bind(value, scalar);
    for (auto [value, base] : stored)
      result.place(value, base, plan.outer.size());
    return result;
  }

  void emitRow() {
    scalars.clear();
    stored.clear();
    int64_t ownBytes = plan.scratchBytes();
    Value *own = ownBytes ? gen.address(emitter.scratchPointer(), gen.mul(emitter.firstTask(), ownBytes), 1) : nullptr;
    int64_t offset = 0;
    for (const RowPlan::Pass &pass : plan.passes) {
      llvm::SmallVector<std::pair<mlir::Value, Value *>> bases;
      for (mlir::Value value : pass.kept) {
        bases.push_back({value, value == plan.inOutput
                                    ? outputRow()
                                    : gen.address(own, gen.index(offset), 1)});
        if (value != plan.inOutput)
          offset += plan.keptBytes(value);
      }
      bool last = &pass == &plan.passes.back();
      if (!last)
        reduce(pass, bases);
      else
        write();
      stored.append(bases.begin(), bases.end());
    }
  }

  Value *outputRow() {
    Index first = IndexSpace::linearize(rowStart(), concat(plan.outer, plan.row));
    return gen.address(emitter.outputPointer(), space.emit(first),
                       RegionEmitter::bytesOf(RowPlan::elementOf(plan.yielded)));
  }

  // Several registers a step where the work on each is little.
  int64_t lanesFor(LoopNest &nest) {
    int64_t cost = 0;
    for (mlir::Operation &op : emitter.body)
      cost += elementCost(&op);
    return chooseLanes(emitter.isa, widestElement(emitter.body), nest.innerExtent(),
                       cost > 40   ? 1
                       : cost > 12 ? 2
                                   : 4);
  }

  void reduce(const RowPlan::Pass &pass, ArrayRef<std::pair<mlir::Value, Value *>> bases) {
    LoopNest nest = makeRowNest(nullptr);
    Indices all = indices(nest);
    llvm::SmallVector<Reduction> reductions;
    for (nn::ReduceOp reduce : pass.reductions)
      reductions.emplace_back(emitter, reduce.getFn(), RowPlan::elementOf(reduce.getResult()));
    int64_t lanes = lanesFor(nest);
    Values results = reduceNest(nest, reductions, lanes, [&](LoopStep step) {
      Evaluator now = evaluator(step);
      Values elements;
      for (auto [i, op] : llvm::enumerate(pass.reductions)) {
        nn::ReduceOp reduce = op;
        Value *value = now.vectorAt(reduce.getOperand(), all);
        elements.push_back(reductions[i].widened(value, RowPlan::elementOf(reduce.getOperand())));
      }
      Index inRow = IndexSpace::linearize(nest.indices(), plan.row);
      for (auto [value, base] : bases)
        emitter.store(RowPlan::elementOf(value), now.vectorAt(value, all), base, space.emit(inRow));
      return elements;
    });
    for (auto [i, op] : llvm::enumerate(pass.reductions)) {
      nn::ReduceOp reduce = op;
      scalars.push_back({reduce.getResult(), reductions[i].finish(results[i], plan.rowElements())});
    }
  }

  void write() {
    mlir::Type element = RowPlan::elementOf(plan.yielded);
    if (!plan.yieldsRow) {
      Evaluator now = evaluator({1, kNoVariable});
      emitter.store(element, now.at(plan.yielded, rowStart()), emitter.outputPointer(),
                    space.emit(IndexSpace::linearize(outerNest.indices(), plan.outer)));
      return;
    }
    LoopNest nest = makeRowNest(nullptr);
    Indices all = indices(nest);
    Index linear = IndexSpace::linearize(all, concat(plan.outer, plan.row));
    nest.emit(lanesFor(nest), [&](LoopStep step) {
      Evaluator now = evaluator(step);
      emitter.store(element, now.vectorAt(plan.yielded, all), emitter.outputPointer(), space.emit(linear));
    });
  }

  RegionEmitter &emitter;
  IRGen &gen;
  const RowPlan &plan;
  IndexSpace space;
  LoopNest outerNest;
  llvm::SmallVector<std::pair<mlir::Value, Value *>> scalars, stored;
};

} // namespace

int64_t cpu::rowScratchBytes(mlir::Block &body, int64_t rowDims) {
  return RowPlan(body, rowDims).scratchBytes();
}

void cpu::emitRowRegion(RegionEmitter &emitter) {
  RowPlan plan(emitter.body, emitter.op.getRowDims());
  RowEmitter(emitter, plan).emit();
}
