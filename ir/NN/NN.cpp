// Registration of the nn dialect.
#include "ir/NN/NN.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include "ir/NN/NNDialect.cpp.inc"
#include "ir/NN/NNEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "ir/NN/NNAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "ir/NN/NNOps.cpp.inc"

void aotc::nn::NNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ir/NN/NNAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "ir/NN/NNOps.cpp.inc"
      >();
}
