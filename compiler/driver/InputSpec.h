// The grammar of --input and --expect, the same in every tool:
//
//   [NAME=]VALUE     NAME ends at the first '='; ":0" at its end is optional
//   VALUE            an .npy path, or [d,d,...][:DTYPE] with d a number, '?',
//                    a symbol, or a symbol with its range, SYMBOL:LOW..HIGH
#ifndef AOTC_COMPILER_DRIVER_INPUTSPEC_H
#define AOTC_COMPILER_DRIVER_INPUTSPEC_H

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ir/Tensor/DType.h"

namespace aotc {

// A dimension that each call chooses: LOW <= size <= HIGH.
struct SymbolRange {
  std::string name; // a C identifier
  int64_t low = 1, high = 1;
};

struct InputSpec {
  std::string name;                          // without ":0"; empty: by position
  std::string npyPath;                       // empty: shape and dtype below
  std::string valuesPath;                    // of an .npy with values for a shape with symbols; or empty
  std::optional<std::vector<int64_t>> shape; // -1: '?' or a symbol
  std::vector<std::string> symbols;          // one a dimension, mostly empty; or none
  std::vector<SymbolRange> ranges;           // that the text gives
  std::optional<DType> dtype;
};

// `option` ("--input") opens the message of an error.
absl::StatusOr<InputSpec> parseInputSpec(const std::string &option, const std::string &text);

// "x:0" and "x" name the same tensor.
std::string withoutPort0(const std::string &name);

// Which of `tensors` (anything with a `name`) a spec is for: the one it names,
// else the next by position. tensors.size() or more: none. `position` counts
// the specs without a name; start at 0.
template <typename Tensors>
size_t matchSpec(const InputSpec &spec, const Tensors &tensors, size_t &position) {
  if (spec.name.empty())
    return position++;
  size_t i = 0;
  while (i < tensors.size() && withoutPort0(tensors[i].name) != spec.name)
    ++i;
  return i;
}

} // namespace aotc
#endif
