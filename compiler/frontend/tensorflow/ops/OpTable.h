// The table of TensorFlow operations: one row each, declared by family.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_OPTABLE_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_OPTABLE_H

#include <functional>

#include "compiler/frontend/common/OpRow.h"
#include "compiler/frontend/tensorflow/ops/NodeImport.h"

namespace aotc::tf {

using ImportFn = std::function<Results(NodeImport &)>;

// One row. The declared requirements are checked before `import` runs, so it
// may rely on them: operands 0..minInputs-1 exist and are not poison.
struct OpRow : OpRowOf<OpRow> {
  OpRow(std::string name, int inputs, TypeSet types, ImportFn import) : import(std::move(import)) {
    this->name = std::move(name);
    this->types = types; // of attribute T or dtype where there is no operand
    minInputs = maxInputs = inputs;
  }

  // Switch leaves one of its outputs without a value, and what depends on such
  // a dead value is dead as well, until a Merge takes the live one of its operands.
  OpRow yieldsDead() && {
    mayYieldDead = true;
    return std::move(*this);
  }
  OpRow takesDead() && {
    mayTakeDead = true;
    return std::move(*this);
  }

  // Which operands may stand for lists of tensors (see Lists.h); all others are tensors.
  OpRow takesLists(std::initializer_list<int> operands) && {
    for (int operand : operands)
      listOperands |= 1u << operand;
    return std::move(*this);
  }
  OpRow takesListsAnywhere() && {
    listOperands = ~0u;
    return std::move(*this);
  }
  OpRow takesListsAfterFirst() && {
    listOperands = ~1u;
    return std::move(*this);
  }
  bool mayBeList(size_t operand) const { return listOperands >> std::min<size_t>(operand, 31) & 1; }

  ImportFn import;
  bool mayYieldDead = false, mayTakeDead = false;
  uint32_t listOperands = 0;
};

using OpRows = std::vector<OpRow>;
// Each in the file of its family.
void addMathOps(OpRows &rows);
void addMatMulOps(OpRows &rows);
void addConvOps(OpRows &rows);
void addPoolOps(OpRows &rows);
void addNormOps(OpRows &rows);
void addReduceOps(OpRows &rows);
void addShapeOps(OpRows &rows);
void addSliceOps(OpRows &rows);
void addGatherOps(OpRows &rows);
void addImageOps(OpRows &rows);
void addSequenceOps(OpRows &rows);
void addRandomOps(OpRows &rows);
void addQuantOps(OpRows &rows);
void addQuantizedOps(OpRows &rows);
void addControlOps(OpRows &rows);
void addListOps(OpRows &rows);
void addLoopOps(OpRows &rows);
void addSparseOps(OpRows &rows);

// nullptr when there is no such operation.
const OpRow *findOp(llvm::StringRef name);
// All rows, sorted by name.
const OpRows &allOps();

} // namespace aotc::tf
#endif
