// Elementwise operations: identities, strength reduction, clamps, casts.
#include <cmath>

#include "passes/simplify/Patterns.h"
#include "passes/simplify/Values.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {
namespace {

bool isCommutative(BinaryFn fn) {
  switch (fn) {
  case BinaryFn::Add:
  case BinaryFn::Mul:
  case BinaryFn::Max:
  case BinaryFn::Min:
  case BinaryFn::And:
  case BinaryFn::Or:
  case BinaryFn::Xor: return true;
  default: return false;
  }
}

UnaryOp unaryOf(Value value, UnaryFn fn) {
  auto op = value.getDefiningOp<UnaryOp>();
  return op && op.getFn() == fn ? op : UnaryOp();
}

Value binary(PatternRewriter &rewriter, Location loc, BinaryFn fn, Value lhs, Value rhs) {
  return rewriter.create<BinaryOp>(loc, lhs.getType(), fn, lhs, rhs);
}

// Constants stand on the right, where the other patterns look for them.
struct ConstantToTheRight : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op, PatternRewriter &rewriter) const override {
    if (!isCommutative(op.getFn()) || !isConstantLike(op.getLhs()) || isConstantLike(op.getRhs()))
      return failure();
    rewriter.replaceOpWithNewOp<BinaryOp>(op, op.getType(), op.getFn(), op.getRhs(), op.getLhs());
    return success();
  }
};

// The value that a binary operation equals without computing, or null.
Value identityOf(BinaryOp op, PatternRewriter &rewriter) {
  Value x = op.getLhs();
  auto c = splatOf(op.getRhs());
  bool floating = isFloat(x), boolean = !floating && !isInteger(x);
  auto splat = [&](double value) {
    return makeSplat(rewriter, op.getLoc(), typeOf(x), value);
  };
  switch (op.getFn()) {
  case BinaryFn::Add:
  case BinaryFn::Sub:
  case BinaryFn::ShiftLeft:
  case BinaryFn::ShiftRight: return c && *c == 0 ? x : Value();
  case BinaryFn::Mul:
    if (c && *c == 0 && !floating) // NaN * 0 is NaN
      return splat(0);
    return c && *c == 1 ? x : Value();
  case BinaryFn::Div: return c && *c == 1 ? x : Value();
  case BinaryFn::FloorDiv: return c && *c == 1 && !floating ? x : Value();
  case BinaryFn::Pow:
    if (c && *c == 0)
      return splat(1); // of NaN, too
    return c && *c == 1 ? x : Value();
  case BinaryFn::Max:
  case BinaryFn::Min: return x == op.getRhs() ? x : Value();
  case BinaryFn::And:
    if (x == op.getRhs() || (boolean && c && *c == 1))
      return x;
    return c && *c == 0 ? splat(0) : Value();
  case BinaryFn::Or:
    if (x == op.getRhs() || (c && *c == 0))
      return x;
    return boolean && c && *c == 1 ? splat(1) : Value();
  case BinaryFn::Xor: return c && *c == 0 ? x : Value();
  default: return Value();
  }
}

struct DropIdentity : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op, PatternRewriter &rewriter) const override {
    Value value = identityOf(op, rewriter);
    if (!value)
      return failure();
    rewriter.replaceOp(op, value);
    return success();
  }
};

// A power of two whose reciprocal is also a normal number of the type.
bool hasExactReciprocal(double value, Type element) {
  int exponent;
  int limit = element.isF64() ? 1000 : element.isF16() ? 13 : 125;
  return std::isfinite(value) && std::fabs(std::frexp(value, &exponent)) == 0.5 && std::abs(exponent) < limit;
}

// A number with a normal reciprocal in every type.
bool isModest(double value) { return std::fabs(value) > 1e-4 && std::fabs(value) < 1e4; }

// Whether a last-place difference of `value` stays one: no reader within a few
// steps rounds, compares or ranks it.
bool readSmoothly(Value value, int depth = 4) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    if (isa<MatMulOp, ConvOp, SoftmaxOp>(user))
      return true;
    if (auto unary = dyn_cast<UnaryOp>(user)) {
      UnaryFn fn = unary.getFn();
      if (fn == UnaryFn::Erf || fn == UnaryFn::Tanh || fn == UnaryFn::Sigmoid || fn == UnaryFn::Exp)
        return true;
    }
    auto binary = dyn_cast<BinaryOp>(user);
    bool linear = binary && (binary.getFn() == BinaryFn::Add || binary.getFn() == BinaryFn::Sub ||
                             binary.getFn() == BinaryFn::Mul);
    return depth > 0 && (linear || isa<ReshapeOp, TransposeOp>(user)) && readSmoothly(user->getResult(0), depth - 1);
  });
}

// Multiplication, square roots and reciprocals instead of division and power.
struct ReduceStrength : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op, PatternRewriter &rewriter) const override {
    Value x = op.getLhs(), y = op.getRhs();
    if (!isFloat(x))
      return failure();
    auto replaceUnary = [&](UnaryFn fn, Value operand) {
      rewriter.replaceOpWithNewOp<UnaryOp>(op, op.getType(), fn, operand);
      return success();
    };
    auto replaceBinary = [&](BinaryFn fn, Value lhs, Value rhs) {
      rewriter.replaceOpWithNewOp<BinaryOp>(op, op.getType(), fn, lhs, rhs);
      return success();
    };
    auto c = splatOf(y);
    switch (op.getFn()) {
    case BinaryFn::Div:
      if (c && (hasExactReciprocal(*c, typeOf(x).getElementType()) || (isModest(*c) && readSmoothly(op))))
        return replaceBinary(BinaryFn::Mul, x, makeSplat(rewriter, op.getLoc(), op.getType(), 1 / *c));
      if (splatOf(x) == 1.0)
        return replaceUnary(UnaryFn::Reciprocal, y);
      return failure();
    case BinaryFn::Mul: return c == -1.0 ? replaceUnary(UnaryFn::Neg, x) : failure();
    case BinaryFn::Sub: { // of a constant: an addition merges and fuses as a bias
      if (c)
        return replaceBinary(BinaryFn::Add, x, makeSplat(rewriter, op.getLoc(), op.getType(), -*c));
      auto source = y.getDefiningOp<BroadcastOp>();
      auto constant = constantOf(source ? source.getOperand() : y);
      if (!constant)
        return failure();
      Value negated = makeConstant(rewriter, op.getLoc(),
                                   mapElements(*constant, [](double e, int64_t) { return -e; }));
      return replaceBinary(BinaryFn::Add, x, broadcast(rewriter, op.getLoc(), negated, op.getType().getShape()));
    }
    case BinaryFn::Pow:
      if (!c)
        return failure();
      if (*c == 2)
        return replaceBinary(BinaryFn::Mul, x, x);
      if (*c == 3)
        return replaceBinary(BinaryFn::Mul, binary(rewriter, op.getLoc(), BinaryFn::Mul, x, x), x);
      if (*c == -1)
        return replaceUnary(UnaryFn::Reciprocal, x);
      // pow(-inf, 0.5) is inf but sqrt(-inf) is NaN.
      if (*c == 0.5 && isNonNegative(x))
        return replaceUnary(UnaryFn::Sqrt, x);
      if (*c == -0.5 && isNonNegative(x))
        return replaceUnary(UnaryFn::Rsqrt, x);
      return failure();
    default: return failure();
    }
  }
};

// min(max(v, low), high) as an interval; NaN passes through it.
struct Interval {
  double low = -INFINITY, high = INFINITY;
  double operator()(double v) const { return std::min(std::max(v, low), high); }
};

// The interval that `op` clamps its operand to, if it does that.
std::optional<Interval> intervalOf(Operation *op) {
  if (auto clamp = dyn_cast_or_null<ClampOp>(op))
    return Interval{clamp.getLow().convertToDouble(), clamp.getHigh().convertToDouble()};
  if (auto unary = dyn_cast_or_null<UnaryOp>(op); unary && unary.getFn() == UnaryFn::Relu)
    return Interval{0, INFINITY};
  auto binary = dyn_cast_or_null<BinaryOp>(op);
  auto bound = binary ? splatOf(binary.getRhs()) : std::nullopt;
  if (!bound || std::isnan(*bound))
    return std::nullopt;
  if (binary.getFn() == BinaryFn::Max)
    return Interval{*bound, INFINITY};
  if (binary.getFn() == BinaryFn::Min)
    return Interval{-INFINITY, *bound};
  return std::nullopt;
}

// max(x, 0) -> relu; two of max, min, relu and clamp in a row -> one clamp.
struct FormClamp : RewritePattern {
  explicit FormClamp(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    auto outer = intervalOf(op);
    if (!outer || !isFloat(op->getResult(0)))
      return failure();
    Value x = op->getOperand(0);
    Interval merged = *outer;
    if (auto inner = intervalOf(x.getDefiningOp())) {
      merged = {(*outer)(inner->low), (*outer)(inner->high)};
      x = x.getDefiningOp()->getOperand(0);
    } else if (!isa<BinaryOp>(op)) {
      return failure();
    }
    auto type = typeOf(op->getResult(0));
    if (merged.low == 0 && merged.high == INFINITY) {
      rewriter.replaceOpWithNewOp<UnaryOp>(op, type, UnaryFn::Relu, x);
      return success();
    }
    if (x == op->getOperand(0))
      return failure();
    rewriter.replaceOpWithNewOp<ClampOp>(op, type, x, rewriter.getF64FloatAttr(merged.low),
                                         rewriter.getF64FloatAttr(merged.high));
    return success();
  }
};

bool isIdempotent(UnaryFn fn) {
  switch (fn) {
  case UnaryFn::Abs:
  case UnaryFn::Sign:
  case UnaryFn::Floor:
  case UnaryFn::Ceil:
  case UnaryFn::RoundEven:
  case UnaryFn::Trunc:
  case UnaryFn::Relu: return true;
  default: return false;
  }
}

struct SimplifyUnary : OpRewritePattern<UnaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(UnaryOp op, PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    UnaryFn fn = op.getFn();
    auto inner = x.getDefiningOp<UnaryOp>();
    bool involution = fn == UnaryFn::Neg || fn == UnaryFn::Not;
    if (inner && inner.getFn() == fn && (involution || isIdempotent(fn))) {
      rewriter.replaceOp(op, involution ? inner.getOperand() : x);
      return success();
    }
    if ((fn == UnaryFn::Relu || fn == UnaryFn::Abs) && isNonNegative(x)) {
      rewriter.replaceOp(op, x);
      return success();
    }
    if (fn == UnaryFn::Abs && inner && inner.getFn() == UnaryFn::Neg) {
      rewriter.replaceOpWithNewOp<UnaryOp>(op, op.getType(), fn, inner.getOperand());
      return success();
    }
    if (fn == UnaryFn::Reciprocal && inner && inner.getFn() == UnaryFn::Sqrt && inner->hasOneUse()) {
      rewriter.replaceOpWithNewOp<UnaryOp>(op, op.getType(), UnaryFn::Rsqrt, inner.getOperand());
      return success();
    }
    return failure();
  }
};

struct SimplifySelect : OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SelectOp op, PatternRewriter &rewriter) const override {
    if (auto condition = splatOf(op.getCondition())) {
      rewriter.replaceOp(op, *condition != 0 ? op.getOnTrue() : op.getOnFalse());
      return success();
    }
    if (op.getOnTrue() == op.getOnFalse()) {
      rewriter.replaceOp(op, op.getOnTrue());
      return success();
    }
    auto negated = unaryOf(op.getCondition(), UnaryFn::Not);
    if (!negated)
      return failure();
    rewriter.replaceOpWithNewOp<SelectOp>(op, op.getType(), negated.getOperand(), op.getOnFalse(),
                                          op.getOnTrue());
    return success();
  }
};

// Bits of an integer that a floating-point type represents exactly.
unsigned mantissaBits(Type type) { return cast<FloatType>(type).getFPMantissaWidth(); }

// Whether every value of `from` is a value of `to`.
bool isLossless(Type from, Type to) {
  if (from == to || from.isInteger(1))
    return true;
  auto fromInt = dyn_cast<IntegerType>(from), toInt = dyn_cast<IntegerType>(to);
  if (fromInt && toInt) {
    if (to.isInteger(1))
      return false;
    bool fromUnsigned = fromInt.isUnsigned(), toUnsigned = toInt.isUnsigned();
    if (fromUnsigned == toUnsigned)
      return toInt.getWidth() >= fromInt.getWidth();
    return fromUnsigned && toInt.getWidth() > fromInt.getWidth();
  }
  if (fromInt) {
    // The extreme of f16 lies below that of u16 and i16: mantissa covers the width, so the range does too.
    return fromInt.getWidth() - (fromInt.isUnsigned() ? 0 : 1) <= mantissaBits(to);
  }
  if (toInt)
    return false;
  if (from.isF64())
    return false;
  return to.isF64() || to.isF32();
}

struct SimplifyCast : OpRewritePattern<CastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CastOp op, PatternRewriter &rewriter) const override {
    if (op.getOperand().getType() == op.getType()) {
      rewriter.replaceOp(op, op.getOperand());
      return success();
    }
    auto inner = op.getOperand().getDefiningOp<CastOp>();
    if (!inner)
      return failure();
    Type from = typeOf(inner.getOperand()).getElementType(), via = typeOf(inner).getElementType(),
         to = op.getType().getElementType();
    // Through floating point an integer saturates, directly it wraps.
    bool saturates = isa<IntegerType>(from) && isa<FloatType>(via) && isa<IntegerType>(to) && !to.isInteger(1);
    if (!isLossless(from, via) || (saturates && !isLossless(from, to)))
      return failure();
    rewriter.replaceOpWithNewOp<CastOp>(op, op.getType(), inner.getOperand());
    return success();
  }
};

// op(broadcast(x), broadcast(y), splat) computes on the small operands first.
struct ComputeBeforeBroadcast : RewritePattern {
  explicit ComputeBeforeBroadcast(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    std::optional<DimVector> shape;
    for (Value operand : op->getOperands()) {
      if (auto source = operand.getDefiningOp<BroadcastOp>()) {
        Dims dims = shapeOf(source.getOperand());
        if (shape && Dims(*shape) != dims)
          return failure();
        shape.emplace(dims.begin(), dims.end());
      } else if (!splatValue(operand)) {
        return failure();
      }
    }
    if (!shape)
      return failure();
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      if (auto source = operand.getDefiningOp<BroadcastOp>())
        operands.push_back(source.getOperand());
      else
        operands.push_back(resizedSplat(rewriter, op->getLoc(), operand, *shape));
    }
    auto type = typeOf(op->getResult(0));
    Value small = cloneWith(rewriter, op, operands, type.clone(*shape));
    rewriter.replaceOp(op, broadcast(rewriter, op->getLoc(), small, type.getShape()));
    return success();
  }
};

} // namespace

void populateArithmeticPatterns(RewritePatternSet &patterns) {
  patterns.add<ConstantToTheRight, DropIdentity, ReduceStrength, FormClamp, SimplifyUnary,
               SimplifySelect, SimplifyCast, ComputeBeforeBroadcast>(patterns.getContext());
}

} // namespace aotc::passes
