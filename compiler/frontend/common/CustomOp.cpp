#include "compiler/frontend/common/CustomOp.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace aotc {
namespace {

constexpr int kMaxDepth = 64; // of parentheses

class Parser {
public:
  Parser(const std::string &where, absl::string_view text) : where(where), text(text) {}

  absl::StatusOr<std::vector<CustomOp>> run() {
    std::vector<CustomOp> ops;
    for (skip(); at < text.size() && status.ok(); skip()) {
      ops.push_back(op());
      for (size_t i = 0; i + 1 < ops.size() && status.ok(); ++i)
        if (ops[i].name == ops.back().name)
          fail(absl::StrCat("'", ops[i].name, "' is declared twice"));
    }
    if (!status.ok())
      return status;
    return ops;
  }

private:
  // NAME(operands; attributes) -> results = symbol
  CustomOp op() {
    CustomOp op;
    op.name = word("the operation's name", "._>:/");
    expect('(');
    while (status.ok() && !peek(')') && !peek(';')) {
      op.operands.push_back(tensor(false));
      if (!take(','))
        break;
    }
    if (take(';'))
      while (status.ok() && !peek(')')) {
        op.attrs.push_back(attribute());
        if (!take(','))
          break;
      }
    expect(')');
    expect('-');
    expect('>');
    if (take('(')) {
      do
        op.results.push_back(tensor(true));
      while (status.ok() && take(','));
      expect(')');
    } else {
      op.results.push_back(tensor(true));
    }
    expect('=');
    op.symbol = word("the C function's name", "_");
    if (status.ok())
      check(op);
    return op;
  }

  // Names in results must come from operands or attributes.
  void check(const CustomOp &op) {
    std::vector<std::string> known, rests, types;
    for (const CustomTensor &tensor : op.operands) {
      if (!tensor.type)
        types.push_back(tensor.typeName);
      for (const CustomDim &dim : tensor.dims)
        (dim.kind == CustomDim::Rest ? rests : known).push_back(dim.kind == CustomDim::Rest ? dim.name : dim.extent.name);
      if (std::count_if(tensor.dims.begin(), tensor.dims.end(), [](const CustomDim &d) { return d.kind == CustomDim::Rest; }) > 1)
        fail(absl::StrCat("'", tensor.name, "' has more than one '...'"));
    }
    for (const CustomAttr &attr : op.attrs)
      if (attr.kind == CustomAttr::Int)
        known.push_back(attr.name);
    auto has = [](const std::vector<std::string> &names, const std::string &name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    std::function<void(const CustomExpr &)> checkNames = [&](const CustomExpr &e) {
      if (e.kind == CustomExpr::Name && !has(known, e.name))
        fail(absl::StrCat("'", e.name, "' is no dimension of an operand and no integer attribute"));
      for (const CustomExpr &operand : e.operands)
        checkNames(operand);
    };
    for (const CustomTensor &tensor : op.results) {
      if (!tensor.type && !has(types, tensor.typeName))
        fail(absl::StrCat("'", tensor.typeName, "' is no element type, and no operand has it"));
      for (const CustomDim &dim : tensor.dims) {
        if (dim.kind == CustomDim::Rest && !has(rests, dim.name))
          fail(absl::StrCat("no operand has '", dim.name, "...'"));
        if (dim.kind == CustomDim::Extent)
          checkNames(dim.extent);
      }
    }
  }

  CustomTensor tensor(bool isResult) {
    CustomTensor tensor;
    tensor.name = word("a tensor's name", "_");
    expect(':');
    tensor.typeName = word("an element type", "_");
    tensor.type = parseDType(tensor.typeName);
    expect('[');
    while (status.ok() && !peek(']')) {
      tensor.dims.push_back(dim(isResult));
      if (!take(','))
        break;
    }
    expect(']');
    return tensor;
  }

  CustomDim dim(bool isResult) {
    CustomDim dim;
    if (isResult && take('?')) {
      dim.kind = CustomDim::Asked;
      return dim;
    }
    dim.extent = isResult ? sum(0) : primary(0);
    if (!isResult && dim.extent.kind != CustomExpr::Name && dim.extent.kind != CustomExpr::Number)
      fail("a dimension of an operand is a number or a name");
    if (dim.extent.kind == CustomExpr::Name && take('.')) {
      expect('.');
      expect('.');
      dim.kind = CustomDim::Rest;
      dim.name = dim.extent.name;
    }
    return dim;
  }

  CustomAttr attribute() {
    static const std::pair<const char *, CustomAttr::Kind> kKinds[] = {
        {"int", CustomAttr::Int},       {"bool", CustomAttr::Bool},  {"float", CustomAttr::Float},
        {"string", CustomAttr::String}, {"ints", CustomAttr::Ints}, {"floats", CustomAttr::Floats}};
    CustomAttr attr;
    attr.name = word("an attribute's name", "_");
    expect(':');
    std::string kind = word("an attribute's type", "");
    auto found = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto &k) { return k.first == kind; });
    if (found == std::end(kKinds)) {
      fail(absl::StrCat("'", kind, "' is no attribute type; give int, bool, float, string, ints or floats"));
      return attr;
    }
    attr.kind = found->second;
    if (take('='))
      attr.byDefault = values(attr.kind);
    return attr;
  }

  CustomValues values(CustomAttr::Kind kind) {
    if (kind == CustomAttr::String)
      return quoted();
    std::vector<int64_t> integers;
    std::vector<double> numbers;
    const bool isList = kind == CustomAttr::Ints || kind == CustomAttr::Floats, isReal = kind == CustomAttr::Float || kind == CustomAttr::Floats;
    if (isList)
      expect('[');
    while (status.ok() && !(isList && peek(']'))) {
      std::string text = word("a number", "+-.");
      double number = 0;
      int64_t integer = text == "true";
      if (isReal ? !absl::SimpleAtod(text, &number) : text != "true" && text != "false" && !absl::SimpleAtoi(text, &integer))
        fail(absl::StrCat("'", text, "' is no ", isReal ? "number" : "integer"));
      integers.push_back(integer);
      numbers.push_back(number);
      if (!isList || !take(','))
        break;
    }
    if (isList)
      expect(']');
    return isReal ? CustomValues(numbers) : CustomValues(integers);
  }

  std::string quoted() {
    expect('"');
    size_t end = text.find('"', at);
    if (end == absl::string_view::npos)
      fail("the string lacks its closing '\"'");
    if (!status.ok())
      return "";
    std::string value(text.substr(at, end - at));
    at = end + 1;
    return value;
  }

  // Expressions of results' dimensions.
  CustomExpr join(CustomExpr::Kind kind, CustomExpr a, CustomExpr b) {
    CustomExpr e;
    e.kind = kind;
    e.operands = {std::move(a), std::move(b)};
    return e;
  }
  CustomExpr sum(int depth) {
    CustomExpr e = product(depth);
    for (int terms = 0; status.ok() && terms < kMaxDepth; ++terms)
      if (take('+'))
        e = join(CustomExpr::Add, std::move(e), product(depth));
      else if (take('-'))
        e = join(CustomExpr::Sub, std::move(e), product(depth));
      else
        break;
    return e;
  }
  CustomExpr product(int depth) {
    CustomExpr e = primary(depth);
    for (int factors = 0; status.ok() && factors < kMaxDepth; ++factors)
      if (take('*'))
        e = join(CustomExpr::Mul, std::move(e), primary(depth));
      else if (take('/'))
        e = join(CustomExpr::Div, std::move(e), primary(depth));
      else if (take('%'))
        e = join(CustomExpr::Mod, std::move(e), primary(depth));
      else
        break;
    return e;
  }
  CustomExpr primary(int depth) {
    CustomExpr e;
    if (depth > kMaxDepth) {
      fail("an expression nests too deep");
      return e;
    }
    if (take('(')) {
      e = sum(depth + 1);
      expect(')');
      return e;
    }
    std::string token = word("a number or a name", "_");
    if (!token.empty() && absl::ascii_isdigit(token[0])) {
      if (!absl::SimpleAtoi(token, &e.number))
        fail(absl::StrCat("'", token, "' is no number"));
      return e;
    }
    if ((token == "min" || token == "max") && take('(')) {
      CustomExpr a = sum(depth + 1);
      expect(',');
      e = join(token == "min" ? CustomExpr::Min : CustomExpr::Max, std::move(a), sum(depth + 1));
      expect(')');
      return e;
    }
    e.kind = CustomExpr::Name;
    e.name = token;
    return e;
  }

  // Characters.
  void skip() {
    while (at < text.size() && (absl::ascii_isspace(text[at]) || text[at] == '#'))
      if (text[at] == '#')
        at = std::min(text.find('\n', at), text.size());
      else
        ++at;
  }
  bool peek(char c) {
    skip();
    return at < text.size() && text[at] == c;
  }
  bool take(char c) {
    if (!status.ok() || !peek(c))
      return false;
    ++at;
    return true;
  }
  void expect(char c) {
    if (status.ok() && !take(c))
      fail(absl::StrCat("expected '", std::string(1, c), "'", at < text.size() ? absl::StrCat(" before '", text.substr(at, 20), "'") : " at the end"));
  }
  // Letters, digits and some others.
  std::string word(const char *what, absl::string_view others) {
    skip();
    size_t begin = at;
    while (at < text.size() && (absl::ascii_isalnum(text[at]) || others.find(text[at]) != absl::string_view::npos))
      ++at;
    if (begin == at)
      fail(absl::StrCat("expected ", what, at < text.size() ? absl::StrCat(" before '", text.substr(at, 20), "'") : " at the end"));
    return std::string(text.substr(begin, at - begin));
  }
  void fail(const std::string &message) {
    if (!status.ok())
      return;
    auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size())), '\n') + 1;
    status = absl::InvalidArgumentError(absl::StrCat(where, line > 1 ? absl::StrCat(":", line) : "", ": ", message));
  }

  const std::string &where;
  absl::string_view text;
  size_t at = 0;
  absl::Status status;
};

} // namespace

absl::StatusOr<int64_t> CustomExpr::evaluate(const CustomNames &names) const {
  if (kind == Number)
    return number;
  if (kind == Name) {
    auto found = names.find(name);
    return found != names.end() ? absl::StatusOr<int64_t>(found->second) : absl::InvalidArgumentError(absl::StrCat("'", name, "' has no value"));
  }
  absl::StatusOr<int64_t> first = operands[0].evaluate(names), second = operands[1].evaluate(names);
  if (!first.ok() || !second.ok())
    return first.ok() ? second : first;
  const int64_t a = *first, b = *second;
  int64_t result = 0;
  bool overflow = false;
  switch (kind) {
  case Add: overflow = __builtin_add_overflow(a, b, &result); break;
  case Sub: overflow = __builtin_sub_overflow(a, b, &result); break;
  case Mul: overflow = __builtin_mul_overflow(a, b, &result); break;
  case Div:
  case Mod:
    if (b <= 0)
      return absl::InvalidArgumentError("a dimension divides by what is not positive");
    result = a / b - (a % b < 0);
    if (kind == Mod)
      result = a - result * b;
    break;
  case Min: result = std::min(a, b); break;
  default: result = std::max(a, b); break;
  }
  if (overflow)
    return absl::InvalidArgumentError("a dimension overflows");
  return result;
}

bool CustomOp::asksShape() const {
  for (const CustomTensor &tensor : results)
    for (const CustomDim &dim : tensor.dims)
      if (dim.kind == CustomDim::Asked)
        return true;
  return false;
}

absl::StatusOr<std::vector<CustomOp>> parseCustomOps(const std::string &where, absl::string_view text) { return Parser(where, text).run(); }

const CustomOp *findCustomOp(const CustomOps &ops, const std::string &name) {
  auto found = std::find_if(ops.begin(), ops.end(), [&](const CustomOp &op) { return op.name == name; });
  return found == ops.end() ? nullptr : &*found;
}

} // namespace aotc
