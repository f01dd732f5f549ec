// Bytes of constants: shared with tensors, freed when no attribute refers to them.
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "gtest/gtest.h"

namespace aotc {
namespace {

Tensor numbers(float first) {
  Tensor tensor(DType::F32, {100});
  for (int64_t i = 0; i < 100; ++i)
    tensor.setF(i, first + static_cast<float>(i));
  return tensor;
}

TEST(Constants, UnusedBytesAreFreed) {
  mlir::MLIRContext context;
  context.loadDialect<nn::NNDialect>();
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
  mlir::OpBuilder builder(module->getBodyRegion());
  auto make = [&](const Tensor &tensor) {
    return nn::makeConstant(builder, module->getLoc(), tensor).getDefiningOp<nn::ConstantOp>();
  };
  nn::ConstantOp used = make(numbers(1)), unused = make(numbers(2)), source = make(numbers(3));
  nn::ConstantOp view = make(nn::constantOf(source)->reshaped({10, 10}));
  auto gone = mlir::cast<mlir::DenseResourceElementsAttr>(unused.getValue());
  unused->erase();
  source->erase();
  nn::releaseUnusedConstants(*module);
  EXPECT_TRUE(gone.getRawHandle().getBlob()->getData().empty());
  EXPECT_EQ(nn::constantOf(used)->f(99), 100);
  EXPECT_EQ(nn::constantOf(view)->f(99), 102);
}

} // namespace
} // namespace aotc
