#include "compiler/driver/InputSpec.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "compiler/driver/Errors.h"

namespace aotc {
namespace {

absl::StatusOr<int64_t> parseExtent(absl::string_view text) {
  if (text == "?")
    return -1;
  int64_t extent;
  if (absl::SimpleAtoi(text, &extent) && extent >= 0)
    return extent;
  if (!text.empty() && !absl::ascii_isdigit(text[0]) && text[0] != '-')
    return usageError(absl::StrCat("symbolic dimension '", text, "' is not supported; give a number or '?'"));
  return usageError(absl::StrCat("'", text, "' is not a dimension; give a number or '?'"));
}

absl::Status parseShapeAndType(absl::string_view text, InputSpec &spec) {
  size_t close = text.find(']');
  if (close == absl::string_view::npos)
    return usageError("the shape lacks its closing ']'");
  absl::string_view dims = text.substr(1, close - 1), rest = text.substr(close + 1);
  spec.shape.emplace();
  if (!absl::StripAsciiWhitespace(dims).empty())
    for (absl::string_view dim : absl::StrSplit(dims, ',')) {
      absl::StatusOr<int64_t> extent = parseExtent(absl::StripAsciiWhitespace(dim));
      if (!extent.ok())
        return extent.status();
      spec.shape->push_back(*extent);
    }
  if (rest.empty())
    return absl::OkStatus();
  if (!absl::ConsumePrefix(&rest, ":") || !(spec.dtype = parseDType(std::string(rest))))
    return usageError(absl::StrCat("'", rest,
                                   "' after the shape is not a type; give [d,d,...]:DTYPE with DTYPE "
                                   "one of f32 f64 f16 bf16 i8 i16 i32 i64 u8 u16 u32 u64 bool"));
  return absl::OkStatus();
}

} // namespace

std::string withoutPort0(const std::string &name) { return std::string(absl::StripSuffix(name, ":0")); }

absl::StatusOr<InputSpec> parseInputSpec(const std::string &option, const std::string &text) {
  auto error = [&](absl::string_view message) {
    return usageError(absl::StrCat(option, " ", text, ": ", message));
  };
  InputSpec spec;
  absl::string_view value = text;
  if (size_t equals = text.find('='); equals != std::string::npos) {
    if (equals == 0)
      return error("the name before '=' is empty");
    spec.name = withoutPort0(text.substr(0, equals));
    value.remove_prefix(equals + 1);
  }
  if (absl::StartsWith(value, "[")) {
    if (absl::Status status = parseShapeAndType(value, spec); !status.ok())
      return error(status.message());
    return spec;
  }
  if (!absl::EndsWith(value, ".npy"))
    return error("the value must be an .npy file or a shape in brackets such as [1,28,28] or [1,28,28]:f32");
  spec.npyPath = std::string(value);
  return spec;
}

} // namespace aotc
