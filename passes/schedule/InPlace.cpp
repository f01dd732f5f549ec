#include "passes/schedule/InPlace.h"
#include "ir/NN/Constants.h"

using namespace mlir;

namespace aotc::plan {
namespace {

// Every path from `value` to the yield goes through operations that keep each
// element's position in row-major order.
bool onlyMovesStraight(Value value, llvm::DenseMap<Operation *, bool> &known) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    if (isa<nn::YieldOp>(user))
      return true;
    auto [entry, isNew] = known.try_emplace(user, false);
    if (isNew) {
      bool straight = (nn::isElementwise(user) || isa<nn::ReshapeOp>(user)) &&
                      onlyMovesStraight(user->getResult(0), known);
      known[user] = straight;
      return straight;
    }
    return entry->second;
  });
}

} // namespace

bool readsInPlace(nn::FusionKind kind, Block &body, unsigned argument, DictionaryAttr kernel) {
  if (nn::InsertOp insert = nn::insertOf(body))
    return body.getArgument(argument) == insert.getInto();
  Operation *yield = body.getTerminator();
  if (yield->getNumOperands() != 1 || kind == nn::FusionKind::Single || kind == nn::FusionKind::Attention ||
      kind == nn::FusionKind::Strips)
    return false;
  Value value = body.getArgument(argument), result = yield->getOperand(0);
  auto type = cast<RankedTensorType>(value.getType()), resultType = cast<RankedTensorType>(result.getType());
  if (byteSize(nn::dtypeOf(value)) != byteSize(nn::dtypeOf(result)))
    return false;
  if (kind == nn::FusionKind::Loop) {
    llvm::DenseMap<Operation *, bool> known;
    return type.getNumElements() == resultType.getNumElements() && onlyMovesStraight(value, known);
  }
  if (type.getShape() != resultType.getShape())
    return false;
  if (kind == nn::FusionKind::Contraction)
    return !(kernel && kernel.contains("no_in_place")) &&
           llvm::all_of(value.getUsers(), [](Operation *user) { return nn::isElementwise(user); });
  return true; // row: of the yielded shape, so read in step with the rows
}

bool mayFail(Region &body) {
  return body
      .walk([](Operation *op) {
        auto binary = dyn_cast<nn::BinaryOp>(op);
        bool divides = binary && !isa<FloatType>(getElementTypeOrSelf(binary.getType())) &&
                       llvm::is_contained({nn::BinaryFn::Div, nn::BinaryFn::FloorDiv, nn::BinaryFn::FloorMod,
                                           nn::BinaryFn::TruncMod},
                                          binary.getFn());
        bool indexes = isa<nn::GatherOp, nn::GatherNdOp, nn::ScatterNdOp, nn::DynamicSliceOp>(op);
        bool nests = op->getNumRegions() > 0 && !isa<nn::FusionOp>(op);
        return divides || indexes || nests ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

} // namespace aotc::plan
