// aotc-place-concats: parts of concats along the innermost dimension are
// written where the concat lies.
#include "ir/NN/Constants.h"
#include "ir/Plan/Plan.h"
#include "passes/schedule/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace aotc::passes {
#define GEN_PASS_DEF_PLACECONCATS
#include "passes/schedule/Passes.h.inc"

namespace {

// The only operation of a loop group; null when it has several.
Operation *onlyOperation(nn::FusionOp fusion) {
  Block &body = fusion.getBody().front();
  bool isOne = fusion.getKind() == nn::FusionKind::Loop && body.getOperations().size() == 2;
  return isOne ? &body.front() : nullptr;
}

// The concat that a group consists of, if along the innermost of several dimensions.
nn::ConcatOp innermostConcat(nn::FusionOp fusion) {
  auto concat = dyn_cast_or_null<nn::ConcatOp>(onlyOperation(fusion));
  if (!concat || concat.getAxis() + 1 != concat.getType().getRank() || concat.getType().getNumElements() == 0)
    return nullptr;
  bool isOutermost = llvm::all_of(concat.getType().getShape().drop_back(), [](int64_t extent) { return extent == 1; });
  return isOutermost ? nn::ConcatOp() : concat;
}

// Groups that can as well read their operand out of a larger tensor; lone
// slices and concats may be no kernels at all.
bool canReadSlice(Operation *user) {
  auto fusion = dyn_cast<nn::FusionOp>(user);
  return fusion && fusion.getKind() == nn::FusionKind::Loop &&
         !isa_and_present<nn::SliceOp, nn::ConcatOp>(onlyOperation(fusion));
}

class Placer {
public:
  explicit Placer(func::FuncOp func) : func(func) {}

  void run() {
    for (auto fusion : func.getOps<nn::FusionOp>())
      if (innermostConcat(fusion)) {
        concats[fusion].fusion = fusion;
        order.push_back(fusion);
      }
    for (nn::FusionOp fusion : order)
      findParts(concats[fusion]);
    // Those around others come later, and know where they begin first.
    for (nn::FusionOp fusion : llvm::reverse(order))
      place(concats[fusion]);
    if (members.empty())
      return;
    std::vector<nn::FusionOp> fusions(func.getOps<nn::FusionOp>().begin(), func.getOps<nn::FusionOp>().end());
    for (nn::FusionOp fusion : fusions)
      rewrite(fusion);
    for (nn::FusionOp fusion : llvm::reverse(order)) {
      if (concats[fusion].root == fusion)
        fusion.getResult(0).replaceAllUsesWith(concats[fusion].written);
      if (concats[fusion].root)
        fusion.erase();
    }
  }

private:
  struct Part {
    Value value;
    int64_t extent; // along the innermost dimension
    bool isInside; // lies inside the concat without a copy
  };

  struct Concat {
    nn::FusionOp fusion;
    nn::FusionOp parent; // the concat that this one is a part of
    std::vector<Part> parts;
    bool pays = false; // some part needs no copy
    nn::FusionOp root; // the outermost one that holds it; null: stays as it is
    int64_t start = 0; // in the root
    Value written;     // of a root: the tensor as the last group so far left it
  };
  struct Member {
    nn::FusionOp root;
    int64_t start;
  };

  // Whether a value can be written inside `concat`, which reads it: all others
  // that do can read slices.
  static bool canLieInside(Value part, nn::FusionOp concat) {
    auto producer = part.getDefiningOp<nn::FusionOp>();
    bool canInsert = producer && (producer.getKind() == nn::FusionKind::Contraction ||
                                  producer.getKind() == nn::FusionKind::Strips || innermostConcat(producer));
    if (!canInsert)
      return false;
    return llvm::all_of(part.getUsers(),
                        [&](Operation *user) { return user == concat || canReadSlice(user); });
  }

  void findParts(Concat &concat) {
    llvm::SmallDenseMap<Value, int> times;
    for (Value argument : innermostConcat(concat.fusion).getInputs()) {
      Value value = concat.fusion.getInputs()[cast<BlockArgument>(argument).getArgNumber()];
      ++times[value];
      concat.parts.push_back({value, nn::shapeOf(argument).back(), canLieInside(value, concat.fusion)});
    }
    for (Part &part : concat.parts) {
      part.isInside &= times[part.value] == 1 && part.extent > 0;
      concat.pays |= part.isInside;
      if (auto inner = concats.find(part.value.getDefiningOp()); part.isInside && inner != concats.end())
        inner->second.parent = concat.fusion;
    }
  }

  void place(Concat &concat) {
    if (!concat.pays && !concat.parent)
      return;
    if (!concat.parent)
      concat.root = concat.fusion;
    int64_t start = concat.start;
    for (const Part &part : concat.parts) {
      if (part.isInside) {
        members[part.value] = {concat.root, start};
        if (auto inner = concats.find(part.value.getDefiningOp()); inner != concats.end()) {
          inner->second.root = concat.root;
          inner->second.start = start;
        }
      }
      start += part.extent;
    }
  }

  void rewrite(nn::FusionOp fusion) {
    if (auto concat = concats.find(fusion); concat != concats.end() && concat->second.root)
      return finish(concat->second);
    for (OpOperand &operand : fusion->getOpOperands())
      if (auto member = members.find(operand.get()); member != members.end())
        readSlice(fusion, operand, member->second);
    if (auto member = members.find(fusion.getResult(0)); member != members.end())
      insert(fusion, member->second);
  }

  Concat &concatOf(nn::FusionOp fusion) { return concats.find(fusion)->second; }

  // Copies the parts that lie elsewhere.
  void finish(Concat &concat) {
    OpBuilder b(concat.fusion);
    int64_t start = concat.start;
    for (const Part &part : concat.parts) {
      if (!part.isInside && part.extent > 0) {
        Type type = part.value.getType();
        auto copy = b.create<nn::FusionOp>(concat.fusion.getLoc(), type, nn::FusionKind::Loop, part.value,
                                           DictionaryAttr(), 0, 0);
        Block &body = copy.getBody().emplaceBlock();
        BlockArgument argument = body.addArgument(type, copy.getLoc());
        OpBuilder::atBlockEnd(&body).create<nn::YieldOp>(copy.getLoc(), argument);
        insert(copy, {concat.root, start});
      }
      start += part.extent;
    }
  }

  // Makes the group write its result into the root.
  void insert(nn::FusionOp fusion, Member member) {
    Concat &root = concatOf(member.root);
    Type type = root.fusion.getResult(0).getType();
    Block &body = fusion.getBody().front();
    Value into;
    if (root.written) {
      fusion.getInputsMutable().append(root.written);
      into = body.addArgument(type, fusion.getLoc());
    }
    Operation *yield = body.getTerminator();
    OpBuilder b(yield);
    yield->setOperand(0, b.create<nn::InsertOp>(fusion.getLoc(), type, yield->getOperand(0), into, member.start));
    fusion.getResult(0).setType(type);
    root.written = fusion.getResult(0);
  }

  void readSlice(nn::FusionOp fusion, OpOperand &operand, Member member) {
    Concat &root = concatOf(member.root);
    BlockArgument argument = fusion.getBody().getArgument(operand.getOperandNumber());
    Type part = argument.getType();
    SmallVector<int64_t> starts(cast<RankedTensorType>(part).getRank(), 0), strides(starts.size(), 1);
    starts.back() = member.start;
    operand.set(root.written);
    argument.setType(root.written.getType());
    OpBuilder b = OpBuilder::atBlockBegin(&fusion.getBody().front());
    auto slice = b.create<nn::SliceOp>(fusion.getLoc(), part, argument, starts, strides);
    argument.replaceAllUsesExcept(slice, slice);
  }

  func::FuncOp func;
  std::vector<nn::FusionOp> order; // concats as in the function
  llvm::DenseMap<Operation *, Concat> concats;
  llvm::DenseMap<Value, Member> members; // what lies inside roots
};

struct PlaceConcatsPass : impl::PlaceConcatsBase<PlaceConcatsPass> {
  void runOnOperation() override {
    if (!getOperation().isExternal())
      Placer(getOperation()).run();
  }
};

} // namespace
} // namespace aotc::passes
