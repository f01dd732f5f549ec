#include "ir/Tensor/Npy.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <sys/stat.h>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace aotc {
namespace {

constexpr absl::string_view kMagic("\x93NUMPY", 6);
// Before the literal: magic, version and length.
constexpr size_t kMaxPrefix = 12;
constexpr size_t kMaxRank = 64;

struct Descr {
  absl::string_view code;
  DType type;
};

constexpr Descr kDescrs[] = {
    {"f8", DType::F64}, {"f4", DType::F32}, {"f2", DType::F16}, {"V2", DType::BF16}, {"b1", DType::I1},
    {"i1", DType::I8},  {"i2", DType::I16}, {"i4", DType::I32}, {"i8", DType::I64},  {"u1", DType::U8},
    {"u2", DType::U16}, {"u4", DType::U32}, {"u8", DType::U64},
};

// Consumes the little Python literal that is an .npy header:
// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderParser {
public:
  explicit HeaderParser(absl::string_view text) : text(text) {}

  // False when the text is no such literal; `problem` says why when more is known.
  bool parse(NpyHeader &header, std::string &problem) {
    bool seenDescr = false, seenOrder = false, seenShape = false;
    if (!token("{"))
      return false;
    while (!token("}")) {
      std::string key;
      if (!string(key) || !token(":"))
        return false;
      bool ok = false;
      if (key == "descr")
        ok = seenDescr = descr(header, problem);
      else if (key == "fortran_order")
        ok = seenOrder = boolean(header.fortranOrder);
      else if (key == "shape")
        ok = seenShape = shape(header.shape);
      if (!ok)
        return false;
      if (!token(",")) {
        if (!token("}"))
          return false;
        break;
      }
    }
    return seenDescr && seenOrder && seenShape;
  }

private:
  bool token(absl::string_view expected) {
    text = absl::StripLeadingAsciiWhitespace(text);
    return absl::ConsumePrefix(&text, expected);
  }

  bool string(std::string &value) {
    text = absl::StripLeadingAsciiWhitespace(text);
    if (text.empty() || (text[0] != '\'' && text[0] != '"'))
      return false;
    size_t end = text.find(text[0], 1);
    if (end == absl::string_view::npos)
      return false;
    value.assign(text.data() + 1, end - 1);
    text.remove_prefix(end + 1);
    return true;
  }

  bool boolean(bool &value) {
    value = token("True");
    return value || token("False");
  }

  bool integer(int64_t &value) {
    text = absl::StripLeadingAsciiWhitespace(text);
    size_t digits = 0;
    while (digits < text.size() && absl::ascii_isdigit(text[digits]))
      ++digits;
    if (!absl::SimpleAtoi(text.substr(0, digits), &value))
      return false;
    text.remove_prefix(digits);
    absl::ConsumePrefix(&text, "L"); // Python 2 wrote long integers so
    return true;
  }

  bool shape(Shape &shape) {
    if (!token("("))
      return false;
    shape.clear(); // a key may come twice
    while (!token(")")) {
      int64_t dim;
      if (shape.size() == kMaxRank || !integer(dim))
        return false;
      shape.push_back(dim);
      if (!token(","))
        return token(")");
    }
    return true;
  }

  bool descr(NpyHeader &header, std::string &problem) {
    std::string code;
    if (!string(code)) {
      problem = "structured element types are not supported";
      return false;
    }
    absl::string_view rest = code;
    header.swapBytes = absl::ConsumePrefix(&rest, ">");
    if (!header.swapBytes && !absl::ConsumePrefix(&rest, "<") && !absl::ConsumePrefix(&rest, "|"))
      absl::ConsumePrefix(&rest, "=");
    const Descr *found =
        std::find_if(std::begin(kDescrs), std::end(kDescrs), [&](const Descr &d) { return d.code == rest; });
    if (found == std::end(kDescrs)) {
      problem = absl::StrCat("element type '", absl::CHexEscape(code), "' is not supported");
      return false;
    }
    header.type = found->type;
    return true;
  }

  absl::string_view text;
};

// The bytes of a column-major array in row-major order.
void fromFortranOrder(const char *source, const Shape &shape, size_t elementBytes, char *target) {
  Shape index(shape.size(), 0), strides(shape.size(), 0);
  int64_t count = 1;
  for (size_t d = 0; d < shape.size(); ++d) {
    strides[d] = count;
    count *= shape[d];
  }
  int64_t from = 0;
  for (int64_t to = 0; to < count; ++to) {
    std::memcpy(target + to * elementBytes, source + from * elementBytes, elementBytes);
    for (size_t d = shape.size(); d-- > 0;) {
      from += strides[d];
      if (++index[d] < shape[d])
        break;
      from -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
}

absl::Status fileError(const std::string &path, int error) { return absl::ErrnoToStatus(error, path); }

} // namespace

absl::StatusOr<NpyHeader> parseNpyHeader(absl::string_view bytes, const std::string &path) {
  const size_t all = bytes.size();
  auto error = [&](const auto &...parts) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", parts...));
  };
  if (!absl::ConsumePrefix(&bytes, kMagic) || bytes.size() < 4)
    return error("not a .npy file");
  auto byteAt = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(bytes[i])); };
  size_t version = byteAt(0);
  if (version < 1 || version > 3)
    return error(".npy format version ", version, " is not supported");
  size_t prefix = version == 1 ? 4 : 6;
  if (bytes.size() < prefix)
    return error("truncated .npy header");
  size_t length = byteAt(2) | byteAt(3) << 8;
  if (version > 1)
    length |= byteAt(4) << 16 | byteAt(5) << 24;
  bytes.remove_prefix(prefix);
  if (length > kMaxNpyHeader - kMaxPrefix)
    return error("the .npy header of ", length, " bytes is too long");
  if (bytes.size() < length)
    return error("truncated .npy header");
  NpyHeader header;
  std::string problem;
  if (!HeaderParser(bytes.substr(0, length)).parse(header, problem))
    return error(problem.empty() ? "malformed .npy header" : problem);
  bytes.remove_prefix(length);
  if (!elementCount(header.shape, byteSize(header.type)))
    return error("the shape ", toString(header.shape), " is too large");
  header.dataOffset = all - bytes.size();
  return header;
}

void finishNpyValues(const NpyHeader &header, char *values, size_t bytes) {
  const size_t elementBytes = byteSize(header.type);
  if (header.swapBytes && elementBytes > 1)
    for (size_t i = 0; i < bytes; i += elementBytes)
      std::reverse(values + i, values + i + elementBytes);
  if (header.type == DType::I1)
    for (size_t i = 0; i < bytes; ++i)
      values[i] = values[i] != 0;
}

absl::StatusOr<Tensor> parseNpy(absl::string_view bytes, const std::string &path) {
  absl::StatusOr<NpyHeader> parsed = parseNpyHeader(bytes, path);
  if (!parsed.ok())
    return parsed.status();
  const NpyHeader &header = *parsed;
  bytes.remove_prefix(header.dataOffset);
  // Before anything is allocated: a short file must not cost much memory.
  const size_t wanted = header.dataBytes();
  if (bytes.size() < wanted)
    return absl::InvalidArgumentError(absl::StrCat(path, ": truncated .npy data: ", typeString(header.type, header.shape),
                                                   " takes ", wanted, " bytes, ", bytes.size(), " left"));
  Tensor tensor(header.type, header.shape);
  if (!wanted)
    return tensor;
  char *target = tensor.mutableData();
  if (header.fortranOrder)
    fromFortranOrder(bytes.data(), header.shape, byteSize(header.type), target);
  else
    std::memcpy(target, bytes.data(), wanted);
  finishNpyValues(header, target, wanted);
  return tensor;
}

absl::StatusOr<Tensor> loadNpy(const std::string &path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file)
    return fileError(path, errno);
  struct stat info;
  if (fstat(fileno(file.get()), &info) != 0)
    return fileError(path, errno);
  if (!S_ISREG(info.st_mode))
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  if (std::fread(&bytes[0], 1, bytes.size(), file.get()) != bytes.size())
    return absl::DataLossError(absl::StrCat(path, ": cannot read the whole file"));
  return parseNpy(bytes, path);
}

absl::Status saveNpy(const std::string &path, const Tensor &tensor) {
  const Descr *descr = std::find_if(std::begin(kDescrs), std::end(kDescrs),
                                    [&](const Descr &d) { return d.type == tensor.dtype(); });
  bool ordered = byteSize(tensor.dtype()) > 1;
  std::string header =
      absl::StrCat("{'descr': '", ordered ? "<" : "|", descr->code, "', 'fortran_order': False, 'shape': (",
                   absl::StrJoin(tensor.shape(), ", "), tensor.rank() == 1 ? ",), }" : "), }");
  // The data starts at a multiple of 64 bytes, after a newline.
  size_t prefix = kMagic.size() + 4;
  header.append(63 - (prefix + header.size()) % 64, ' ');
  header += '\n';
  if (header.size() > 0xffff)
    return absl::InvalidArgumentError(absl::StrCat(path, ": too many dimensions for a .npy file"));

  std::FILE *file = std::fopen(path.c_str(), "wb");
  if (!file)
    return fileError(path, errno);
  std::string start(kMagic);
  start += {'\1', '\0', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  start += header;
  bool ok = std::fwrite(start.data(), 1, start.size(), file) == start.size() &&
            std::fwrite(tensor.data(), 1, tensor.bytes(), file) == tensor.bytes();
  int error = errno;
  if (std::fclose(file) != 0 && ok)
    return fileError(path, errno);
  return ok ? absl::OkStatus() : fileError(path, error);
}

} // namespace aotc
