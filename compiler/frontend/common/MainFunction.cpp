#include "compiler/frontend/common/MainFunction.h"

#include "absl/strings/str_cat.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace aotc {

// Folding leaves constants behind that nobody uses.
static void eraseDead(Block &block) {
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
    types.push_back(nn::tensorType(context, argument.dtype, argument.shape));
  }
  main.function = func::FuncOp::create(loc, "main", main.opBuilder->getFunctionType(types, {}));
  main.module->push_back(main.function);
  main.opBuilder->setInsertionPointToStart(main.function.addEntryBlock());
  for (auto [i, argument] : llvm::enumerate(arguments))
    main.function.setArgAttr(i, "nn.name", main.opBuilder->getStringAttr(argument.name));
  return main;
}

absl::StatusOr<OwningOpRef<ModuleOp>> MainFunction::finish(ArrayRef<Value> results, ArrayRef<std::string> names,
                                                           const Diagnostics &diagnostics) && {
  if (diagnostics.hasErrors())
    return failedStatus(diagnostics);
  if (llvm::is_contained(results, Value()))
    return absl::InternalError("an output was lost without a message");
  opBuilder->create<func::ReturnOp>(function.getLoc(), results);
  function.setType(opBuilder->getFunctionType(function.getArgumentTypes(), ValueRange(results).getTypes()));
  for (auto [i, name] : llvm::enumerate(names))
    function.setResultAttr(i, "nn.name", opBuilder->getStringAttr(name));
  eraseDead(function.getBody().front());
  if (failed(verify(*module)))
    return absl::InternalError("the imported module does not verify");
  return std::move(module);
}

} // namespace aotc
