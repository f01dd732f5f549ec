#include "compiler/frontend/common/MainFunction.h"

#include "absl/strings/str_cat.h"
#include "ir/NN/Constants.h"
#include "ir/NN/Control.h"
#include "ir/NN/NN.h"
#include "ir/NN/State.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace aotc {

void eraseDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
}

static absl::Status failedStatus(const Diagnostics &diagnostics) {
  size_t count = diagnostics.errors().size() + diagnostics.droppedErrors();
  return absl::InvalidArgumentError(absl::StrCat("the graph has ", count, " problem", count == 1 ? "" : "s"));
}

absl::StatusOr<MainFunction> MainFunction::create(MLIRContext *context, const std::string &file,
                                                  ArrayRef<ArgumentType> arguments) {
  context->loadDialect<nn::NNDialect, func::FuncDialect>();
  MainFunction main;
  main.opBuilder = std::make_unique<OpBuilder>(context);
  Location loc = FileLineColLoc::get(context, file.empty() ? "-" : file, 0, 0);
  main.module = ModuleOp::create(loc);
  SmallVector<Type> types;
  for (const ArgumentType &argument : arguments) {
    if (!elementCount(argument.shape, byteSize(argument.dtype)))
      return absl::InvalidArgumentError(absl::StrCat("input '", argument.name, "' has absurd dimensions: ",
                                                     typeString(argument.dtype, argument.shape)));
    if (!argument.value)
      types.push_back(nn::tensorType(context, argument.dtype, argument.shape));
  }
  main.function = func::FuncOp::create(loc, "main", main.opBuilder->getFunctionType(types, {}));
  main.module->push_back(main.function);
  main.opBuilder->setInsertionPointToStart(main.function.addEntryBlock());
  int64_t next = 0;
  for (const ArgumentType &argument : arguments)
    if (!argument.value)
      main.function.setArgAttr(next++, "nn.name", main.opBuilder->getStringAttr(argument.name));
  main.interface = arguments.vec();
  return main;
}

Value MainFunction::argument(size_t i, ImportBuilder &import) {
  const ArgumentType &argument = interface[i];
  if (argument.value) {
    import.startNode(argument.name, "");
    return import.constant(*argument.value);
  }
  auto isOpen = [](const ArgumentType &a) { return !a.value; };
  return function.getArgument(llvm::count_if(ArrayRef<ArgumentType>(interface).take_front(i), isOpen));
}

// What results are packed to, with the extents of all of them.
namespace {
struct Packed {
  SmallVector<Value> results;
  SmallVector<SmallVector<int64_t>> extents; // numbers into `all`, or -1
  SmallVector<Value> all;
};
} // namespace

static Packed packResults(ImportBuilder &import, ArrayRef<Value> results, ArrayRef<std::string> names) {
  Packed packed;
  for (auto [result, name] : llvm::zip(results, names)) {
    import.startNode(name, "");
    Value value = result;
    SmallVector<int64_t> &numbers = packed.extents.emplace_back();
    for (int64_t d = 0; d < ImportBuilder::rank(result); ++d) {
      Value extent = import.extents.of(result, d);
      numbers.push_back(extent ? static_cast<int64_t>(packed.all.size()) : -1);
      if (extent)
        packed.all.push_back(extent);
    }
    if (import.hasExtents(result))
      value = import.packed(result);
    packed.results.push_back(value);
  }
  return packed;
}

absl::StatusOr<OwningOpRef<ModuleOp>> MainFunction::finish(ImportBuilder &import, ArrayRef<Value> given,
                                                           ArrayRef<std::string> names, const Diagnostics &diagnostics) && {
  import.reportSpareBounds();
  if (diagnostics.hasErrors())
    return failedStatus(diagnostics);
  if (llvm::is_contained(given, Value()))
    return absl::InternalError("an output was lost without a message");
  Packed packed = packResults(import, given, names);
  SmallVector<Value> results = packed.results;
  if (!packed.all.empty()) {
    SmallVector<Value> vectors;
    for (Value extent : packed.all)
      vectors.push_back(import.reshape(extent, {1}));
    results.push_back(import.concat(vectors, 0));
  }
  if (diagnostics.hasErrors() || llvm::is_contained(results, Value()))
    return failedStatus(diagnostics);
  opBuilder->create<func::ReturnOp>(function.getLoc(), results);
  function.setType(opBuilder->getFunctionType(function.getArgumentTypes(), ValueRange(results).getTypes()));
  for (auto [i, name] : llvm::enumerate(names))
    function.setResultAttr(i, "nn.name", opBuilder->getStringAttr(name));
  if (!packed.all.empty())
    nn::setExtents(function, packed.extents);
  eraseDead(function.getBody().front());
  nn::eraseUnusedFunctions(*module);
  if (failed(verify(*module)))
    return absl::InternalError("the imported module does not verify");
  return std::move(module);
}

} // namespace aotc
