// Family Control: graphs in nodes.
#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

Results ifThenElse(NodeImport &n) {
  auto condition = n.constantInt(0);
  if (!condition)
    return Value();
  auto results = n.importBody(*condition ? "then_branch" : "else_branch", {});
  return results ? Results(*results) : Results(Value());
}

} // namespace

void addControlOps(OpRows &rows) {
  rows.push_back(OpRow("If", 1, 1, kBool, ifThenElse).needsConstant(0, "condition"));
}

} // namespace aotc::onnx
