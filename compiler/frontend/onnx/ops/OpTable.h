// The table of ONNX operations: rows by family, one for each version of an
// operation whose meaning differs.
//
// To add an operation, write an import function `Results f(NodeImport &n)` in
// the file of its family and a row in that file's addXxxOps:
//
//   rows.push_back(OpRow("Pad", 2, 1, kAll, padByAttributes).until(10));
//   rows.push_back(OpRow("Pad", 11, 4, kAll, pad).atLeast(2).needsConstant(1, "pads"));
//
// that is: name, the version of the operator set that brought it in this form,
// the largest number of operands (-1: any), element types of the first operand,
// the function; then what differs from the defaults: until() the last version of
// this form, atLeast() operands, needsConstant(), oneOf() values of an attribute,
// domain(). Where the first operand may be of a narrow type (see
// reader/Graph.h), movesElements() says that the operation only moves elements,
// so that its outputs have the first operand's type, and takesNarrow() that the
// function asks elementType() itself. A family of its own is a new file, declared
// below and listed in OpTable.cpp and CMakeLists.txt.
//
// Functions must bear any attributes and shapes: these come from the file.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_OPS_OPTABLE_H
#define AOTC_COMPILER_FRONTEND_ONNX_OPS_OPTABLE_H

#include <functional>

#include "compiler/frontend/common/OpRow.h"
#include "compiler/frontend/onnx/ops/NodeImport.h"

namespace aotc::onnx {

// Versions of the operator set ai.onnx that are known.
inline constexpr int64_t kOldestOpset = 1, kNewestOpset = 28;
inline constexpr int64_t kNoEnd = INT64_MAX;

using ImportFn = std::function<Results(NodeImport &)>;

// The declared requirements are checked before `import` runs, so it may rely on
// them: operands 0..minInputs-1 exist and are not poison.
struct OpRow : OpRowOf<OpRow> {
  OpRow(std::string name, int64_t since, int inputs, TypeSet types, ImportFn import)
      : import(std::move(import)), first(since) {
    this->name = std::move(name);
    this->types = types;
    minInputs = inputs < 0 ? 0 : inputs;
    maxInputs = inputs;
  }

  OpRow until(int64_t version) && {
    last = version;
    return std::move(*this);
  }
  OpRow domain(std::string name) && {
    domainName = std::move(name);
    return std::move(*this);
  }
  OpRow movesElements() && {
    movesNarrow = true;
    return std::move(*this);
  }
  OpRow takesNarrow() && {
    readsNarrow = true;
    return std::move(*this);
  }

  ImportFn import;
  std::string domainName; // "": ai.onnx
  int64_t first, last = kNoEnd;
  bool movesNarrow = false, readsNarrow = false;
};

using OpRows = std::vector<OpRow>;
// Each in the file of its family.
void addAttentionOps(OpRows &rows);
void addCastOps(OpRows &rows);
void addConstantOps(OpRows &rows);
void addControlOps(OpRows &rows);
void addConvOps(OpRows &rows);
void addGatherOps(OpRows &rows);
void addKnownOps(OpRows &rows);
void addLegacyOps(OpRows &rows);
void addMatMulOps(OpRows &rows);
void addMathOps(OpRows &rows);
void addMlOps(OpRows &rows);
void addNormOps(OpRows &rows);
void addPoolOps(OpRows &rows);
void addQuantOps(OpRows &rows);
void addRandomOps(OpRows &rows);
void addRecurrentOps(OpRows &rows);
void addReduceOps(OpRows &rows);
void addResizeOps(OpRows &rows);
void addSamplingOps(OpRows &rows);
void addShapeOps(OpRows &rows);
void addSignalOps(OpRows &rows);
void addSliceOps(OpRows &rows);
void addTextOps(OpRows &rows);
void addTreeOps(OpRows &rows);

// All rows, sorted by name, domain and version.
const OpRows &allOps();
// The rows of an operation, oldest first.
llvm::ArrayRef<OpRow> findOps(llvm::StringRef domain, llvm::StringRef name);
// The attributes that some version of the operation has (Attributes.inc); nullopt: not one of ONNX's.
std::optional<llvm::SmallVector<llvm::StringRef>> attributesOf(llvm::StringRef domain, llvm::StringRef op);

} // namespace aotc::onnx
#endif
