#include "compiler/driver/Errors.h"
#include "absl/strings/str_cat.h"

namespace aotc {

const char *const kExitCodesHelp = "EXIT CODES:\n\n"
                                   "  0  success\n"
                                   "  1  the model cannot be compiled; every problem is listed\n"
                                   "  2  a wrong option or option value\n"
                                   "  3  aotc-run: an output differs from its expectation\n"
                                   "  4  a file cannot be read or written\n"
                                   "  5  the compiled model returned an error status\n"
                                   "  6  a bug in aotc\n";

absl::Status modelError(std::string message) { return absl::FailedPreconditionError(message); }
absl::Status usageError(std::string message) { return absl::InvalidArgumentError(message); }
absl::Status ioError(std::string message) { return absl::UnavailableError(message); }
absl::Status callError(std::string message) { return absl::AbortedError(message); }
absl::Status internalError(std::string message) {
  return absl::InternalError(absl::StrCat("internal error: ", message));
}

ExitCode exitCodeOf(const absl::Status &status) {
  switch (status.code()) {
  case absl::StatusCode::kOk:
    return ExitCode::Ok;
  case absl::StatusCode::kInvalidArgument:
    return ExitCode::Usage;
  case absl::StatusCode::kUnavailable:
  case absl::StatusCode::kNotFound:
  case absl::StatusCode::kPermissionDenied:
    return ExitCode::IO;
  case absl::StatusCode::kAborted:
    return ExitCode::Call;
  case absl::StatusCode::kInternal:
    return ExitCode::Internal;
  default:
    return ExitCode::Model;
  }
}

std::string printable(const std::string &text) {
  std::string result = text;
  for (char &c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = '?';
  return result;
}

std::string formatDiagnostic(const std::string &file, const Diagnostic &d) {
  std::string line = absl::StrCat(file, ": ");
  if (!d.node.empty())
    absl::StrAppend(&line, "node '", d.node, "'", d.op.empty() ? "" : absl::StrCat(" (", d.op, ")"), ": ");
  else if (!d.op.empty())
    absl::StrAppend(&line, "(", d.op, "): ");
  absl::StrAppend(&line, d.message);
  if (!d.remedy.empty())
    absl::StrAppend(&line, "; ", d.remedy);
  return printable(line);
}

absl::Status toStatus(const std::string &file, const Diagnostics &diagnostics) {
  std::string text;
  for (const Diagnostic &d : diagnostics.errors())
    absl::StrAppend(&text, formatDiagnostic(file, d), "\n");
  size_t count = diagnostics.errors().size() + diagnostics.droppedErrors();
  absl::StrAppend(&text, file, ": not compiled: ", count, count == 1 ? " problem" : " problems");
  if (diagnostics.droppedErrors())
    absl::StrAppend(&text, ", the first ", diagnostics.errors().size(), " shown");
  return modelError(text);
}

} // namespace aotc
