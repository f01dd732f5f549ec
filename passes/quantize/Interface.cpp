#include "passes/quantize/Interface.h"

#include "ir/NN/State.h"
#include "passes/quantize/Patterns.h"
#include "passes/quantize/Points.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {
namespace {

bool isSame(QuantizeOp a, QuantizeOp b) {
  return a.getRounding() == b.getRounding() && a.getZero() == b.getZero() && splatOf(a.getFactor()) == splatOf(b.getFactor()) &&
         typeOf(a).getElementType() == typeOf(b).getElementType();
}

// What all elements of a value are read by, behind moves; null: by nothing, or by other things as well.
QuantizeOp onlyReader(Value value) {
  QuantizeOp found;
  for (OpOperand &use : value.getUses()) {
    Operation *op = use.getOwner();
    auto reader = dyn_cast<QuantizeOp>(op);
    if (!reader && keepsElements(op) && !isa<ConcatOp>(op) && use.getOperandNumber() == 0)
      reader = onlyReader(op->getResult(0));
    if (!reader || !splatOf(reader.getFactor()) || (found && !isSame(found, reader)))
      return {};
    found = reader;
  }
  return found;
}

// The factor of `float_rne` is the reciprocal; the dequantization beside it has the number itself.
float stepOf(QuantizeOp op) {
  for (Operation *user : op->getUsers())
    if (DequantizeOp back = user->getNumResults() == 1 ? dequantized(user->getResult(0)) : DequantizeOp())
      return scaleOf(back);
  auto factor = static_cast<float>(*splatOf(op.getFactor()));
  return divides(op.getRounding()) ? factor : 1 / factor;
}

} // namespace

void narrowInputs(func::FuncOp func) {
  OpBuilder builder = OpBuilder::atBlockBegin(&func.front());
  for (BlockArgument argument : func.getArguments().take_front(inputCount(func))) {
    auto type = typeOf(argument);
    QuantizeOp reader = type.getElementType().isF32() ? onlyReader(argument) : QuantizeOp();
    if (!reader || !isByteTensor(reader) || !isCentred(reader))
      continue;
    Scale scale{stepOf(reader), static_cast<int64_t>(reader.getZero())};
    if (!(scale.scale > 0))
      continue;
    argument.setType(type.clone(typeOf(reader).getElementType()));
    Value factor = nn::makeSplat(builder, argument.getLoc(), type, scale.scale);
    auto real = builder.create<DequantizeOp>(argument.getLoc(), type, argument, factor, scale.zero);
    argument.replaceAllUsesExcept(real, real);
    setArgumentScale(func, argument.getArgNumber(), scale);
  }
  func.setType(FunctionType::get(func.getContext(), func.front().getArgumentTypes(), func.getResultTypes()));
}

void narrowOutputs(func::FuncOp func) {
  Operation *end = func.front().getTerminator();
  for (int64_t i = 0; i < tensorCount(func); ++i) {
    DequantizeOp source = dequantized(end->getOperand(i));
    if (!source || !isByteTensor(source.getOperand()) || !(scaleOf(source) > 0))
      continue;
    end->setOperand(i, source.getOperand());
    setResultScale(func, i, {scaleOf(source), zeroOf(source)});
    if (source->use_empty())
      source->erase();
  }
  func.setType(FunctionType::get(func.getContext(), func.getArgumentTypes(), end->getOperandTypes()));
}

} // namespace aotc::passes
