#include "ir/NN/Attention.h"
#include "ir/NN/Constants.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace aotc::nn {

namespace {

using Dims = ArrayRef<int64_t>;

// Chains longer than this exist in hostile models only.
constexpr size_t kMaxChain = 16;

bool isF32(Value value) { return cast<RankedTensorType>(value.getType()).getElementType().isF32(); }

StridedView withBatch(StridedView view, Dims result) {
  for (size_t d = 0; d + 2 < result.size(); ++d)
    if (view.shape[d] != result[d]) {
      view.shape[d] = result[d];
      view.strides[d] = 0; // shared
    }
  return view;
}

void swapInner(StridedView &view) {
  size_t last = view.shape.size() - 1;
  std::swap(view.shape[last], view.shape[last - 1]);
  std::swap(view.strides[last], view.strides[last - 1]);
}

// What `value` is moved out of: as far up as strides tell its elements apart
// and `accepts` them.
Attention::Operand sourceOf(Value value, llvm::function_ref<bool(const StridedView &)> accepts) {
  SmallVector<Operation *> chain; // the last move first
  for (Operation *op = value.getDefiningOp();
       isa_and_nonnull<ReshapeOp, TransposeOp, SliceOp>(op) && chain.size() < kMaxChain;
       op = op->getOperand(0).getDefiningOp())
    chain.push_back(op);
  for (; !chain.empty(); chain.pop_back()) {
    Value base = chain.back()->getOperand(0);
    std::optional<StridedView> view = denseView(shapeOf(base));
    for (Operation *move : llvm::reverse(chain))
      if (view)
        view = moved(*view, move);
    // A reshape of the base itself is as good a base.
    if (view && accepts(*view) && !isa<ReshapeOp>(chain.back()))
      return {base, llvm::to_vector<2>(llvm::reverse(chain)), *view};
  }
  return {value, {}, denseView(shapeOf(value))};
}

// The product inside what transposes and reshapes make of it.
Attention::Operand resultOf(Value product) {
  SmallVector<Operation *, 2> chain;
  Attention::Operand best{product, {}, denseView(shapeOf(product))};
  for (Value value = product; value.hasOneUse() && chain.size() < kMaxChain; value = chain.back()->getResult(0)) {
    Operation *move = *value.getUsers().begin();
    if (!isa<ReshapeOp, TransposeOp>(move))
      break;
    chain.push_back(move);
    if (isa<ReshapeOp>(move)) // left outside, unless a transpose follows
      continue;
    std::optional<StridedView> view = denseView(shapeOf(move->getResult(0)));
    for (Operation *op : llvm::reverse(chain))
      if (view)
        view = movedBack(*view, op);
    if (!view)
      break;
    if (view->shape.back() == 1 || view->strides.back() == 1)
      best = {move->getResult(0), chain, *view};
  }
  return best;
}

// The operation `value` is broadcast from.
template <typename OpT> OpT behindBroadcast(Value value) {
  if (auto broadcast = value.getDefiningOp<BroadcastOp>())
    value = broadcast.getOperand();
  return value.getDefiningOp<OpT>();
}

bool isUnary(Operation *op, UnaryFn fn) {
  auto unary = dyn_cast_or_null<UnaryOp>(op);
  return unary && unary.getFn() == fn;
}

bool reducesKeys(ReduceOp op, ReduceFn fn) {
  return op && op.getFn() == fn && op.getAxes() == Dims{op.getType().getRank() - 1};
}

class Matcher {
public:
  std::optional<Attention> run(MatMulOp product) {
    a.product = product;
    if (product.getTransposeLhs() || !matchSoftmax(product.getLhs()) || !matchScoring() || !isPrivate() ||
        !matchOperands())
      return std::nullopt;
    return std::move(a);
  }

private:
  bool matchSoftmax(Value value) {
    Dims inner = shapeOf(value).take_back(2);
    while (auto reshape = value.getDefiningOp<ReshapeOp>()) {
      value = reshape.getOperand();
      Dims shape = shapeOf(value);
      if (shape.size() < 2 || shape.take_back(2) != inner || a.reshapes.size() == kMaxChain)
        return false;
      a.reshapes.push_back(reshape);
    }
    auto last = value.getDefiningOp<BinaryOp>();
    if (!last || !isF32(value))
      return false;
    a.normalize = last;
    bool divides = last.getFn() == BinaryFn::Div;
    if (!divides && last.getFn() != BinaryFn::Mul)
      return false;
    for (auto [e, inverse] : {std::pair(last.getLhs(), last.getRhs()), {last.getRhs(), last.getLhs()}}) {
      a.exponential = e.getDefiningOp();
      a.inverse = divides ? nullptr : behindBroadcast<UnaryOp>(inverse).getOperation();
      if (!isUnary(a.exponential, UnaryFn::Exp) || (!divides && !isUnary(a.inverse, UnaryFn::Reciprocal)))
        continue;
      a.sum = divides ? behindBroadcast<ReduceOp>(inverse) : a.inverse->getOperand(0).getDefiningOp<ReduceOp>();
      auto shift = a.exponential->getOperand(0).getDefiningOp<BinaryOp>();
      if (!reducesKeys(a.sum, ReduceFn::Sum) || a.sum.getOperand() != e || !shift || shift.getFn() != BinaryFn::Sub)
        continue;
      a.shift = shift;
      a.max = behindBroadcast<ReduceOp>(shift.getRhs());
      a.logits = shift.getLhs();
      if (reducesKeys(a.max, ReduceFn::Max) && a.max.getOperand() == a.logits)
        return !divides || e == last.getLhs();
    }
    return false;
  }

  // Which operations above the logits depend on one product of their shape.
  bool matchScoring() {
    Dims shape = shapeOf(a.logits);
    llvm::SetVector<Operation *> seen;
    if (Operation *op = a.logits.getDefiningOp())
      seen.insert(op);
    for (size_t i = 0; i < seen.size(); ++i) {
      Operation *op = seen[i];
      if (auto matmul = dyn_cast<MatMulOp>(op)) {
        if (a.scores)
          return false;
        a.scores = matmul;
      } else if (isElementwise(op)) {
        for (Value operand : op->getOperands())
          if (Operation *producer = operand.getDefiningOp(); producer && shapeOf(operand) == shape)
            seen.insert(producer);
      }
      if (seen.size() > kMaxChain)
        return false;
    }
    if (!a.scores || shapeOf(a.scores) != shape || !isF32(a.scores) || a.scores.getTransposeLhs())
      return false;
    llvm::SmallPtrSet<Operation *, 8> dependent{a.scores};
    for (bool changed = true; changed;) {
      changed = false;
      for (Operation *op : seen)
        if (isElementwise(op) &&
            llvm::any_of(op->getOperands(),
                         [&](Value operand) { return dependent.contains(operand.getDefiningOp()); }) &&
            dependent.insert(op).second) {
          a.scoring.push_back(op);
          changed = true;
        }
    }
    llvm::stable_sort(a.scoring, [](Operation *x, Operation *y) { return x->isBeforeInBlock(y); });
    return true;
  }

  // No value between the products is read by anything else.
  bool isPrivate() {
    llvm::SmallPtrSet<Operation *, 16> inside(a.scoring.begin(), a.scoring.end());
    for (Operation *op : {a.scores.getOperation(), a.max.getOperation(), a.sum.getOperation(), a.shift, a.exponential,
                          a.normalize, a.inverse})
      if (op)
        inside.insert(op);
    inside.insert(a.reshapes.begin(), a.reshapes.end());
    SmallVector<Operation *> all(inside.begin(), inside.end());
    for (Operation *op : all)
      for (Operation *user : op->getUsers()) {
        if (user == a.product || inside.contains(user))
          continue;
        if (!isa<BroadcastOp>(user) ||
            !llvm::all_of(user->getUsers(), [&](Operation *reader) { return inside.contains(reader); }))
          return false;
      }
    return true;
  }

  bool matchOperands() {
    bool transposed = a.scores.getTransposeRhs();
    auto any = [](const StridedView &) { return true; };
    a.query = sourceOf(a.scores.getLhs(), any);
    a.key = sourceOf(a.scores.getRhs(), any);
    if (!transposed)
      swapInner(a.key.view);
    bool across = a.product.getTransposeRhs();
    auto neighbours = [&](const StridedView &view) {
      size_t column = view.shape.size() - (across ? 2 : 1);
      return view.shape[column] == 1 || view.strides[column] == 1;
    };
    a.value = sourceOf(a.product.getRhs(), neighbours);
    if (!neighbours(a.value.view))
      return false;
    if (across)
      swapInner(a.value.view);
    a.query.view = withBatch(a.query.view, shapeOf(a.scores));
    a.key.view = withBatch(a.key.view, shapeOf(a.scores));
    a.value.view = withBatch(a.value.view, shapeOf(a.product));
    a.result = resultOf(a.product);
    // Few rows are better off as vectors of keys.
    constexpr int64_t kFewRows = 8, kMost = 1 << 24;
    auto fits = [&](int64_t extent) { return extent > 0 && extent <= kMost; };
    return a.rows() >= kFewRows && fits(a.rows()) && fits(a.keys()) && fits(a.depth()) && fits(a.columns()) &&
           !llvm::is_contained(shapeOf(a.product), 0);
  }

  Attention a{};
};

} // namespace

std::optional<Attention> matchAttention(MatMulOp product) { return Matcher().run(product); }

Attention::Operand broadcastSource(Value value) {
  SmallVector<Operation *, 2> chain;
  for (; isa_and_nonnull<BroadcastOp>(value.getDefiningOp()); value = value.getDefiningOp()->getOperand(0))
    chain.push_back(value.getDefiningOp());
  StridedView view = denseView(shapeOf(value));
  for (Operation *op : llvm::reverse(chain))
    view = *moved(view, op);
  return {value, llvm::to_vector<2>(llvm::reverse(chain)), view};
}

} // namespace aotc::nn
