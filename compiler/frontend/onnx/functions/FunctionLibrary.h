// Operators that ONNX defines by a body of other operators. The importer expands those that have no row in
// its table. scripts/onnx_functions.py extracts the bodies.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_FUNCTIONS_FUNCTIONLIBRARY_H
#define AOTC_COMPILER_FRONTEND_ONNX_FUNCTIONS_FUNCTIONLIBRARY_H

#include "compiler/frontend/onnx/reader/Graph.h"

namespace aotc::onnx {

// The body for this use of an operator; nullptr: there is none. `present` tells which operands are there.
const Function *findLibraryFunction(const Node &node, int64_t opset, const std::vector<bool> &present);

// An operator that has bodies: where its first version came.
struct LibraryOp {
  std::string domain, name;
  int64_t since;
};
// Sorted by name.
std::vector<LibraryOp> libraryOps();

} // namespace aotc::onnx
#endif
