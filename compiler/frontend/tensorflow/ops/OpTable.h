// The table of TensorFlow operations: one row each, declared by family.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_OPTABLE_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_OPTABLE_H

#include <functional>
#include <limits>

#include "compiler/frontend/tensorflow/ops/NodeImport.h"

namespace aotc::tf {

// A set of element types.
class TypeSet {
public:
  constexpr TypeSet() = default;
  constexpr TypeSet(std::initializer_list<DType> types) {
    for (DType type : types)
      bits |= 1u << static_cast<unsigned>(type);
  }
  constexpr bool contains(DType type) const { return bits >> static_cast<unsigned>(type) & 1; }
  constexpr TypeSet operator|(TypeSet other) const {
    other.bits |= bits;
    return other;
  }
  std::string str() const; // "f64 f32"

private:
  unsigned bits = 0;
};

inline constexpr TypeSet kFloats{DType::F64, DType::F32, DType::F16, DType::BF16};
inline constexpr TypeSet kInts{DType::I8,  DType::I16, DType::I32, DType::I64,
                               DType::U8,  DType::U16, DType::U32, DType::U64};
inline constexpr TypeSet kIndexInts{DType::I32, DType::I64};
inline constexpr TypeSet kBool{DType::I1};
inline constexpr TypeSet kNumbers = kFloats | kInts;
inline constexpr TypeSet kAll = kNumbers | kBool;

// What an import function yields: its outputs in order, or one of them.
// Poison (a null value) stands for outputs that were reported.
struct Results : llvm::SmallVector<mlir::Value, 1> {
  Results(mlir::Value only) : SmallVector{only} {}
  Results(std::initializer_list<mlir::Value> values) : SmallVector(values) {}
  Results(llvm::ArrayRef<mlir::Value> values) : SmallVector(values) {}
};

using ImportFn = std::function<Results(NodeImport &)>;

// One row. The declared requirements are checked before `import` runs, so it
// may rely on them: operands 0..minInputs-1 exist and are not poison.
struct OpRow {
  OpRow(std::string name, int inputs, TypeSet types, ImportFn import)
      : name(std::move(name)), import(std::move(import)), types(types), minInputs(inputs), maxInputs(inputs) {}

  // At least `least` operands (the constructor's number being the most, or -1).
  OpRow atLeast(int least) && {
    minInputs = least;
    return std::move(*this);
  }
  static constexpr int kLastOperand = -1, kEveryOperand = -2;
  // The operand, where present, must be known at compile time.
  OpRow needsConstant(int operand, std::string what) && {
    constants.push_back({operand, std::move(what)});
    return std::move(*this);
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
  // The attribute, where present, must have one of these values.
  OpRow oneOf(std::string attr, std::vector<std::string> values) && {
    choices.push_back({std::move(attr), std::move(values)});
    return std::move(*this);
  }

  struct ConstantOperand {
    int operand;
    std::string what;
  };
  struct Choice {
    std::string attr;
    std::vector<std::string> values;
  };

  std::string name;
  ImportFn import;
  TypeSet types; // of operand 0 (of attribute T or dtype where there is none)
  int minInputs, maxInputs; // maxInputs -1: any number
  bool mayYieldDead = false, mayTakeDead = false;
  std::vector<ConstantOperand> constants;
  std::vector<Choice> choices;
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
void addControlOps(OpRows &rows);

// nullptr when there is no such operation.
const OpRow *findOp(llvm::StringRef name);
// All rows, sorted by name.
const OpRows &allOps();
// The supported operation whose name is most like `name`; "" if none is near.
std::string nearestOp(llvm::StringRef name);

} // namespace aotc::tf
#endif
