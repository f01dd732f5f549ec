// Command-line options and behaviour that aotc, aotc-run and aotc-bench share.
#ifndef AOTC_TOOLS_COMMON_OPTIONS_H
#define AOTC_TOOLS_COMMON_OPTIONS_H

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/driver/Compile.h"
#include "compiler/driver/CompileOptions.h"
#include "compiler/driver/Errors.h"
#include "llvm/Support/CommandLine.h"

namespace aotc::tools {

// Groups of --help: what the tool does with a model, and how the model is compiled.
llvm::cl::OptionCategory &toolCategory();
llvm::cl::OptionCategory &compileCategory();

// Parses a command line. `overview` opens --help: one sentence and one
// example. An exit code: the tool is done (an error was printed, or an
// option such as --list-ops was served).
std::optional<ExitCode> parseCommandLine(int argc, char **argv, const std::string &overview);

// The shared options as one struct.
absl::StatusOr<CompileOptions> compileOptions(); // of the only model
absl::StatusOr<std::vector<CompileOptions>> allCompileOptions();
const std::vector<std::string> &customLibraries(); // for running objects
bool nameGiven(); // whether --name was there
// compileModel with progress, notes, --time and --report as the options ask.
// `quiet`: nothing on stderr unless it fails.
absl::StatusOr<CompileResult> compile(CompileOptions options, bool quiet);
// The same of several models as one object.
absl::StatusOr<CompileResult> compile(std::vector<CompileOptions> models, const std::string &objectName, bool quiet);

// Writes to standard output, which may be a full disk.
absl::Status print(const std::string &text);
// "TOOL: error: ..." on stderr; problems of a model stand as they are, one a line.
ExitCode fail(const absl::Status &status);
// main() of a tool around its body.
int exitCode(const absl::Status &status);

// "a/digits.pb" -> "digits"
std::string stemOf(const std::string &path);

} // namespace aotc::tools
#endif
