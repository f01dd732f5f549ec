#include "compiler/frontend/common/DataLoop.h"

#include "compiler/frontend/common/MainFunction.h"
#include "ir/NN/Control.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace aotc {

DataLoop::DataLoop(ImportBuilder &b, Value goesOn, ArrayRef<Value> initial) : b(b), goesOn(goesOn), initial(initial) {
  OpBuilder &builder = b.builder;
  before = builder.saveInsertionPoint();
  auto module = before.getBlock()->getParentOp()->getParentOfType<ModuleOp>();
  size_t number = llvm::range_size(module.getOps<func::FuncOp>());
  step = func::FuncOp::create(b.location(), ("loop" + Twine(number)).str(),
                              builder.getFunctionType(ValueRange(initial).getTypes(), {}));
  step.setPrivate();
  module.push_back(step);
  builder.setInsertionPointToStart(step.addEntryBlock());
  inside.assign(step.args_begin(), step.args_end());
  ++b.loopDepth;
}

DataLoop::~DataLoop() {
  if (step) { // a problem was reported on the way; what is inside may be used by what is inside only
    leave();
    step.erase();
  }
}

void DataLoop::leave() {
  b.builder.restoreInsertionPoint(before);
  --b.loopDepth;
}

Value DataLoop::capture(Value outside) {
  if (!outside)
    return {};
  if (Value found = known.lookup(outside))
    return found;
  Value value;
  if (ImportBuilder::isKnown(outside)) {
    IRMapping mapping;
    for (Value operand : outside.getDefiningOp()->getOperands())
      mapping.map(operand, capture(operand));
    value = b.builder.clone(*outside.getDefiningOp(), mapping)->getResult(0);
  } else {
    captured.push_back(outside);
    step.insertArgument(captured.size() - 1, outside.getType(), {}, outside.getLoc());
    value = step.getArgument(captured.size() - 1);
    Extents extents;
    for (Value extent : b.extents.of(outside))
      extents.push_back(capture(extent));
    b.extents.set(value, extents);
  }
  known[outside] = value;
  return value;
}

SmallVector<Value> DataLoop::finish(Value goesOnThen, ArrayRef<Value> next, int64_t maxRounds) {
  SmallVector<Value> poison(initial.size());
  if (!goesOnThen || llvm::is_contained(next, Value()))
    return poison;
  for (auto [from, to] : llvm::zip(initial, next)) {
    if (b.hasExtents({from, to}))
      return b.error("an extent that depends on data goes from round to round, and data decides how often the loop runs"), poison;
    if (from.getType() != to.getType())
      return b.error("data decides how often the loop runs, and its state is " +
                     typeString(ImportBuilder::dtype(from), ImportBuilder::shape(from)) + " before a round and " +
                     typeString(ImportBuilder::dtype(to), ImportBuilder::shape(to)) + " after it"),
             poison;
  }
  SmallVector<Value> results{goesOnThen};
  results.append(next.begin(), next.end());
  b.builder.create<func::ReturnOp>(b.location(), results);
  step.setType(b.builder.getFunctionType(step.front().getArgumentTypes(), ValueRange(results).getTypes()));
  eraseDead(step.front());
  step->setAttr("nn.states", b.builder.getI64IntegerAttr(static_cast<int64_t>(initial.size())));
  leave();
  SmallVector<Value> inputs = captured;
  inputs.append(initial);
  auto loop = b.builder.create<nn::WhileOp>(b.location(), ValueRange(initial).getTypes(), step.getSymName(), goesOn, inputs, maxRounds);
  step = {};
  return llvm::to_vector(llvm::map_range(loop.getResults(), [](OpResult result) -> Value { return result; }));
}

} // namespace aotc
