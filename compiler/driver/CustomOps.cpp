// Declarations of the user's operations, and the libraries that have their functions.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "compiler/artifact/Model.h"
#include "compiler/driver/CompileOptions.h"
#include "compiler/driver/Errors.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/MemoryBuffer.h"

namespace aotc {

absl::StatusOr<CustomOps> readCustomOps(const std::vector<std::string> &given, const std::vector<std::string> &libraries) {
  CustomOps ops;
  for (const std::string &text : given) {
    const bool isFile = text.find('(') == std::string::npos;
    std::string content = text, where = absl::StrCat("--custom-op ", text);
    if (isFile) {
      auto buffer = llvm::MemoryBuffer::getFile(text, /*IsText=*/true);
      if (!buffer)
        return ioError(absl::StrCat(text, ": cannot be read: ", buffer.getError().message()));
      content = (*buffer)->getBuffer().str();
      where = text;
    }
    absl::StatusOr<CustomOps> parsed = parseCustomOps(where, content);
    if (!parsed.ok())
      return usageError(std::string(parsed.status().message()));
    for (CustomOp &op : *parsed) {
      if (!isIdentifier(op.symbol))
        return usageError(absl::StrCat(where, ": '", op.symbol, "' is not a C identifier, or a word that C or C++ reserves"));
      if (findCustomOp(ops, op.name))
        return usageError(absl::StrCat(where, ": '", op.name, "' is declared twice"));
      ops.push_back(std::move(op));
    }
  }
  for (const std::string &path : libraries) {
    std::string error;
    llvm::sys::DynamicLibrary library = llvm::sys::DynamicLibrary::getPermanentLibrary(path.c_str(), &error);
    if (!library.isValid())
      return ioError(absl::StrCat("--custom-library ", path, ": ", error));
    for (CustomOp &op : ops)
      if (void *function = op.asksShape() ? library.getAddressOfSymbol(absl::StrCat(op.symbol, "_shape").c_str()) : nullptr)
        op.shape = reinterpret_cast<aotc_op_shape>(function);
  }
  return ops;
}

} // namespace aotc
