#include "compiler/driver/Errors.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

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

absl::Status dataError(const absl::Status &status) {
  std::string message(status.message());
  return absl::IsInvalidArgument(status) ? usageError(message) : ioError(message);
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

// The errors of a status one by one, as a JSON array.
static constexpr char kPayload[] = "aotc/diagnostics";

static std::string fixed(const std::string &text) { return llvm::json::fixUTF8(text); }

static llvm::json::Array errorsOf(const absl::Status &status) {
  auto payload = status.GetPayload(kPayload);
  if (payload) {
    llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(std::string(*payload));
    if (parsed)
      return std::move(*parsed->getAsArray());
    llvm::consumeError(parsed.takeError());
  }
  if (status.ok())
    return {};
  return llvm::json::Array{llvm::json::Object{{"message", fixed(std::string(status.message()))}}};
}

static absl::Status withErrors(std::string message, llvm::json::Array errors) {
  absl::Status status = modelError(std::move(message));
  std::string json;
  llvm::raw_string_ostream(json) << llvm::json::Value(std::move(errors));
  status.SetPayload(kPayload, absl::Cord(json));
  return status;
}

absl::Status joinErrors(const absl::Status &one, const absl::Status &other) {
  llvm::json::Array errors = errorsOf(one), more = errorsOf(other);
  errors.insert(errors.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return withErrors(absl::StrCat(one.message(), "\n", other.message()), std::move(errors));
}

std::string diagnosticsJSON(const absl::Status &status, const std::vector<std::string> &notes) {
  llvm::json::Array said;
  for (const std::string &note : notes)
    said.push_back(llvm::json::Object{{"message", fixed(note)}});
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(llvm::json::Object{
      {"exit_code", static_cast<int>(exitCodeOf(status))}, {"errors", errorsOf(status)}, {"notes", std::move(said)}});
  return text;
}

absl::Status toStatus(const std::string &file, const Diagnostics &diagnostics) {
  std::string text;
  for (const Diagnostic &d : diagnostics.errors())
    absl::StrAppend(&text, formatDiagnostic(file, d), "\n");
  size_t count = diagnostics.errors().size() + diagnostics.droppedErrors();
  absl::StrAppend(&text, file, ": not compiled: ", count, count == 1 ? " problem" : " problems");
  if (diagnostics.droppedErrors())
    absl::StrAppend(&text, ", the first ", diagnostics.errors().size(), " shown");
  llvm::json::Array errors;
  for (const Diagnostic &d : diagnostics.errors())
    errors.push_back(llvm::json::Object{{"file", fixed(file)},
                                        {"node", fixed(d.node)},
                                        {"op", fixed(d.op)},
                                        {"message", fixed(d.message)},
                                        {"remedy", fixed(d.remedy)}});
  return withErrors(std::move(text), std::move(errors));
}

} // namespace aotc
