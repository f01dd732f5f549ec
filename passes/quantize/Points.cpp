#include "passes/quantize/Points.h"

#include "ir/NN/Constants.h"
#include "passes/fuse/Grouping.h"
#include "passes/quantize/Patterns.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {
namespace {

bool isReal(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32() && type.getNumElements() > 0;
}

Value throughReshapes(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getOperand();
  return value;
}

class Finder {
public:
  explicit Finder(func::FuncOp func) : func(func), groups(formGroups(func.front())) {}

  Points run() {
    for (const Group &group : groups)
      for (Operation *op : group.ops)
        for (Value operand : op->getOperands())
          if (!group.ops.contains(operand.getDefiningOp()))
            readers[throughReshapes(operand)].push_back({&group, op, operand});
    for (BlockArgument argument : func.getArguments())
      consider(argument);
    // Groups come later ones first; what is useful is asked for recursively.
    for (Operation &op : func.front())
      for (const Group &group : groups)
        if (group.yield == &op)
          consider(op.getResult(0));
    unite();
    for (const Group &group : groups)
      if (Operation *op = group.main; group.kind == FusionKind::Contraction && readsBytes(op))
        points.contractions.push_back(op);
    llvm::sort(points.contractions, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    for (Operation *op : points.contractions)
      points.inputs.push_back(llvm::find(points.values, sourceOf(op->getOperand(0))) - points.values.begin());
    for (auto gather : func.front().getOps<GatherOp>())
      if (isTable(gather))
        points.tables.push_back(gather);
    return std::move(points);
  }

private:
  struct Reader {
    const Group *group;
    Operation *op;
    Value operand;
  };

  // Contractions that kernels for bytes exist for.
  static bool multipliesBytes(Operation *op) {
    return isa<MatMulOp, ConvOp>(op) && isReal(op->getResult(0)) && isConstant(op->getOperand(1)) &&
           !isConstant(op->getOperand(0));
  }

  // Whose rows are picked by numbers that only calls know. Small ones are not worth a scale a column.
  static bool isTable(GatherOp gather) {
    constexpr int64_t kFewRows = 16;
    Value table = gather.getOperand();
    int64_t axis = gather.getAxis(), last = shapeOf(table).size() - 1;
    return isReal(table) && isConstant(table) && axis < last && shapeOf(table)[axis] >= kFewRows;
  }

  void consider(Value value) {
    if (isReal(value) && isUseful(value) && known.insert(value).second)
      points.values.push_back(value);
  }

  // Whether a contraction reads the value, or a value that is computed from it other than by a reduction over rows or an
  // attention, whose arithmetic wants all its digits.
  bool isUseful(Value value) {
    auto [found, isNew] = useful.try_emplace(value, false);
    if (!isNew)
      return found->second;
    bool result = llvm::any_of(readers.lookup(value), [&](const Reader &reader) {
      if (reader.op == reader.group->main && isContraction(reader.op))
        if (throughReshapes(reader.op->getOperand(0)) == value || throughReshapes(reader.op->getOperand(1)) == value)
          return multipliesBytes(reader.op);
      bool passes = reader.group->kind == FusionKind::Contraction || reader.group->kind == FusionKind::Loop ||
                    (reader.group->kind == FusionKind::Single && isa<PoolOp, ResizeOp, GatherOp, ReduceOp>(reader.op)) ||
                    isMean(*reader.group);
      return passes && isReal(reader.group->yield->getResult(0)) && isUseful(reader.group->yield->getResult(0));
    });
    return useful[value] = result;
  }

  // A row group that is one mean or extremum, as of global pooling.
  static bool isMean(const Group &group) {
    return group.kind == FusionKind::Row && llvm::count_if(group.ops, [](Operation *op) { return isa<ReduceOp>(op); }) == 1;
  }

  bool readsBytes(Operation *op) {
    return multipliesBytes(op) && known.contains(sourceOf(op->getOperand(0)));
  }

  // The value whose elements `value` has, in some order.
  Value sourceOf(Value value) {
    while (!known.contains(value)) {
      Operation *op = value.getDefiningOp();
      if (!op || isa<ConcatOp>(op) || !keepsElements(op))
        break;
      value = op->getOperand(0);
    }
    return value;
  }

  void unite() {
    llvm::EquivalenceClasses<void *> classes;
    for (Value value : points.values) {
      classes.insert(value.getAsOpaquePointer());
      Operation *op = value.getDefiningOp();
      if (!op || !keepsElements(op))
        continue;
      size_t sources = isa<ConcatOp>(op) ? op->getNumOperands() : 1;
      for (Value operand : op->getOperands().take_front(sources))
        if (Value source = sourceOf(operand); known.contains(source))
          classes.unionSets(value.getAsOpaquePointer(), source.getAsOpaquePointer());
    }
    llvm::MapVector<void *, unsigned> numbers;
    for (Value value : points.values) {
      void *leader = classes.getLeaderValue(value.getAsOpaquePointer());
      points.sets.push_back(numbers.try_emplace(leader, numbers.size()).first->second);
    }
    points.setCount = numbers.size();
  }

  func::FuncOp func;
  std::vector<Group> groups;
  llvm::DenseMap<Value, SmallVector<Reader, 2>> readers;
  llvm::DenseMap<Value, bool> useful;
  llvm::DenseSet<Value> known;
  Points points;
};

} // namespace

bool keepsElements(Operation *op) {
  if (isa<ConcatOp, ReshapeOp, TransposeOp, SliceOp, ReverseOp, GatherOp, DynamicSliceOp>(op))
    return true;
  if (auto pad = dyn_cast<PadOp>(op))
    return pad.getMode() != PadMode::Constant || splatOf(pad.getValue()) == 0.0;
  if (auto pool = dyn_cast<PoolOp>(op))
    return pool.getFn() == PoolFn::Max;
  if (auto resize = dyn_cast<ResizeOp>(op))
    return resize.getMode() == ResizeMode::Nearest;
  return false;
}

Points findPoints(func::FuncOp func) { return Finder(func).run(); }

} // namespace aotc::passes
