#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "compiler/artifact/Model.h"

namespace aotc {
namespace {

// Keywords of C11 and C++20, types and macros of the headers that the
// generated header includes, and what compilers predefine without underscores.
const absl::flat_hash_set<std::string> &reservedWords() {
  static const auto *words = new absl::flat_hash_set<std::string>{
      "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case",
      "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield",
      "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue",
      "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "explicit", "export",
      "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable",
      "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or", "or_eq", "private",
      "protected", "public", "register", "reinterpret_cast", "requires", "restrict", "return", "short",
      "signed", "sizeof", "static", "static_assert", "static_cast", "struct", "switch", "template", "this",
      "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof", "union", "unsigned",
      "using", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
      // types and macros
      "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "size_t",
      "ptrdiff_t", "max_align_t", "NULL", "offsetof", "errno", "assert", "complex", "imaginary", "I", "EOF",
      "stdin", "stdout", "stderr", "linux", "unix", "i386", "near", "far", "small", "main"};
  return *words;
}

std::string sanitize(const std::string &text) {
  std::string result;
  for (char c : text)
    result += absl::ascii_isalnum(c) || c == '_' ? c : '_';
  // Leading underscores belong to the implementation, leading digits are no identifier.
  size_t start = result.find_first_not_of('_');
  result = start == std::string::npos ? "tensor" : result.substr(start);
  while (result.find("__") != std::string::npos) // reserved in C++
    result.erase(result.find("__"), 1);
  if (absl::ascii_isdigit(result[0]))
    result = absl::StrCat("t", result);
  // C99 promises 63 significant characters.
  return result.substr(0, 48);
}

} // namespace

bool isIdentifier(const std::string &text) {
  if (text.empty() || absl::ascii_isdigit(text[0]) || reservedWords().contains(text))
    return false;
  for (char c : text)
    if (!absl::ascii_isalnum(c) && c != '_')
      return false;
  return true;
}

std::string makeIdentifier(const std::string &text) {
  std::string result = sanitize(text);
  return reservedWords().contains(result) ? absl::StrCat(result, "_") : result;
}

std::vector<std::string> makeIdentifiers(const std::vector<std::string> &names,
                                         std::vector<std::string> taken) {
  absl::flat_hash_set<std::string> used(taken.begin(), taken.end());
  std::vector<std::string> result;
  for (const std::string &name : names) {
    std::string base = makeIdentifier(name), unique = base;
    for (int i = 2; !used.insert(unique).second; ++i)
      unique = absl::StrCat(base, "_", i);
    result.push_back(unique);
  }
  return result;
}

} // namespace aotc
