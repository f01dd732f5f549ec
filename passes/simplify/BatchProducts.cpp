// aotc-batch-products: see Passes.td.
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "passes/simplify/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {

#define GEN_PASS_DEF_BATCHPRODUCTS
#include "passes/simplify/Passes.h.inc"

namespace {

// More would save little reading and need memory for all their rows.
constexpr size_t kMostJoined = 16;
// Operations that one run may look at, whatever the model.
constexpr int64_t kMostVisits = int64_t{1} << 24;

class BatchProducts : public impl::BatchProductsBase<BatchProducts> {
  void runOnOperation() override {
    // By right side and by the type of the left one.
    llvm::MapVector<std::pair<Value, Type>, SmallVector<MatMulOp>> sets;
    for (auto product : getOperation().getOps<MatMulOp>())
      if (mayJoin(product))
        sets[{product.getRhs(), product.getLhs().getType()}].push_back(product);
    Block &block = getOperation().getBody().front();
    int64_t visits = 0, operations = static_cast<int64_t>(block.getOperations().size());
    for (auto &[key, products] : sets) {
      while (products.size() >= 2 && (visits += operations) <= kMostVisits) {
        SmallVector<MatMulOp> batch = independent(products);
        if (batch.size() < 2)
          break;
        for (ArrayRef<MatMulOp> rest = batch; !rest.empty();) {
          size_t joins = llvm::divideCeil(rest.size(), kMostJoined), count = llvm::divideCeil(rest.size(), joins);
          join(rest.take_front(count));
          rest = rest.drop_front(count);
          ++joined;
        }
        sortTopologically(&block);
      }
    }
  }

  static bool mayJoin(MatMulOp product) {
    constexpr int64_t kFewRows = 4;
    ArrayRef<int64_t> lhs = shapeOf(product.getLhs());
    return isConstant(product.getRhs()) && !isConstant(product.getLhs()) && lhs.size() == 2 &&
           shapeOf(product.getRhs()).size() == 2 && !product.getTransposeLhs() && !product.getTransposeRhs() &&
           lhs[0] >= 1 && lhs[0] <= kFewRows && elementOf(product.getResult()) == elementOf(product.getLhs());
  }
  static Type elementOf(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

  // Takes from `products` those that need no result of another that is taken.
  SmallVector<MatMulOp> independent(SmallVector<MatMulOp> &products) {
    SmallVector<MatMulOp> batch, rest;
    llvm::SmallPtrSet<Operation *, 32> members(products.begin(), products.end());
    llvm::DenseSet<Value> dependent; // on a result of the batch
    for (Operation &op : getOperation().getBody().front()) {
      bool depends = llvm::any_of(op.getOperands(), [&](Value value) { return dependent.contains(value); });
      if (members.contains(&op)) {
        (depends ? rest : batch).push_back(cast<MatMulOp>(op));
        depends = true;
      }
      if (depends)
        dependent.insert(op.result_begin(), op.result_end());
    }
    products = rest;
    return batch;
  }

  static void join(ArrayRef<MatMulOp> batch) {
    MatMulOp last = batch.back(); // its left side may be the last to be defined; the block is sorted anew
    OpBuilder b(last->getContext());
    b.setInsertionPointAfter(last);
    SmallVector<Value> rows;
    SmallVector<Location> locations;
    for (MatMulOp product : batch) {
      rows.push_back(product.getLhs());
      locations.push_back(product.getLoc());
    }
    Location loc = b.getFusedLoc(locations);
    auto withRows = [](Value value, int64_t count) {
      auto type = cast<RankedTensorType>(value.getType());
      return RankedTensorType::get({count, type.getDimSize(1)}, type.getElementType());
    };
    int64_t each = shapeOf(rows[0])[0], all = each * static_cast<int64_t>(rows.size());
    Value lhs = b.create<ConcatOp>(loc, withRows(rows[0], all), rows, 0);
    Value product = b.create<MatMulOp>(loc, withRows(last.getResult(), all), lhs, last.getRhs());
    int64_t first = 0;
    for (MatMulOp part : batch) {
      int64_t starts[] = {first, 0}, strides[] = {1, 1};
      Value slice = b.create<SliceOp>(part.getLoc(), part.getType(), product, starts, strides);
      part.getResult().replaceAllUsesWith(slice);
      part.erase();
      first += each;
    }
  }
};

} // namespace
} // namespace aotc::passes
