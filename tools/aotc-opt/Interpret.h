// aotc-opt --interpret: runs a module on the reference evaluator.
#ifndef AOTC_TOOLS_AOTC_OPT_INTERPRET_H
#define AOTC_TOOLS_AOTC_OPT_INTERPRET_H

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mlir {
class DialectRegistry;
}

namespace aotc {

struct InterpretOptions {
  std::string file;                // .mlir
  std::vector<std::string> inputs; // [NAME=]x.npy; without NAME by position
  std::string outputDir;           // one .npy a result, when not empty
};

// Evaluates the module's only (or first public) function and prints each result.
absl::Status interpret(const InterpretOptions &options, const mlir::DialectRegistry &registry);

} // namespace aotc
#endif
