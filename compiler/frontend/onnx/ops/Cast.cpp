// Family Cast: changes of the element type, to and from narrow ones as well.
#include "compiler/frontend/onnx/ops/Narrow.h"
#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

Value castTo(NodeImport &n, ElementType to) {
  ImportBuilder &b = n.b;
  Value x = n.in(0);
  ElementType from = n.elementType(0);
  n.setElementType(0, to);
  if (from == to)
    return x;
  if (const NarrowType *narrow = narrowType(from))
    x = decodeNarrow(b, x, *narrow);
  if (const NarrowType *narrow = narrowType(to))
    return encodeNarrow(b, x, *narrow, {n.integer("saturate", 1) != 0, n.text("round_mode", "up")});
  auto type = n.dtypeOf(to);
  return type ? b.cast(x, *type) : n.error("element type " + nameOf(to) + " is not supported");
}

Results cast(NodeImport &n) {
  if (!n.has("to"))
    return n.error("attribute 'to' is missing");
  return castTo(n, static_cast<ElementType>(n.integer("to", 0)));
}

Results castLike(NodeImport &n) { return castTo(n, n.elementType(1)); }

} // namespace

void addCastOps(OpRows &rows) {
  auto add = [&](OpRow row) {
    rows.push_back(std::move(row).takesNarrow().oneOf("round_mode", {"up", "down", "nearest"}).takesExtents(ExtentRule::Elementwise));
  };
  add(OpRow("Cast", 6, 1, kAll, cast));
  add(OpRow("CastLike", 15, 2, kAll, castLike));
}

} // namespace aotc::onnx
