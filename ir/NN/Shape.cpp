// Verifiers of the family Shape and of fusion groups.
#include "ir/NN/NN.h"
#include "ir/NN/Verify.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace aotc;
using namespace aotc::nn;

LogicalResult ReshapeOp::verify() {
  if (failed(sameElementType(*this, getOperand(), getResult()))) // reshape_c1
    return failure();
  if (typeOf(getOperand()).getNumElements() != typeOf(getResult()).getNumElements()) // reshape_c2
    return emitOpError("changes the number of elements from ") << getOperand().getType() << " to " << getType();
  return success();
}

LogicalResult BroadcastOp::verify() {
  auto from = typeOf(getOperand()), to = typeOf(getResult());
  if (from.getRank() != to.getRank() || from.getElementType() != to.getElementType()) // broadcast_c1
    return emitOpError("needs one rank and element type, got ") << from << " and " << to;
  for (auto [a, b] : llvm::zip(from.getShape(), to.getShape()))
    if (a != 1 && a != b) // broadcast_c2
      return emitOpError("repeats an extent of ") << a << " to " << b;
  return success();
}

LogicalResult TransposeOp::verify() { // transpose_c2
  return expectType(*this, typeOf(getResult()),
                    inferTranspose(typeOf(getOperand()), getPermutation(), [&] { return emitOpError(); }));
}

LogicalResult ConcatOp::verify() { // concat_c3
  return expectType(*this, typeOf(getResult()),
                    inferConcat(getInputs().getTypes(), getAxis(), [&] { return emitOpError(); }));
}

LogicalResult SliceOp::verify() {
  auto from = typeOf(getOperand()), to = typeOf(getResult());
  size_t rank = from.getRank();
  if (getStarts().size() != rank || getStrides().size() != rank) // slice_c1
    return emitOpError("needs one start and one stride for each of ") << rank << " dimensions";
  if (static_cast<size_t>(to.getRank()) != rank || from.getElementType() != to.getElementType()) // slice_c2
    return emitOpError("needs one rank and element type, got ") << from << " and " << to;
  for (size_t i = 0; i < rank; ++i) {
    int64_t start = getStarts()[i], stride = getStrides()[i], extent = to.getDimSize(i), last;
    if (start < 0 || stride < 1) // slice_c1
      return emitOpError("needs starts >= 0 and strides >= 1");
    if (extent > 0 && (llvm::MulOverflow(extent - 1, stride, last) || llvm::AddOverflow(last, start, last) ||
                       last >= from.getDimSize(i))) // slice_c2
      return emitOpError("reads past the end of dimension ") << i << " of " << from;
  }
  return success();
}

LogicalResult DynamicSliceOp::verify() {
  auto from = typeOf(getOperand()), to = typeOf(getResult()), starts = typeOf(getStarts());
  Type index = starts.getElementType();
  if ((!index.isSignlessInteger(32) && !index.isSignlessInteger(64)) || starts.getRank() != 1 ||
      starts.getDimSize(0) != from.getRank()) // dynamic_slice_c1
    return emitOpError("needs i32 or i64 starts, one a dimension");
  bool fits = from.getRank() == to.getRank() && from.getElementType() == to.getElementType();
  for (int64_t i = 0; fits && i < from.getRank(); ++i)
    fits = to.getDimSize(i) <= from.getDimSize(i);
  if (!fits) // dynamic_slice_c2
    return emitOpError("does not cut ") << to << " out of " << from;
  return success();
}

LogicalResult ReverseOp::verify() {
  llvm::SmallVector<bool> seen(typeOf(getOperand()).getRank(), false);
  for (int64_t axis : getAxes()) {
    if (axis < 0 || axis >= static_cast<int64_t>(seen.size()) || seen[axis]) // reverse_c1
      return emitOpError("needs distinct axes inside rank ") << seen.size();
    seen[axis] = true;
  }
  return success();
}

LogicalResult PadOp::verify() {
  if (typeOf(getValue()).getRank() != 0 || elementOf(getValue()) != elementOf(getOperand())) // pad_c2
    return emitOpError("needs a scalar value of the operand's element type");
  return expectType(*this, typeOf(getResult()),
                    inferPad(getMode(), typeOf(getOperand()), getLow(), getHigh(), [&] { return emitOpError(); }));
}

LogicalResult GatherOp::verify() { // gather_c3
  return expectType(*this, typeOf(getResult()), inferGather(typeOf(getOperand()), typeOf(getIndices()), getAxis(),
                                                            getBatchDims(), [&] { return emitOpError(); }));
}

LogicalResult GatherNdOp::verify() { // gather_nd_c3
  return expectType(*this, typeOf(getResult()), inferGatherNd(typeOf(getOperand()), typeOf(getIndices()),
                                                              getBatchDims(), [&] { return emitOpError(); }));
}

LogicalResult ScatterNdOp::verify() {
  auto operand = typeOf(getOperand()), indices = typeOf(getIndices()), updates = typeOf(getUpdates());
  Type index = indices.getElementType();
  if ((!index.isSignlessInteger(32) && !index.isSignlessInteger(64)) || indices.getRank() < 1 ||
      indices.getShape().back() > operand.getRank()) // scatter_nd_c1
    return emitOpError("needs i32 or i64 index vectors that fit ") << operand;
  SmallVector<int64_t> shape(indices.getShape().drop_back());
  llvm::append_range(shape, operand.getShape().drop_front(indices.getShape().back()));
  if (updates != RankedTensorType::get(shape, operand.getElementType()) || typeOf(getResult()) != operand) // scatter_nd_c2
    return emitOpError("has updates or a result that do not fit");
  return success();
}

LogicalResult InsertOp::verify() {
  auto source = typeOf(getSource()), result = typeOf(getResult());
  if (source.getElementType() != result.getElementType() || source.getRank() != result.getRank() ||
      source.getRank() < 1 || source.getShape().drop_back() != result.getShape().drop_back() ||
      (getInto() && getInto().getType() != result)) // insert_c1
    return emitOpError("does not put ") << source << " into " << result;
  int64_t start = getStart();
  if (start < 0 || source.getShape().back() > result.getShape().back() - start) // insert_c2
    return emitOpError("writes outside of ") << result;
  auto isYield = [](Operation *user) { return isa<YieldOp>(user); };
  if (!llvm::all_of(getResult().getUsers(), isYield) ||
      (getInto() && (!isa<BlockArgument>(getInto()) || !getInto().hasOneUse()))) // insert_c3
    return emitOpError("must be yielded, into an argument that nothing else reads");
  return success();
}

InsertOp nn::insertOf(Block &body) {
  Operation *yield = body.getTerminator();
  return yield->getNumOperands() == 1 ? yield->getOperand(0).getDefiningOp<InsertOp>() : InsertOp();
}

Value nn::computedBy(Block &body, unsigned i) {
  if (InsertOp insert = insertOf(body))
    return insert.getSource();
  return body.getTerminator()->getOperand(i);
}

LogicalResult IotaOp::verify() {
  int64_t axis = getAxis();
  if (axis < 0 || axis >= typeOf(getResult()).getRank()) // iota_c1
    return emitOpError("has an axis outside the rank");
  if (!isNumber(elementOf(getResult()))) // iota_c2
    return emitOpError("needs numbers");
  return success();
}

LogicalResult FusionOp::verify() {
  Block &block = getBody().front();
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || block.getArgumentTypes() != getInputs().getTypes() ||
      yield.getValues().getTypes() != getOutputs().getTypes()) // fusion_c1
    return emitOpError("has a body whose argument or yielded types differ from the operands or results");
  return success();
}
