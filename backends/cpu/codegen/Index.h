// Symbolic indices: affine expressions over loop variables, so that reshapes,
// broadcasts and slices fold at compile time and loops can be merged or split.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_INDEX_H
#define AOTC_BACKENDS_CPU_CODEGEN_INDEX_H

#include "backends/cpu/codegen/IRGen.h"

namespace aotc::cpu {

// The product of the extents, which fits 64 bits unless one is 0.
int64_t elementsOf(llvm::ArrayRef<int64_t> shape);

using Variable = int; // a number in an IndexSpace
inline constexpr Variable kNoVariable = -1;

// constant + sum of coefficient * variable; terms ascend by variable, none is 0.
struct Index {
  Index(int64_t constant = 0) : constant(constant) {}
  llvm::SmallVector<std::pair<Variable, int64_t>, 4> terms;
  int64_t constant;

  bool isConstant() const { return terms.empty(); }
  int64_t coefficient(Variable variable) const;
  bool operator==(const Index &other) const { return terms == other.terms && constant == other.constant; }
};
using Indices = llvm::SmallVector<Index, 6>;

Index operator+(const Index &a, const Index &b);
Index operator*(const Index &a, int64_t factor);
inline Index operator-(const Index &a, const Index &b) { return a + b * -1; }

// Inclusive bounds; empty when lo > hi.
struct Range {
  int64_t lo, hi;
};

// The variables of one loop nest. Loop variables get their values while loops
// are emitted; derived ones are quotients and remainders of an index.
class IndexSpace {
public:
  explicit IndexSpace(IRGen &gen) : gen(gen) {}

  Index loopVariable(int64_t extent);                     // in [0, extent); the constant 0 for extent 1
  Index runtime(llvm::Value *value, Range range);         // i64
  Index quotient(const Index &dividend, int64_t divisor); // of values >= 0
  Index remainder(const Index &dividend, int64_t divisor);
  // Indices of a tensor whose element number is `linear`.
  Indices delinearize(const Index &linear, llvm::ArrayRef<int64_t> shape);
  static Index linearize(llvm::ArrayRef<Index> indices, llvm::ArrayRef<int64_t> shape);

  // Over the parts of the loops that are being emitted.
  Range range(const Index &index) const;
  bool dependsOn(const Index &index, Variable variable) const;
  llvm::Value *emit(const Index &index);

  void setValue(Variable variable, llvm::Value *value) { variables[variable].value = value; }
  llvm::Value *value(Variable variable) const { return variables[variable].value; }
  // Narrows a loop variable to the part of its loop that is being emitted.
  void setRange(Variable variable, Range range) { variables[variable].range = range; }
  Range range(Variable variable) const { return variables[variable].range; }
  int64_t extent(Variable variable) const { return variables[variable].range.hi + 1; }
  bool isDerived(Variable variable) const { return variables[variable].kind != Kind::Plain; }
  // What a derived variable is computed from.
  const Index &origin(Variable variable) const { return variables[variable].origin; }

  // Loops merge: from now on `inner` runs over both and `outer` is gone.
  // Every index in use must satisfy canMerge.
  bool canMerge(const Index &index, Variable outer, Variable inner) const;
  void merge(Variable outer, Variable inner);
  Index substituted(const Index &index) const;

private:
  enum class Kind { Plain, Quotient, Remainder };
  struct Entry {
    Kind kind = Kind::Plain;
    Range range;  // now
    Range domain; // of the variable before loops merge or split
    llvm::Value *value = nullptr;
    Index origin;
    int64_t divisor = 1;
    bool merged = false; // into an inner variable
  };
  Range domain(const Index &index) const;
  Index variable(Entry entry);
  Index derived(Kind kind, const Index &origin, int64_t divisor, Range range);

  IRGen &gen;
  std::vector<Entry> variables;
};

} // namespace aotc::cpu
#endif
