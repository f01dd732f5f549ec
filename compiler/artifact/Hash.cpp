#include "compiler/artifact/Model.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

namespace aotc {

const char *const kVersion = AOTC_VERSION;

std::string sha256Hex(const char *bytes, size_t size) {
  llvm::SHA256 hash;
  hash.update(llvm::StringRef(bytes, size));
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

} // namespace aotc
