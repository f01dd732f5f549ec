// aotc-fold-scale: see Passes.td.
#include <cmath>

#include "ir/NN/NN.h"
#include "passes/simplify/Passes.h"
#include "passes/simplify/Patterns.h"
#include "passes/simplify/Values.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {

#define GEN_PASS_DEF_FOLDSCALE
#include "passes/simplify/Passes.h.inc"

namespace {

// A convolution or product with constant weights as its second operand, and
// what its weight elements multiply.
struct Contraction {
  Operation *op;
  Value weights;

  // Channel of the result, and of the input, that weight element i belongs to.
  int64_t outputChannel(int64_t i) const {
    Dims shape = shapeOf(weights);
    int64_t last = shape.back(), second = shape[shape.size() - 2];
    if (auto transposed = dyn_cast<ConvTransposeOp>(op)) { // [K..., O/groups, C]
      int64_t group = (i % last) / (last / transposed.getGroups());
      return group * second + i / last % second;
    }
    auto product = dyn_cast<MatMulOp>(op);
    return product && product.getTransposeRhs() ? i / last % second : i % last;
  }
  int64_t inputChannel(int64_t i) const {
    Dims shape = shapeOf(weights);
    int64_t last = shape.back(), second = shape[shape.size() - 2];
    if (isa<ConvTransposeOp>(op))
      return i % last;
    if (auto conv = dyn_cast<ConvOp>(op)) { // [K..., C/groups, O]
      int64_t group = (i % last) / (last / conv.getGroups());
      return group * second + i / last % second;
    }
    return cast<MatMulOp>(op).getTransposeRhs() ? i % last : i / last % second;
  }
};

std::optional<Contraction> contractionOf(Operation *op) {
  if (!isa_and_nonnull<ConvOp, ConvTransposeOp, MatMulOp>(op) || !isConstant(op->getOperand(1)) ||
      !isFloat(op->getResult(0)))
    return std::nullopt;
  return Contraction{op, op->getOperand(1)};
}

int64_t lastAxis(Value value) { return typeOf(value).getRank() - 1; }

// value = factor * x + offset with constants that vary along the last axis only.
struct Affine {
  Value x;
  AxisConstant factor{{1}}, offset{{0}};
};

AxisConstant combine(const AxisConstant &a, const AxisConstant &b, double (*fn)(double, double)) {
  AxisConstant result;
  for (size_t i = 0; i < std::max(a.values.size(), b.values.size()); ++i)
    result.values.push_back(fn(a.at(i), b.at(i)));
  return result;
}

double add(double a, double b) { return a + b; }
double multiply(double a, double b) { return a * b; }

bool isFinite(const AxisConstant &constant) {
  return llvm::all_of(constant.values, [](double v) { return std::isfinite(v); });
}
bool isAll(const AxisConstant &constant, double value) {
  return llvm::all_of(constant.values, [&](double v) { return v == value; });
}

// One step of an affine chain: `op` as a function of its first operand.
std::optional<Affine> stepOf(Operation *op) {
  if (!op || op->getNumResults() != 1 || !isFloat(op->getResult(0)) || typeOf(op->getResult(0)).getRank() == 0)
    return std::nullopt;
  Affine step;
  if (auto unary = dyn_cast<UnaryOp>(op); unary && unary.getFn() == UnaryFn::Neg) {
    step.x = unary.getOperand();
    step.factor.values = {-1};
    return step;
  }
  auto binary = dyn_cast<BinaryOp>(op);
  if (!binary)
    return std::nullopt;
  BinaryFn fn = binary.getFn();
  if (fn != BinaryFn::Add && fn != BinaryFn::Sub && fn != BinaryFn::Mul && fn != BinaryFn::Div)
    return std::nullopt;
  auto constant = axisConstant(binary.getRhs(), lastAxis(binary.getResult()));
  step.x = binary.getLhs();
  if (!constant && fn != BinaryFn::Div) { // constant on the left
    constant = axisConstant(binary.getLhs(), lastAxis(binary.getResult()));
    step.x = binary.getRhs();
    if (fn == BinaryFn::Sub)
      step.factor.values = {-1};
  } else if (constant && (fn == BinaryFn::Sub || fn == BinaryFn::Div)) {
    for (double &v : constant->values)
      v = fn == BinaryFn::Sub ? -v : 1 / v;
  }
  if (!constant || !isFinite(*constant))
    return std::nullopt;
  if (fn == BinaryFn::Mul || fn == BinaryFn::Div)
    step.factor = std::move(*constant);
  else
    step.offset = std::move(*constant);
  return step;
}

// The contraction with its weights multiplied.
Value scaleWeights(PatternRewriter &rewriter, const Contraction &contraction, ValueRange operands,
                   const std::function<double(int64_t)> &factor) {
  Tensor weights = mapElements(*constantOf(contraction.weights),
                               [&](double w, int64_t i) { return w * factor(i); });
  SmallVector<Value> inputs(operands);
  inputs[1] = makeConstant(rewriter, contraction.weights.getLoc(), weights);
  return cloneWith(rewriter, contraction.op, inputs, contraction.op->getResult(0).getType());
}

// The chain of constant multiplications and additions above `op` down to a
// contraction becomes scaled weights and one addition.
struct FoldChain : RewritePattern {
  FoldChain(MLIRContext *context, Pass::Statistic &scaledCount)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context), scaledCount(scaledCount) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    auto chain = stepOf(op);
    // Start at the end of a chain, so that weights are multiplied once.
    if (!chain || (op->hasOneUse() && stepOf(*op->user_begin())))
      return failure();
    unsigned steps = 1;
    while (chain->x.hasOneUse()) {
      auto step = stepOf(chain->x.getDefiningOp());
      if (!step)
        break;
      // f * (g x + h) + o
      chain->offset = combine(combine(chain->factor, step->offset, multiply), chain->offset, add);
      chain->factor = combine(chain->factor, step->factor, multiply);
      chain->x = step->x;
      ++steps;
    }
    auto contraction = contractionOf(chain->x.getDefiningOp());
    bool scaled = !isAll(chain->factor, 1);
    if (!contraction || !chain->x.hasOneUse() || (!scaled && steps == 1) || !isFinite(chain->factor) ||
        !isFinite(chain->offset))
      return failure();
    Location loc = op->getLoc();
    auto type = typeOf(op->getResult(0));
    Value result = chain->x;
    if (scaled) {
      result = scaleWeights(rewriter, *contraction, contraction->op->getOperands(),
                            [&](int64_t i) { return chain->factor.at(contraction->outputChannel(i)); });
      ++scaledCount;
    }
    if (!isAll(chain->offset, 0))
      result = rewriter.create<BinaryOp>(
          loc, type, BinaryFn::Add, result,
          makeAxisConstant(rewriter, loc, chain->offset, type, type.getRank() - 1));
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  Pass::Statistic &scaledCount;
};

// A constant factor per input channel. Padding holds zeros, scaled or not.
struct FoldInputScale : RewritePattern {
  FoldInputScale(MLIRContext *context, Pass::Statistic &scaledCount)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context), scaledCount(scaledCount) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    auto contraction = contractionOf(op);
    if (!contraction || !op->getOperand(0).hasOneUse())
      return failure();
    auto product = dyn_cast<MatMulOp>(op);
    if (product && product.getTransposeLhs())
      return failure();
    auto step = stepOf(op->getOperand(0).getDefiningOp());
    if (!step || !isAll(step->offset, 0))
      return failure();
    Value result = scaleWeights(rewriter, *contraction, {step->x, contraction->weights},
                                [&](int64_t i) { return step->factor.at(contraction->inputChannel(i)); });
    rewriter.replaceOp(op, result);
    ++scaledCount;
    return success();
  }

private:
  Pass::Statistic &scaledCount;
};

struct FoldScale : impl::FoldScaleBase<FoldScale> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldChain, FoldInputScale>(&getContext(), scaled);
    rewriteGreedily(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace aotc::passes
