#include "compiler/driver/FixedInputs.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "compiler/driver/Errors.h"

namespace aotc {
namespace {

// One number, or true or false, as the element.
bool parseElement(absl::string_view text, Tensor &tensor, int64_t i) {
  const DType type = tensor.dtype();
  bool truth;
  if (type == DType::I1 && absl::SimpleAtob(text, &truth)) {
    tensor.setI(i, truth);
    return true;
  }
  if (isFloat(type)) {
    double number;
    if (!absl::SimpleAtod(text, &number))
      return false;
    tensor.setF(i, number);
    return true;
  }
  int64_t number;
  uint64_t large;
  if (absl::SimpleAtoi(text, &number)) {
    tensor.setI(i, number);
    return tensor.i(i) == number && (type != DType::U64 || number >= 0);
  }
  if (type != DType::U64 || !absl::SimpleAtoi(text, &large))
    return false;
  tensor.setI(i, static_cast<int64_t>(large));
  return true;
}

bool fits(const Shape &shape, const PartialShape &declared) {
  if (!declared)
    return true;
  if (shape.size() != declared->size())
    return false;
  for (size_t d = 0; d < shape.size(); ++d)
    if ((*declared)[d] >= 0 && (*declared)[d] != shape[d])
      return false;
  return true;
}

// The declared shape for so many numbers: unknown extents are 1, but a vector has as many as there are.
Shape shapeFor(const PartialShape &declared, bool isList, size_t count) {
  if (!declared)
    return isList ? Shape{static_cast<int64_t>(count)} : Shape{};
  Shape shape = *declared;
  for (int64_t &extent : shape)
    if (extent < 0)
      extent = isList && shape.size() == 1 ? static_cast<int64_t>(count) : 1;
  return shape;
}

} // namespace

absl::StatusOr<FixedInput> parseFixedInput(const std::string &text) {
  auto error = [&](absl::string_view message) { return usageError(absl::StrCat("--set ", text, ": ", message)); };
  const char *form = "give NAME=NUMBER, NAME=[NUMBER,NUMBER,...] or NAME=FILE.npy";
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    return error(form);
  FixedInput fixed;
  fixed.name = withoutPort0(text.substr(0, equals));
  absl::string_view value = absl::string_view(text).substr(equals + 1);
  if (absl::EndsWith(value, ".npy")) {
    absl::StatusOr<Tensor> tensor = loadNpy(std::string(value));
    if (!tensor.ok())
      return ioError(std::string(tensor.status().message()));
    fixed.value = *std::move(tensor);
    return fixed;
  }
  fixed.isList = absl::ConsumePrefix(&value, "[");
  if (fixed.isList && !absl::ConsumeSuffix(&value, "]"))
    return error("the list lacks its closing ']'");
  if (!fixed.isList || !absl::StripAsciiWhitespace(value).empty())
    for (absl::string_view number : absl::StrSplit(value, ',')) {
      double any;
      bool truth;
      number = absl::StripAsciiWhitespace(number);
      if (!absl::SimpleAtod(number, &any) && !absl::SimpleAtob(number, &truth))
        return error(form);
      fixed.numbers.emplace_back(number);
    }
  if (!fixed.isList && fixed.numbers.size() != 1)
    return error(form);
  return fixed;
}

std::optional<Tensor> fixedValue(const FixedInput &fixed, const DeclaredInput &declared, Diagnostics &diagnostics) {
  auto error = [&](const std::string &message, const std::string &remedy = "") {
    diagnostics.error(declared.name, "", message, remedy);
    return std::nullopt;
  };
  if (!declared.type && !declared.typeName.empty())
    return error(absl::StrCat("inputs of type ", declared.typeName, " are not supported"));
  if (!declared.type && !fixed.value)
    return error("the file does not tell this tensor's type", absl::StrCat("give --set ", declared.name, "=FILE.npy"));
  Tensor value = fixed.value ? *fixed.value : Tensor();
  if (!fixed.value) {
    Shape shape = shapeFor(declared.shape, fixed.isList, fixed.numbers.size());
    std::optional<int64_t> count = elementCount(shape, byteSize(*declared.type));
    constexpr int64_t kMaxElements = 1 << 24; // of what a number fills
    if (!count || *count > kMaxElements || (fixed.isList && *count != static_cast<int64_t>(fixed.numbers.size())))
      return error(absl::StrCat("--set gives ", fixed.numbers.size(), " numbers, the input is ", typeString(*declared.type, shape)));
    value = Tensor(*declared.type, shape);
    for (int64_t i = 0; i < *count; ++i) {
      const std::string &number = fixed.numbers[fixed.isList ? i : 0];
      if (!parseElement(number, value, i))
        return error(absl::StrCat("--set gives ", number, ", which no ", std::string(name(*declared.type)), " is"));
    }
  }
  if ((declared.type && value.dtype() != *declared.type) || !fits(value.shape(), declared.shape))
    return error(absl::StrCat("--set gives ", typeString(value), ", and the model declares another type or shape"));
  return value;
}

} // namespace aotc
