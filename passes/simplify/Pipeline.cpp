#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/simplify/Passes.h"

namespace aotc::passes {

void buildSimplifyPipeline(mlir::OpPassManager &pm) {
  // Equal transposes and constants must be one value before rewrites ask for
  // single uses or for a transposed twin.
  pm.addPass(mlir::createCSEPass());
  // Normal forms (constants right, subtraction as addition) for all that follows.
  pm.addPass(createSimplify());
  // Before batch normalisation: a transpose between a convolution and its scale hides the one from the other.
  pm.addPass(createLayout());
  pm.addPass(createFoldScale());
  // After the scales are in the weights, because this gives weights other shapes.
  pm.addPass(createNormalizeContractions());
  // Once products have rank 2 and plain constants.
  pm.addPass(createBatchProducts());
  // The passes above leave chains of reshapes and broadcasts.
  pm.addPass(createSimplify());
  // Last: whatever rewrites softmax as a whole has run.
  pm.addPass(createDecompose());
  pm.addPass(mlir::createCSEPass());
}

} // namespace aotc::passes
