#include "compiler/driver/InputSpec.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "compiler/artifact/Model.h"
#include "compiler/driver/Errors.h"

namespace aotc {
namespace {

constexpr int64_t kMaxSymbol = 1 << 20;

absl::Status parseExtent(absl::string_view text, InputSpec &spec) {
  int64_t extent = -1;
  std::string symbol;
  auto bad = [&] {
    return usageError(absl::StrCat("'", text, "' is not a dimension; give a number, '?', or a symbol with its range, as batch:1..64"));
  };
  if (text != "?" && (!absl::SimpleAtoi(text, &extent) || extent < 0)) {
    extent = -1;
    std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
    symbol = std::string(parts.first);
    if (!isIdentifier(symbol))
      return bad();
    if (text.size() > symbol.size()) {
      std::pair<absl::string_view, absl::string_view> ends = absl::StrSplit(parts.second, absl::MaxSplits("..", 1));
      SymbolRange range{symbol, 1, 1};
      if (!absl::SimpleAtoi(ends.first, &range.low) || !absl::SimpleAtoi(ends.second, &range.high))
        return bad();
      if (range.low < 1 || range.high < range.low || range.high > kMaxSymbol)
        return usageError(absl::StrCat("'", text, "': give a range from 1 on, of at most ", kMaxSymbol, ", lowest first"));
      spec.ranges.push_back(range);
    }
  }
  spec.shape->push_back(extent);
  spec.symbols.push_back(symbol);
  return absl::OkStatus();
}

absl::Status parseShapeAndType(absl::string_view text, InputSpec &spec) {
  size_t close = text.find(']');
  if (close == absl::string_view::npos)
    return usageError("the shape lacks its closing ']'");
  absl::string_view dims = text.substr(1, close - 1), rest = text.substr(close + 1);
  spec.shape.emplace();
  if (!absl::StripAsciiWhitespace(dims).empty())
    for (absl::string_view dim : absl::StrSplit(dims, ',')) {
      if (absl::Status status = parseExtent(absl::StripAsciiWhitespace(dim), spec); !status.ok())
        return status;
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
