// How failures are classified and worded. Every tool's exit code is one of these.
#ifndef AOTC_COMPILER_DRIVER_ERRORS_H
#define AOTC_COMPILER_DRIVER_ERRORS_H

#include <string>

#include "absl/status/status.h"
#include "compiler/frontend/common/Diagnostics.h"

namespace aotc {

enum class ExitCode : int {
  Ok = 0,
  Model = 1,    // the model cannot be compiled
  Usage = 2,    // a wrong option or option value
  Mismatch = 3, // aotc-run: an output differs from its expectation
  IO = 4,       // a file cannot be read or written
  Call = 5,     // the compiled model returned a status other than AOTC_OK
  Internal = 6, // a bug in aotc
};

// The table above for --help.
extern const char *const kExitCodesHelp;

absl::Status modelError(std::string message);
absl::Status usageError(std::string message);
absl::Status ioError(std::string message);
absl::Status callError(std::string message);
absl::Status internalError(std::string message);
// Of compiler/data: what does not fit is a mistake in the options, the rest of files.
absl::Status dataError(const absl::Status &status);
ExitCode exitCodeOf(const absl::Status &status);

// One line: "file: node 'x' (Conv2D): what is wrong; what to do".
std::string formatDiagnostic(const std::string &file, const Diagnostic &diagnostic);
// All errors, one a line, then a line that counts them, as a model error.
absl::Status toStatus(const std::string &file, const Diagnostics &diagnostics);

// The problems of two models.
absl::Status joinErrors(const absl::Status &one, const absl::Status &other);

// What a tool says of its run, as one JSON object: {"exit_code": 1, "errors": [...], "notes": [...]}. Errors of a model
// have "file", "node", "op", "message" and "remedy", empty where they do not apply; others have "message" only.
std::string diagnosticsJSON(const absl::Status &status, const std::vector<std::string> &notes);

// Text from a file as a message may show it: control characters become '?'.
std::string printable(const std::string &text);

} // namespace aotc
#endif
