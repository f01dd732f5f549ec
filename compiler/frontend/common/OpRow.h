// What a row of a frontend's op table declares, and the checks that follow.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_OPROW_H
#define AOTC_COMPILER_FRONTEND_COMMON_OPROW_H

#include "compiler/frontend/common/ImportBuilder.h"

namespace aotc {

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

// Each check reports to `b`; operands that are absent or poison are null.
struct OpRequirements {
  static constexpr int kLastOperand = -1, kEveryOperand = -2;
  struct ConstantOperand {
    int operand;
    std::string what;
  };
  struct Choice {
    std::string attr;
    std::vector<std::string> values;
  };

  void checkCount(ImportBuilder &b, size_t operands) const;
  void checkType(ImportBuilder &b, DType type) const;
  void checkChoice(ImportBuilder &b, const Choice &choice, llvm::StringRef value) const;
  void checkConstants(ImportBuilder &b, llvm::ArrayRef<mlir::Value> operands) const;
  void checkExtents(ImportBuilder &b, llvm::ArrayRef<mlir::Value> operands) const;
  // Of the results, where the rule says them.
  void setExtents(ImportBuilder &b, llvm::ArrayRef<mlir::Value> operands, llvm::ArrayRef<mlir::Value> results) const;
  // "[f32 f16]  constant axis": what a list of operations says after the name.
  std::string describe() const;

  std::string name;
  TypeSet types;            // of operand 0, or of the result where there is none
  int minInputs, maxInputs; // maxInputs -1: any number
  std::vector<ConstantOperand> constants;
  std::vector<Choice> choices;
  ExtentRule extents = ExtentRule::Refuse;
};

// The same with setters that yield the row itself.
template <typename Row> struct OpRowOf : OpRequirements {
  // At least `least` operands (the constructor's number being the most, or -1).
  Row atLeast(int least) && {
    minInputs = least;
    return self();
  }
  // The operand, where present, must be known at compile time.
  Row needsConstant(int operand, std::string what) && {
    constants.push_back({operand, std::move(what)});
    return self();
  }
  // How it takes operands whose extents depend on data.
  Row takesExtents(ExtentRule rule = ExtentRule::Own) && {
    extents = rule;
    return self();
  }
  // The attribute, where present, must have one of these values.
  Row oneOf(std::string attr, std::vector<std::string> values) && {
    choices.push_back({std::move(attr), std::move(values)});
    return self();
  }

private:
  Row &&self() { return static_cast<Row &&>(*this); }
};

// The row whose name is most like `name`; "" if none is near.
template <typename Rows> std::string nearestRow(const Rows &rows, llvm::StringRef name) {
  std::string best;
  unsigned bestDistance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const auto &row : rows) {
    unsigned distance = llvm::StringRef(row.name).edit_distance_insensitive(name, true, bestDistance);
    if (distance < bestDistance) {
      best = row.name;
      bestDistance = distance;
    }
  }
  return best;
}

} // namespace aotc
#endif
