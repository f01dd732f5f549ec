// Elementwise operations on scalars and vectors in register types.
#include "backends/cpu/codegen/Math.h"
#include "backends/cpu/codegen/Quantize.h"
#include "backends/cpu/codegen/RegionEmitter.h"

#include "ir/NN/Constants.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;
using mlir::Operation;

namespace {

mlir::Type elementOf(mlir::Value tensor) {
  return mlir::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
}
bool isFloating(mlir::Type type) { return mlir::isa<mlir::FloatType>(type); }
bool isSignedInteger(mlir::Type type) { return type.isSignlessInteger() && !type.isInteger(1); }

// One elementwise operation at a time; `element` is its operands' element type.
class Emitter {
public:
  Emitter(RegionEmitter &region, mlir::Type element)
      : region(region), gen(region.gen), b(gen.builder), element(element) {}

  Value *unary(nn::UnaryFn fn, Value *x) {
    return isFloating(element) ? unaryFloat(fn, x) : unaryInteger(fn, x);
  }
  Value *binary(nn::BinaryFn fn, Value *x, Value *y) {
    return isFloating(element) ? binaryFloat(fn, x, y) : binaryInteger(fn, x, y);
  }
  Value *compare(nn::CompareFn fn, Value *x, Value *y);
  Value *cast(mlir::Type to, Value *x);
  Value *bitcast(mlir::Type to, Value *x);

private:
  Value *unaryFloat(nn::UnaryFn fn, Value *x);
  Value *unaryInteger(nn::UnaryFn fn, Value *x);
  Value *binaryFloat(nn::BinaryFn fn, Value *x, Value *y);
  Value *binaryInteger(nn::BinaryFn fn, Value *x, Value *y);
  Value *divide(nn::BinaryFn fn, Value *x, Value *y);
  Value *shift(bool left, Value *x, Value *amount);
  Value *powInteger(Value *x, Value *y);
  Value *zero(Value *like) { return gen.zero(like->getType()); }
  Value *abs(Value *x) { return gen.intrinsic(llvm::Intrinsic::fabs, {x}); }
  Value *any(Value *condition) {
    return IRGen::lanesOf(condition) == 1 ? condition : b.CreateOrReduce(condition);
  }
  Value *select(Value *condition, Value *x, Value *y) { return b.CreateSelect(condition, x, y); }
  Value *less(Value *x, Value *y) {
    return isSignedInteger(element) ? b.CreateICmpSLT(x, y) : b.CreateICmpULT(x, y);
  }

  RegionEmitter &region;
  IRGen &gen;
  llvm::IRBuilder<> &b;
  mlir::Type element;
};

Value *Emitter::unaryFloat(nn::UnaryFn fn, Value *x) {
  Value *infinity = gen.constant(x->getType(), HUGE_VAL);
  switch (fn) {
  case nn::UnaryFn::Neg:
    return b.CreateFNeg(x);
  case nn::UnaryFn::Abs:
    return abs(x);
  case nn::UnaryFn::Sign: {
    Value *one = gen.intrinsic(llvm::Intrinsic::copysign, {gen.constant(x->getType(), 1), x});
    return select(b.CreateFCmpONE(x, zero(x)), one, select(b.CreateFCmpUNO(x, x), x, zero(x)));
  }
  case nn::UnaryFn::Relu:
    return gen.fastMax(zero(x), x); // NaN, the second, stays
  case nn::UnaryFn::IsNan:
    return b.CreateFCmpUNO(x, x);
  case nn::UnaryFn::IsInf:
    return b.CreateFCmpOEQ(abs(x), infinity);
  case nn::UnaryFn::IsFinite:
    return b.CreateFCmpOLT(abs(x), infinity);
  default:
    return emitMath(gen, fn, x);
  }
}

Value *Emitter::unaryInteger(nn::UnaryFn fn, Value *x) {
  Value *negative = isSignedInteger(element) ? b.CreateICmpSLT(x, zero(x)) : zero(b.CreateICmpEQ(x, x));
  switch (fn) {
  case nn::UnaryFn::Neg:
    return b.CreateNeg(x);
  case nn::UnaryFn::Abs:
    return select(negative, b.CreateNeg(x), x);
  case nn::UnaryFn::Sign:
    if (element.isInteger(1))
      return x;
    return select(negative, llvm::Constant::getAllOnesValue(x->getType()),
                  b.CreateZExt(b.CreateICmpNE(x, zero(x)), x->getType()));
  case nn::UnaryFn::Relu:
    return select(negative, zero(x), x);
  case nn::UnaryFn::Not:
    return b.CreateNot(x);
  case nn::UnaryFn::IsNan:
  case nn::UnaryFn::IsInf:
    return zero(b.CreateICmpEQ(x, x));
  case nn::UnaryFn::IsFinite:
    return b.CreateICmpEQ(x, x);
  case nn::UnaryFn::PopCount: {
    llvm::Type *byte = IRGen::vectorOf(gen.i8(), IRGen::lanesOf(x));
    return b.CreateZExtOrTrunc(gen.intrinsic(llvm::Intrinsic::ctpop, {x}), byte);
  }
  default: // roundings of integers
    return x;
  }
}

Value *Emitter::binaryFloat(nn::BinaryFn fn, Value *x, Value *y) {
  switch (fn) {
  case nn::BinaryFn::Add:
    return b.CreateFAdd(x, y);
  case nn::BinaryFn::Sub:
    return b.CreateFSub(x, y);
  case nn::BinaryFn::Mul:
    return b.CreateFMul(x, y);
  case nn::BinaryFn::Div:
    return b.CreateFDiv(x, y);
  case nn::BinaryFn::FloorDiv:
    return emitMath(gen, nn::UnaryFn::Floor, region.roundTo(element, b.CreateFDiv(x, y)));
  case nn::BinaryFn::TruncMod:
    return emitRemainder(gen, x, y);
  case nn::BinaryFn::FloorMod: {
    Value *rest = emitRemainder(gen, x, y);
    Value *signs = b.CreateXor(b.CreateFCmpOLT(rest, zero(x)), b.CreateFCmpOLT(y, zero(x)));
    Value *differs = b.CreateAnd(b.CreateFCmpUNE(rest, zero(x)), signs);
    return select(differs, b.CreateFAdd(rest, y), rest);
  }
  case nn::BinaryFn::Pow:
    return emitPow(gen, x, y);
  case nn::BinaryFn::Max:
    return gen.nanMax(x, y);
  case nn::BinaryFn::Min:
    return gen.nanMin(x, y);
  default: // atan2; the verifier lets nothing else pass
    return gen.libcall(x->getType()->getScalarType()->isFloatTy() ? "atan2f" : "atan2", {x, y});
  }
}

// The divisor is replaced where it would trap: 0 was reported before, and
// anything by -1 is a negation that wraps.
Value *Emitter::divide(nn::BinaryFn fn, Value *x, Value *y) {
  Value *isZero = any(b.CreateICmpEQ(y, zero(y)));
  region.failIf(isZero, AOTC_DIVISION_BY_ZERO, gen.index(0));
  if (!isSignedInteger(element))
    return fn == nn::BinaryFn::Div || fn == nn::BinaryFn::FloorDiv ? b.CreateUDiv(x, y) : b.CreateURem(x, y);
  Value *minusOne = b.CreateICmpEQ(y, llvm::Constant::getAllOnesValue(y->getType()));
  Value *divisor = select(minusOne, gen.constantInt(y->getType(), 1), y);
  Value *quotient = b.CreateSDiv(x, divisor);
  Value *rest = b.CreateSub(x, b.CreateMul(quotient, divisor));
  quotient = select(minusOne, b.CreateNeg(x), quotient);
  if (fn == nn::BinaryFn::Div)
    return quotient;
  if (fn == nn::BinaryFn::TruncMod)
    return rest;
  Value *signs = b.CreateICmpSLT(b.CreateXor(rest, y), zero(y));
  Value *below = b.CreateAnd(b.CreateICmpNE(rest, zero(rest)), signs);
  if (fn == nn::BinaryFn::FloorDiv)
    return b.CreateSub(quotient, b.CreateZExt(below, x->getType()));
  return select(below, b.CreateAdd(rest, y), rest);
}

Value *Emitter::shift(bool left, Value *x, Value *amount) {
  Value *last = gen.constantInt(x->getType(), element.getIntOrFloatBitWidth() - 1);
  amount = select(less(amount, last), amount, last);
  if (isSignedInteger(element))
    amount = select(b.CreateICmpSLT(amount, zero(amount)), zero(amount), amount);
  return left                       ? b.CreateShl(x, amount)
         : isSignedInteger(element) ? b.CreateAShr(x, amount)
                                    : b.CreateLShr(x, amount);
}

// By squaring, one step a bit of the exponent. A negative exponent leaves
// only the powers of 1 and -1.
Value *Emitter::powInteger(Value *x, Value *y) {
  Value *one = gen.constantInt(x->getType(), 1);
  unsigned bits = element.getIntOrFloatBitWidth();
  Values result = gen.loop(0, bits, 1, {one, x, y}, [&](Value *, llvm::ArrayRef<Value *> state) {
    Value *odd = b.CreateICmpNE(b.CreateAnd(state[2], one), zero(x));
    return Values{select(odd, b.CreateMul(state[0], state[1]), state[0]), b.CreateMul(state[1], state[1]),
                  b.CreateLShr(state[2], one)};
  });
  if (!isSignedInteger(element))
    return result[0];
  Value *minusOne = b.CreateICmpEQ(x, llvm::Constant::getAllOnesValue(x->getType()));
  Value *odd = b.CreateICmpNE(b.CreateAnd(y, one), zero(y));
  Value *inverse = select(b.CreateICmpEQ(x, one), one, select(minusOne, select(odd, x, one), zero(x)));
  return select(b.CreateICmpSLT(y, zero(y)), inverse, result[0]);
}

Value *Emitter::binaryInteger(nn::BinaryFn fn, Value *x, Value *y) {
  switch (fn) {
  case nn::BinaryFn::Add:
    return b.CreateAdd(x, y);
  case nn::BinaryFn::Sub:
    return b.CreateSub(x, y);
  case nn::BinaryFn::Mul:
    return b.CreateMul(x, y);
  case nn::BinaryFn::Max:
    return select(less(x, y), y, x);
  case nn::BinaryFn::Min:
    return select(less(x, y), x, y);
  case nn::BinaryFn::And:
    return b.CreateAnd(x, y);
  case nn::BinaryFn::Or:
    return b.CreateOr(x, y);
  case nn::BinaryFn::Xor:
    return b.CreateXor(x, y);
  case nn::BinaryFn::ShiftLeft:
  case nn::BinaryFn::ShiftRight:
    return shift(fn == nn::BinaryFn::ShiftLeft, x, y);
  case nn::BinaryFn::Pow:
    return powInteger(x, y);
  default:
    return divide(fn, x, y);
  }
}

Value *Emitter::compare(nn::CompareFn fn, Value *x, Value *y) {
  using P = llvm::CmpInst::Predicate;
  static constexpr P floats[] = {P::FCMP_OEQ, P::FCMP_UNE, P::FCMP_OLT,
                                 P::FCMP_OLE, P::FCMP_OGT, P::FCMP_OGE};
  static constexpr P ints[] = {P::ICMP_EQ, P::ICMP_NE, P::ICMP_SLT, P::ICMP_SLE, P::ICMP_SGT, P::ICMP_SGE};
  static constexpr P uints[] = {P::ICMP_EQ, P::ICMP_NE, P::ICMP_ULT, P::ICMP_ULE, P::ICMP_UGT, P::ICMP_UGE};
  auto which = static_cast<unsigned>(fn);
  return b.CreateCmp((isFloating(element) ? floats : isSignedInteger(element) ? ints : uints)[which], x, y);
}

Value *Emitter::cast(mlir::Type to, Value *x) {
  llvm::Type *target = region.registerType(to, IRGen::lanesOf(x));
  if (element == to)
    return x;
  if (to.isInteger(1))
    return isFloating(element) ? b.CreateFCmpUNE(x, zero(x)) : b.CreateICmpNE(x, zero(x));
  if (isFloating(element) && isFloating(to)) // one of them may be f64
    return region.roundTo(to, b.CreateFPCast(x, target));
  if (isFloating(element)) {
    auto id = isSignedInteger(to) ? llvm::Intrinsic::fptosi_sat : llvm::Intrinsic::fptoui_sat;
    return b.CreateIntrinsic(id, {target, x->getType()}, {x});
  }
  if (isFloating(to))
    return region.roundTo(to,
                          isSignedInteger(element) ? b.CreateSIToFP(x, target) : b.CreateUIToFP(x, target));
  return b.CreateIntCast(x, target, isSignedInteger(element));
}

Value *Emitter::bitcast(mlir::Type to, Value *x) {
  Value *memory = region.toMemory(element, x);
  return region.toRegister(to, b.CreateBitCast(memory, region.memoryType(to, IRGen::lanesOf(x))));
}

} // namespace

// Whether `value` is x - max(x), as in a softmax: never positive.
static bool isBelowMaximum(mlir::Value value) {
  auto shift = value.getDefiningOp<nn::BinaryOp>();
  if (!shift || shift.getFn() != nn::BinaryFn::Sub)
    return false;
  mlir::Value bound = shift.getRhs();
  while (auto broadcast = bound.getDefiningOp<nn::BroadcastOp>())
    bound = broadcast.getOperand();
  auto max = bound.getDefiningOp<nn::ReduceOp>();
  return max && max.getFn() == nn::ReduceFn::Max && max.getOperand() == shift.getLhs();
}

Value *RegionEmitter::elementwise(Operation *op, llvm::ArrayRef<Value *> operands) {
  mlir::Type operandElement = elementOf(op->getOperand(0)), element = elementOf(op->getResult(0));
  Emitter emit(*this, operandElement);
  auto &b = gen.builder;
  Value *x = operands[0];
  return llvm::TypeSwitch<Operation *, Value *>(op)
      .Case([&](nn::UnaryOp unary) {
        bool decays = unary.getFn() == nn::UnaryFn::Exp && isFloating(element) && isBelowMaximum(unary.getOperand());
        return roundTo(element, decays ? emitExpOfNonPositive(gen, x) : emit.unary(unary.getFn(), x));
      })
      .Case(
          [&](nn::BinaryOp binary) { return roundTo(element, emit.binary(binary.getFn(), x, operands[1])); })
      .Case([&](nn::CompareOp compare) { return emit.compare(compare.getFn(), x, operands[1]); })
      .Case([&](nn::SelectOp) { return b.CreateSelect(x, operands[1], operands[2]); })
      .Case([&](nn::ClampOp clamp) {
        auto bound = [&](const llvm::APFloat &value) {
          return roundTo(element, gen.constant(x->getType(), value.convertToDouble()));
        };
        // The second operand of fastMax and fastMin is kept when it is NaN.
        return gen.fastMin(bound(clamp.getHigh()), gen.fastMax(bound(clamp.getLow()), x));
      })
      .Case([&](nn::CastOp) { return emit.cast(element, x); })
      .Case([&](nn::BitcastOp) { return emit.bitcast(element, x); })
      .Case([&](nn::QuantizeOp quantize) { return emitQuantize(gen, quantize, x, operands[1]); })
      .Case([&](nn::DequantizeOp dequantize) { return emitDequantize(gen, dequantize, x, operands[1]); });
}

bool RegionEmitter::canFail(Operation *op) {
  auto binary = llvm::dyn_cast<nn::BinaryOp>(op);
  if (!binary || isFloating(elementOf(binary.getResult())))
    return false;
  switch (binary.getFn()) {
  case nn::BinaryFn::Div:
  case nn::BinaryFn::FloorDiv:
  case nn::BinaryFn::FloorMod:
  case nn::BinaryFn::TruncMod:
    return true;
  default:
    return false;
  }
}
