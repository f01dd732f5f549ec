#include "passes/fuse/Grouping.h"
#include "ir/NN/Attention.h"
#include "ir/NN/Constants.h"

#include <optional>
#include <queue>

using namespace mlir;

namespace aotc::passes {

bool isContraction(Operation *op) { return isa<nn::MatMulOp, nn::ConvOp, nn::ConvTransposeOp>(op); }

int64_t rowDimsOf(Operation *op) {
  auto reduce = dyn_cast<nn::ReduceOp>(op);
  if (!reduce)
    return 0;
  ArrayRef<int64_t> shape = nn::shapeOf(reduce.getOperand());
  std::optional<int64_t> first;
  for (int64_t axis : reduce.getAxes())
    if (!first && shape[axis] != 1)
      first = axis;
  if (!first)
    return 0;
  for (int64_t d = *first, rank = shape.size(); d < rank; ++d)
    if (shape[d] != 1 && !llvm::is_contained(reduce.getAxes(), d))
      return 0;
  return shape.size() - *first;
}

bool keepsInnermost(Operation *move) {
  ArrayRef<int64_t> shape = nn::shapeOf(move->getResult(0));
  int64_t inner = static_cast<int64_t>(shape.size()) - 1;
  while (inner >= 0 && shape[inner] == 1)
    --inner;
  if (inner < 0)
    return true;
  if (auto reverse = dyn_cast<nn::ReverseOp>(move))
    return !llvm::is_contained(reverse.getAxes(), inner);
  auto transpose = dyn_cast<nn::TransposeOp>(move);
  if (!transpose)
    return true;
  ArrayRef<int64_t> from = nn::shapeOf(transpose.getOperand());
  for (int64_t d = transpose.getPermutation()[inner] + 1, rank = from.size(); d < rank; ++d)
    if (from[d] != 1)
      return false;
  return true;
}

void eraseDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
}

namespace {

// Bounds on what one kernel holds; longer chains are cut.
constexpr size_t kMaxOps = 64;

int64_t elements(Value value) { return cast<RankedTensorType>(value.getType()).getNumElements(); }

// Functions that take tens of cycles an element, so that computing one twice
// costs more than a trip through the cache.
bool isExpensive(Operation *op) {
  using nn::BinaryFn;
  using nn::UnaryFn;
  if (auto unary = dyn_cast<nn::UnaryOp>(op)) {
    switch (unary.getFn()) {
    case UnaryFn::Neg: case UnaryFn::Abs: case UnaryFn::Sign: case UnaryFn::Floor: case UnaryFn::Ceil:
    case UnaryFn::RoundEven: case UnaryFn::Trunc: case UnaryFn::Relu: case UnaryFn::Not:
    case UnaryFn::IsNan: case UnaryFn::IsInf: case UnaryFn::IsFinite:
      return false;
    default:
      return true;
    }
  }
  if (auto binary = dyn_cast<nn::BinaryOp>(op))
    switch (binary.getFn()) {
    case BinaryFn::Div: case BinaryFn::FloorDiv: case BinaryFn::FloorMod: case BinaryFn::TruncMod:
    case BinaryFn::Pow: case BinaryFn::Atan2:
      return true;
    default:
      return false;
    }
  return false;
}

// What every group that reads it computes for itself: it costs little beside reading the narrow integers in place of the
// numbers that they stand for.
bool isRepeated(Operation *op) {
  auto dequantize = dyn_cast<nn::DequantizeOp>(op);
  return dequantize && dequantize.getOperand().getType().getElementTypeBitWidth() <= 16;
}

// Operations that the body of a loop group may hold anywhere.
bool isLoopMove(Operation *op) {
  return isa<nn::BroadcastOp, nn::SliceOp, nn::TransposeOp, nn::ReverseOp, nn::IotaOp>(op);
}
// A reshape that only adds or drops extents of 1 is a free index mapping.
bool isUnitReshape(Operation *op) {
  auto reshape = dyn_cast<nn::ReshapeOp>(op);
  if (!reshape)
    return false;
  auto significant = [](ArrayRef<int64_t> shape) {
    SmallVector<int64_t> result(shape);
    llvm::erase(result, 1);
    return result;
  };
  return significant(nn::shapeOf(reshape.getOperand())) == significant(reshape.getType().getShape());
}
bool isAssembly(Operation *op) { return isa<nn::PadOp, nn::ConcatOp>(op); }

class Grouper {
public:
  explicit Grouper(Block &block) {
    for (Operation &op : block) {
      order[&op] = ops.size();
      ops.push_back(&op);
    }
  }

  std::vector<Group> run() {
    for (Operation *op : llvm::reverse(ops))
      if (auto product = dyn_cast<nn::MatMulOp>(op); product && !owned.contains(op))
        formAttention(product);
    // Later contractions first: of two that could take a residual addition,
    // the later one has its other operand in memory by then.
    for (Operation *op : llvm::reverse(ops))
      if (isContraction(op) && !owned.contains(op))
        formContraction(op);
    for (Operation *op : ops)
      if (int64_t rowDims = rowDimsOf(op); rowDims > 0 && !owned.contains(op))
        formRow(op, rowDims);
    for (Operation *op : llvm::reverse(ops))
      if (!isa<nn::ConstantOp, nn::ReshapeOp>(op) && !op->hasTrait<OpTrait::IsTerminator>() &&
          !owned.contains(op) && isNeeded(op))
        formLoop(op);
    return std::move(groups);
  }

private:
  using OpSet = llvm::SetVector<Operation *>;

  bool usesWithin(Operation *op, const OpSet &set) {
    return llvm::all_of(op->getUsers(), [&](Operation *user) { return set.contains(user); });
  }

  // The largest group with one result that starts at `seed` and follows its
  // uses through operations that `accepts`.
  OpSet growDown(Operation *seed, llvm::function_ref<bool(Operation *)> accepts) {
    OpSet reach;
    reach.insert(seed);
    std::priority_queue<unsigned, std::vector<unsigned>, std::greater<>> next;
    auto push = [&](Operation *op) {
      for (Operation *user : op->getUsers())
        next.push(order.lookup(user));
    };
    push(seed);
    while (!next.empty() && reach.size() < kMaxOps) {
      Operation *op = ops[next.top()];
      next.pop();
      // What another group computes for itself it reads in the narrow form.
      bool elsewhere = isRepeated(op) && membership.contains(op);
      if (!reach.contains(op) && !owned.contains(op) && !elsewhere && accepts(op) && reach.insert(op))
        push(op);
    }
    OpSet best;
    best.insert(seed);
    // `reach` is in block order, so ancestors precede.
    for (Operation *last : reach) {
      OpSet closure;
      closure.insert(last);
      for (size_t i = 0; i < closure.size(); ++i)
        for (Value operand : closure[i]->getOperands())
          if (Operation *producer = operand.getDefiningOp(); producer && reach.contains(producer))
            closure.insert(producer);
      bool closed = llvm::all_of(closure, [&](Operation *op) { return op == last || usesWithin(op, closure); });
      if (closed && closure.size() > best.size())
        best = std::move(closure);
    }
    // The narrow form is what lies in memory.
    for (Operation *last = lastOf(best); isRepeated(last) && last != seed; last = lastOf(best))
      best.remove(last);
    return best;
  }

  static Operation *lastOf(const OpSet &set) {
    Operation *last = set.front();
    for (Operation *op : set)
      if (last->isBeforeInBlock(op))
        last = op;
    return last;
  }

  void add(nn::FusionKind kind, Operation *main, OpSet set, int64_t rowDims = 0, const OpSet &shared = {}) {
    Operation *yield = lastOf(set);
    for (Operation *op : set)
      owned.insert(op);
    set.insert(shared.begin(), shared.end());
    // Broadcasts and dequantizations are repeated in every group that reads them.
    for (size_t i = 0; i < set.size(); ++i)
      for (Value operand : set[i]->getOperands())
        if (Operation *producer = operand.getDefiningOp();
            producer && !owned.contains(producer) && repeatsFor(set[i], producer, kind))
          set.insert(producer);
    record({kind, main, yield, std::move(set), rowDims});
  }

  static bool repeatsFor(Operation *reader, Operation *producer, nn::FusionKind kind) {
    if (isa<nn::BroadcastOp>(producer))
      return nn::isElementwise(reader);
    bool inRow = kind == nn::FusionKind::Row && isa<nn::ReduceOp>(reader);
    return isRepeated(producer) && (nn::isElementwise(reader) || inRow);
  }

  void record(Group group) {
    for (Operation *op : group.ops)
      membership[op].push_back(groups.size());
    groups.push_back(std::move(group));
  }

  void formAttention(nn::MatMulOp product) {
    std::optional<nn::Attention> a = nn::matchAttention(product);
    if (!a)
      return;
    OpSet set;
    set.insert(a->scores);
    set.insert(a->scoring.begin(), a->scoring.end());
    for (Operation *op :
         {a->max.getOperation(), a->shift, a->exponential, a->sum.getOperation(), a->inverse, a->normalize})
      if (op)
        set.insert(op);
    set.insert(a->reshapes.begin(), a->reshapes.end());
    set.insert(product);
    // Where another attention reads the product itself, that is what this one yields.
    if (llvm::none_of(a->result.moves, [&](Operation *move) { return membership.contains(move); }))
      set.insert(a->result.moves.begin(), a->result.moves.end());
    if (llvm::any_of(set, [&](Operation *op) { return owned.contains(op); }))
      return;
    // Others may read the moves of the operands too, each for itself.
    OpSet shared;
    for (const nn::Attention::Operand &operand : {a->query, a->key, a->value})
      shared.insert(operand.moves.begin(), operand.moves.end());
    add(nn::FusionKind::Attention, product, std::move(set), 0, shared);
  }

  void formContraction(Operation *root) {
    ArrayRef<int64_t> shape = nn::shapeOf(root->getResult(0));
    OpSet set = growDown(root, [&](Operation *op) {
      return nn::isElementwise(op) && nn::shapeOf(op->getResult(0)) == shape;
    });
    add(nn::FusionKind::Contraction, root, std::move(set));
  }

  void formRow(Operation *seed, int64_t rowDims) {
    ArrayRef<int64_t> full = nn::shapeOf(seed->getOperand(0));
    ArrayRef<int64_t> one = nn::shapeOf(seed->getResult(0));
    auto fits = [&](Operation *op) {
      if (op->getNumResults() != 1)
        return false;
      ArrayRef<int64_t> shape = nn::shapeOf(op->getResult(0));
      if (isa<nn::ReduceOp>(op))
        return rowDimsOf(op) == rowDims && nn::shapeOf(op->getOperand(0)) == full;
      return (nn::isElementwise(op) || isa<nn::BroadcastOp>(op)) && (shape == full || shape == one);
    };
    OpSet set = growDown(seed, fits);
    // Producers that nothing else reads; expensive ones only where no second
    // pass over the row evaluates them again.
    for (size_t i = 0; i < set.size() && set.size() < kMaxOps; ++i)
      for (Value operand : set[i]->getOperands()) {
        Operation *producer = operand.getDefiningOp();
        if (!producer || owned.contains(producer) || !fits(producer) || !usesWithin(producer, set))
          continue;
        bool once = producer->hasOneUse() || nn::shapeOf(operand) == one;
        if (once || !isExpensive(producer))
          set.insert(producer);
      }
    add(nn::FusionKind::Row, seed, std::move(set), rowDims);
  }

  // Whether `op`'s result must be in memory: some user is no kernel, or lies in
  // a group that does not compute the value itself.
  bool isNeeded(Operation *op) {
    for (Operation *user : op->getUsers()) {
      auto found = membership.find(user);
      bool grouped = found != membership.end();
      if (!isa<nn::ReshapeOp>(user) ? !grouped : isNeeded(user))
        return true;
      if (grouped && llvm::any_of(found->second, [&](size_t g) { return !groups[g].ops.contains(op); }))
        return true;
    }
    return false;
  }

  // A concat of whole results along the outermost dimension may cost nothing:
  // the schedule places the parts side by side.
  static bool mayJoin(Operation *op) {
    auto concat = dyn_cast<nn::ConcatOp>(op);
    if (!concat)
      return false;
    llvm::SmallPtrSet<Value, 8> seen;
    for (Value input : concat.getInputs())
      if (!input.getDefiningOp() || nn::isConstant(input) || !seen.insert(input).second)
        return false;
    ArrayRef<int64_t> shape = concat.getType().getShape();
    return llvm::all_of(shape.take_front(concat.getAxis()), [](int64_t extent) { return extent == 1; });
  }

  // How a value inside a loop group is computed.
  struct Use {
    int mapping;      // reads with one number are at one index mapping
    bool shared;      // also computed in other groups
    double inflation; // evaluations an element
  };

  void formLoop(Operation *root) {
    bool assembly = isAssembly(root);
    if (!nn::isElementwise(root) && !isLoopMove(root) && !assembly)
      return record({nn::FusionKind::Single, root, root, OpSet(&root, &root + 1), 0});
    Group group{nn::FusionKind::Loop, root, root, OpSet(&root, &root + 1), 0};
    if (!mayJoin(root))
      absorbProducers(group);
    record(std::move(group));
  }

  void absorbProducers(Group &group) {
    Operation *root = group.yield;
    llvm::DenseMap<Operation *, Use> uses;
    uses[root] = {0, false, 1.0};
    int mappings = 1;
    bool arithmetic = nn::isElementwise(root), innerMove = !keepsInnermost(root);
    llvm::DenseMap<OpOperand *, int> mappingOf; // of operands of moves
    std::priority_queue<unsigned> next;
    auto push = [&](Operation *op) {
      for (OpOperand &operand : op->getOpOperands()) {
        mappingOf[&operand] = nn::isElementwise(op) ? uses[op].mapping : mappings++;
        if (Operation *producer = operand.get().getDefiningOp())
          next.push(order.lookup(producer));
      }
    };
    push(root);
    while (!next.empty() && group.ops.size() < kMaxOps) {
      Operation *op = ops[next.top()];
      next.pop();
      bool math = nn::isElementwise(op);
      if (group.ops.contains(op) || owned.contains(op) || (!math && !isLoopMove(op) && !isUnitReshape(op)))
        continue;
      Use use{-1, false, 0.0};
      bool severalMappings = false;
      for (OpOperand &operand : op->getUses()) {
        Operation *user = operand.getOwner();
        auto found = uses.find(user);
        if (found == uses.end()) {
          use.shared = true; // read outside of this group too
          continue;
        }
        use.shared |= found->second.shared;
        double repeat = isa<nn::BroadcastOp>(user)
                            ? double(elements(user->getResult(0))) / std::max<int64_t>(1, elements(op->getResult(0)))
                            : 1.0;
        use.inflation = std::max(use.inflation, found->second.inflation * repeat);
        severalMappings |= use.mapping >= 0 && use.mapping != mappingOf[&operand];
        use.mapping = mappingOf[&operand];
      }
      if (severalMappings) {
        use.mapping = mappings++;
        use.shared = true; // computed more than once, as if elsewhere
      }
      bool scalar = elements(op->getResult(0)) == 1 && !isExpensive(op);
      bool inner = !keepsInnermost(op);
      if (math && (use.shared || (use.inflation > 1 && !scalar)) && !isRepeated(op))
        continue;
      // Strided reads would make the arithmetic scalar.
      if ((inner && arithmetic) || (math && innerMove))
        continue;
      arithmetic |= math;
      innerMove |= inner;
      group.ops.insert(op);
      uses[op] = use;
      push(op);
    }
    dropOuterReshapes(group);
  }

  // Reshapes of what lies in memory are views outside.
  static void dropOuterReshapes(Group &group) {
    for (bool changed = true; changed;)
      changed = group.ops.remove_if([&](Operation *op) {
        return isa<nn::ReshapeOp>(op) && !group.ops.contains(op->getOperand(0).getDefiningOp());
      });
  }

  std::vector<Operation *> ops;
  llvm::DenseMap<Operation *, unsigned> order;
  llvm::DenseSet<Operation *> owned; // in a contraction, attention or row group
  llvm::DenseMap<Operation *, SmallVector<size_t, 1>> membership;
  std::vector<Group> groups;
};

} // namespace

std::vector<Group> formGroups(Block &block) { return Grouper(block).run(); }

} // namespace aotc::passes
