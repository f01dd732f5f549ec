// Imports nn modules: what `--emit=nn` writes and aotc-opt prints.
#include "absl/strings/str_cat.h"
#include "compiler/driver/Errors.h"
#include "compiler/driver/State.h"
#include "ir/NN/NN.h"
#include "ir/NN/State.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

namespace aotc {

// Splats in the text can claim any size.
static constexpr int64_t kMaxConstantElements = int64_t(1) << 28;

bool isNNModule(llvm::StringRef content) {
  while (true) {
    content = content.ltrim();
    if (!content.consume_front("//"))
      break;
    content = content.drop_until([](char c) { return c == '\n'; });
  }
  return content.starts_with("module") || content.starts_with("func.func") || content.starts_with("#loc") ||
         content.starts_with("\"builtin.module\"");
}

absl::Status importNNModule(Compilation &c, llvm::StringRef content) {
  const std::string &path = c.options.modelPath;
  for (const InputSpec &spec : c.options.inputs)
    if (spec.npyPath.empty())
      return usageError(absl::StrCat(path, ": an nn module has fixed shapes; --input takes .npy files only"));
  if (!c.options.fixed.empty())
    return usageError(absl::StrCat(path, ": an nn module has fixed inputs; --set does not apply"));
  if (!c.options.outputs.empty())
    return usageError(absl::StrCat(path, ": an nn module has fixed results; --output does not apply"));
  Diagnostics problems;
  mlir::ScopedDiagnosticHandler handler(&c.context, [&](mlir::Diagnostic &d) {
    if (d.getSeverity() == mlir::DiagnosticSeverity::Error) {
      std::string where;
      if (auto loc = llvm::dyn_cast<mlir::FileLineColLoc>(d.getLocation()))
        where = absl::StrCat("line ", loc.getLine(), ": ");
      problems.error("", "", where + d.str());
    }
    return mlir::success();
  });
  auto failed = [&](const char *reason) {
    if (!problems.hasErrors())
      problems.error("", "", reason);
    return toStatus(path, problems);
  };
  c.module = mlir::parseSourceString<mlir::ModuleOp>(content, &c.context, path);
  if (!c.module)
    return failed("does not parse as MLIR");
  auto functions = c.module->getOps<mlir::func::FuncOp>();
  if (std::distance(functions.begin(), functions.end()) != 1)
    return failed("an nn module holds exactly one function");
  mlir::func::FuncOp function = *functions.begin();
  if (!function.getBody().hasOneBlock())
    return failed("the function needs one block");
  for (mlir::Operation &op : function.getBody().front()) {
    bool known = llvm::isa<mlir::func::ReturnOp>(op) ||
                 (llvm::isa<nn::NNDialect>(op.getDialect()) && !llvm::isa<nn::FusionOp, nn::YieldOp>(op));
    if (!known)
      op.emitOpError("is no operation of an unfused nn module");
    if (auto constant = llvm::dyn_cast<nn::ConstantOp>(op)) {
      std::optional<int64_t> bytes = elementCount(constant.getType().getShape(), 8);
      if (!bytes || *bytes > kMaxConstantElements)
        op.emitOpError("is too large");
    }
  }
  if (problems.hasErrors() || mlir::failed(nn::verifyStates(function)))
    return toStatus(path, problems);
  return absl::OkStatus();
}

} // namespace aotc
