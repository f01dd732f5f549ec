#include "compiler/frontend/onnx/reader/Decode.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace aotc::onnx {
namespace {

using proto::AttributeProto;

// Copies are cheap below this, and do not keep a message's bytes.
constexpr size_t kViewedBytes = 4096;

template <typename To, typename List> Tensor fromList(DType type, Shape shape, const List &list) {
  Tensor result(type, std::move(shape));
  std::transform(list.begin(), list.end(), result.mutableAs<To>(), [](auto value) { return static_cast<To>(value); });
  return result;
}

Tensor listed(const proto::TensorProto &t, DType type, Shape shape) {
  switch (type) {
  case DType::F32: return fromList<float>(type, std::move(shape), t.float_data());
  case DType::F64: return fromList<double>(type, std::move(shape), t.double_data());
  case DType::I64: return fromList<int64_t>(type, std::move(shape), t.int64_data());
  case DType::U64: return fromList<uint64_t>(type, std::move(shape), t.uint64_data());
  case DType::U32: return fromList<uint32_t>(type, std::move(shape), t.uint64_data());
  case DType::I32: return fromList<int32_t>(type, std::move(shape), t.int32_data());
  case DType::I16: return fromList<int16_t>(type, std::move(shape), t.int32_data());
  case DType::F16:
  case DType::BF16:
  case DType::U16: return fromList<uint16_t>(type, std::move(shape), t.int32_data());
  case DType::I8: return fromList<int8_t>(type, std::move(shape), t.int32_data());
  case DType::U8: return fromList<uint8_t>(type, std::move(shape), t.int32_data());
  case DType::I1: return fromList<bool>(type, std::move(shape), t.int32_data());
  }
  return Tensor();
}

int64_t listSize(const proto::TensorProto &t, DType type) {
  switch (type) {
  case DType::F32: return t.float_data_size();
  case DType::F64: return t.double_data_size();
  case DType::I64: return t.int64_data_size();
  case DType::U64:
  case DType::U32: return t.uint64_data_size();
  default: return t.int32_data_size();
  }
}

// Several codes a byte, the first one in the lowest bits, to one a byte.
Tensor unpacked(absl::string_view packed, DType storage, int bits, Shape shape) {
  Tensor result(storage, std::move(shape));
  auto *to = result.mutableAs<uint8_t>();
  const int perByte = 8 / bits, mask = (1 << bits) - 1, sign = storage == DType::I8 ? 1 << (bits - 1) : 0;
  for (int64_t i = 0; i < result.size(); ++i) {
    int code = static_cast<uint8_t>(packed[i / perByte]) >> (i % perByte * bits) & mask;
    to[i] = static_cast<uint8_t>((code ^ sign) - sign);
  }
  return result;
}

BadValue bad(std::string reason) { return BadValue{std::move(reason)}; }

} // namespace

absl::StatusOr<std::shared_ptr<const std::string>> Decoder::bytesOf(proto::TensorProto &t, size_t expected) {
  if (t.data_location() == proto::TensorProto::EXTERNAL)
    return external.read(t, expected);
  if (t.raw_data().size() != expected)
    return absl::InvalidArgumentError(absl::StrCat("has ", t.raw_data().size(), " bytes, but takes ", expected));
  return std::shared_ptr<const std::string>(t.release_raw_data());
}

TensorOrBad Decoder::tensor(proto::TensorProto &t) {
  const ElementType element = t.data_type();
  std::optional<DType> type = storageOf(element);
  if (!type)
    return bad(absl::StrCat("holds ", nameOf(element), " elements, which are not supported"));
  Shape shape(t.dims().begin(), t.dims().end());
  if (shape.size() > kMaxRank)
    return bad(absl::StrCat("has ", shape.size(), " dimensions"));
  std::optional<int64_t> count = elementCount(shape, byteSize(*type));
  if (!count)
    return bad(absl::StrCat("has the impossible shape ", toString(shape)));
  const int bits = narrowBits(element);
  const bool packed = bits > 0 && bits < 8;
  const size_t bytes = packed ? (static_cast<size_t>(*count) * bits + 7) / 8 : *count * byteSize(*type);
  const bool inBytes = t.has_raw_data() || t.data_location() == proto::TensorProto::EXTERNAL;
  if (!inBytes) {
    int64_t given = listSize(t, *type), wanted = packed ? static_cast<int64_t>(bytes) : *count;
    if (given != wanted)
      return bad(absl::StrCat("lists ", given, " values for ", nameOf(element), toString(shape), ", which takes ",
                              wanted));
    if (!packed)
      return TypedTensor{listed(t, *type, std::move(shape)), element};
    std::string codes(t.int32_data().begin(), t.int32_data().end());
    return TypedTensor{unpacked(codes, *type, bits, std::move(shape)), element};
  }
  if (bytes == 0)
    return TypedTensor{Tensor(*type, std::move(shape)), element};
  auto content = bytesOf(t, bytes);
  if (!content.ok())
    return bad(std::string(content.status().message()));
  const std::string &raw = **content;
  if (packed)
    return TypedTensor{unpacked(raw, *type, bits, std::move(shape)), element};
  if (*type != DType::I1 && bytes > kViewedBytes)
    return TypedTensor{Tensor(*type, std::move(shape), raw.data(), *content), element};
  Tensor result(*type, std::move(shape));
  if (*type == DType::I1) // must be 0 or 1 in memory; a file may hold anything
    std::transform(raw.begin(), raw.end(), result.mutableData(), [](char c) { return c != 0; });
  else
    std::copy(raw.begin(), raw.end(), result.mutableData());
  return TypedTensor{std::move(result), element};
}

TensorOrBad Decoder::tensor(proto::SparseTensorProto &sparse) {
  TensorOrBad values = tensor(*sparse.mutable_values()), indices = tensor(*sparse.mutable_indices());
  for (auto *part : {&values, &indices})
    if (auto *problem = std::get_if<BadValue>(part))
      return *problem;
  const auto &[given, element] = std::get<TypedTensor>(values);
  const auto &[at, indexType] = std::get<TypedTensor>(indices);
  Shape shape(sparse.dims().begin(), sparse.dims().end());
  std::optional<int64_t> count = elementCount(shape, byteSize(given.dtype()));
  if (!count || shape.size() > kMaxRank)
    return bad(absl::StrCat("has the impossible shape ", toString(shape)));
  const int64_t rank = shape.size(), listed = given.size();
  const bool linear = at.rank() == 1 && at.size() == listed;
  if (indexType != kInt64 || given.rank() != 1 || (!linear && at.shape() != Shape{listed, rank}))
    return bad("has indices that do not fit its values");
  const int64_t bytes = *count * static_cast<int64_t>(byteSize(given.dtype()));
  if (bytes > expandable)
    return bad(absl::StrCat("is sparse and takes ", bytes, " bytes; a file's sparse tensors may take ",
                            kMaxExpandedBytes >> 20, " MiB"));
  expandable -= bytes;
  Tensor dense(given.dtype(), shape); // zeros
  char *to = dense.mutableData();
  const size_t width = byteSize(given.dtype());
  for (int64_t k = 0; k < listed; ++k) {
    int64_t place = linear ? at.i(k) : 0;
    bool inside = !linear || (place >= 0 && place < *count);
    for (int64_t d = 0; !linear && inside && d < rank; ++d) {
      int64_t index = at.i(k * rank + d);
      inside = index >= 0 && index < shape[d];
      place = inside ? place * shape[d] + index : 0;
    }
    if (!inside)
      return bad("has an index outside its shape");
    std::copy_n(given.data() + k * width, width, to + place * width);
  }
  return TypedTensor{std::move(dense), element};
}

AttributeProto::AttributeType kindOf(const AttributeProto &a) {
  if (a.type() != AttributeProto::UNDEFINED)
    return a.type();
  if (a.has_f())
    return AttributeProto::FLOAT;
  if (a.has_i())
    return AttributeProto::INT;
  if (a.has_s())
    return AttributeProto::STRING;
  if (a.has_t())
    return AttributeProto::TENSOR;
  if (a.has_g())
    return AttributeProto::GRAPH;
  if (a.floats_size())
    return AttributeProto::FLOATS;
  if (a.ints_size())
    return AttributeProto::INTS;
  return a.strings_size() ? AttributeProto::STRINGS : AttributeProto::UNDEFINED;
}

Attr Decoder::attr(AttributeProto &a) {
  if (!a.ref_attr_name().empty())
    return AttributeRef{a.ref_attr_name()};
  auto plain = [](TensorOrBad value) { return std::visit([](auto &&v) { return Attr(std::move(v)); }, std::move(value)); };
  switch (kindOf(a)) {
  case AttributeProto::FLOAT: return a.f();
  case AttributeProto::INT: return static_cast<int64_t>(a.i());
  case AttributeProto::STRING: return a.s();
  case AttributeProto::TENSOR: return plain(tensor(*a.mutable_t()));
  case AttributeProto::SPARSE_TENSOR: return plain(tensor(*a.mutable_sparse_tensor()));
  case AttributeProto::FLOATS: return std::vector<float>(a.floats().begin(), a.floats().end());
  case AttributeProto::INTS: return std::vector<int64_t>(a.ints().begin(), a.ints().end());
  case AttributeProto::STRINGS: return std::vector<std::string>(a.strings().begin(), a.strings().end());
  default: return bad(absl::StrCat("is of kind ", AttributeProto::AttributeType_Name(kindOf(a)),
                                   ", which is not supported"));
  }
}

} // namespace aotc::onnx
