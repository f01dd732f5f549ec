// Operations that a user declares and whose functions the object calls; docs/custom-operators.md has the grammar. No MLIR.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_CUSTOMOP_H
#define AOTC_COMPILER_FRONTEND_COMMON_CUSTOMOP_H

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "aotc/custom_op.h"
#include "ir/Tensor/Tensor.h"

namespace aotc {

// Names with a value while a declaration is applied to a node: dimensions and integer attributes.
using CustomNames = std::map<std::string, int64_t>;

// An integer expression: numbers, names, + - * / % min() max(). Division rounds down.
struct CustomExpr {
  enum Kind { Number, Name, Add, Sub, Mul, Div, Mod, Min, Max } kind = Number;
  int64_t number = 0;
  std::string name;
  std::vector<CustomExpr> operands;

  absl::StatusOr<int64_t> evaluate(const CustomNames &names) const;
};

struct CustomDim {
  enum Kind {
    Extent, // an expression; of an operand, a number or a name
    Rest,   // any number of extents, "name..."
    Asked   // "?": the function SYMBOL_shape tells
  } kind = Extent;
  CustomExpr extent;
  std::string name; // of Rest
};

struct CustomTensor {
  std::string name;
  std::optional<DType> type; // empty: `typeName` stands for any, the same everywhere
  std::string typeName;
  std::vector<CustomDim> dims;
};

// Values of an attribute: integers (and bools), numbers or characters.
using CustomValues = std::variant<std::vector<int64_t>, std::vector<double>, std::string>;

struct CustomAttr {
  std::string name;
  enum Kind { Int, Bool, Float, String, Ints, Floats } kind = Int;
  std::optional<CustomValues> byDefault;
};

struct CustomOp {
  std::string name; // as models call it; of ONNX with its domain, "com.example.Name"
  std::vector<CustomTensor> operands, results;
  std::vector<CustomAttr> attrs;
  std::string symbol; // of the C function
  aotc_op_shape shape = nullptr; // SYMBOL_shape where a result asks for it

  bool asksShape() const;
};

// All declarations of a text. `where` opens messages.
absl::StatusOr<std::vector<CustomOp>> parseCustomOps(const std::string &where, absl::string_view text);

using CustomOps = std::vector<CustomOp>;
// Null where there is none of the name.
const CustomOp *findCustomOp(const CustomOps &ops, const std::string &name);

} // namespace aotc
#endif
