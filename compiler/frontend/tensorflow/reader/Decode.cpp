#include "compiler/frontend/tensorflow/reader/Decode.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace aotc::tf {

TypeCode typeCode(int value) { return {value > 100 ? value - 100 : value}; }

PartialShape partialShape(const proto::TensorShapeProto &shape) {
  if (shape.unknown_rank())
    return std::nullopt;
  std::vector<int64_t> dims;
  for (const auto &dim : shape.dim())
    dims.push_back(dim.size());
  return dims;
}

template <typename To, typename List>
Attr Decoder::fromList(const proto::TensorProto &tensor, DType type, Shape shape, const List &list) {
  int64_t count = *elementCount(shape, byteSize(type));
  int64_t given = list.size();
  if (given > count)
    return BadTensor{
        absl::StrCat("lists ", given, " values for ", typeString(type, shape), ", which has ", count)};
  const int64_t bytes = count * static_cast<int64_t>(byteSize(type));
  if (given < count) {
    if (bytes > expandable)
      return BadTensor{absl::StrCat("is ", typeString(type, shape), " but lists only ", given,
                                    " values; a file's repeated values may take ", kMaxExpandedBytes >> 20,
                                    " MiB")};
    expandable -= bytes;
  }
  Tensor result(type, std::move(shape)); // zeros, which is what an empty list means
  if (given == 0)
    return result;
  To *to = result.mutableAs<To>();
  for (int64_t i = 0; i < given; ++i)
    to[i] = static_cast<To>(list.Get(static_cast<int>(i)));
  std::fill(to + given, to + count, to[given - 1]);
  return result;
}

Attr Decoder::decode(const proto::TensorProto &tensor) {
  TypeCode code = typeCode(tensor.dtype());
  std::optional<DType> type = dtypeOf(code);
  if (!type)
    return BadTensor{absl::StrCat("holds ", nameOf(code), " elements, which are not supported")};
  PartialShape partial = partialShape(tensor.tensor_shape());
  if (!partial)
    return BadTensor{"has no known shape"};
  Shape shape = std::move(*partial);
  if (shape.size() > kMaxRank)
    return BadTensor{absl::StrCat("has ", shape.size(), " dimensions")};
  std::optional<int64_t> count = elementCount(shape, byteSize(*type));
  if (!count)
    return BadTensor{absl::StrCat("has the impossible shape ", toString(shape))};

  const std::string &content = tensor.tensor_content();
  if (!content.empty()) {
    size_t expected = static_cast<size_t>(*count) * byteSize(*type);
    if (content.size() != expected)
      return BadTensor{absl::StrCat("has ", content.size(), " bytes, but ", typeString(*type, shape),
                                    " takes ", expected)};
    Tensor result(*type, std::move(shape));
    if (*type == DType::I1) // must be 0 or 1 in memory; a file may hold anything
      std::transform(content.begin(), content.end(), result.mutableData(), [](char c) { return c != 0; });
    else
      std::memcpy(result.mutableData(), content.data(), content.size());
    return result;
  }
  switch (*type) {
  case DType::F32: return fromList<float>(tensor, *type, std::move(shape), tensor.float_val());
  case DType::F64: return fromList<double>(tensor, *type, std::move(shape), tensor.double_val());
  case DType::F16:
  case DType::BF16: return fromList<uint16_t>(tensor, *type, std::move(shape), tensor.half_val());
  case DType::I1: return fromList<bool>(tensor, *type, std::move(shape), tensor.bool_val());
  case DType::I8: return fromList<int8_t>(tensor, *type, std::move(shape), tensor.int_val());
  case DType::I16: return fromList<int16_t>(tensor, *type, std::move(shape), tensor.int_val());
  case DType::I32: return fromList<int32_t>(tensor, *type, std::move(shape), tensor.int_val());
  case DType::I64: return fromList<int64_t>(tensor, *type, std::move(shape), tensor.int64_val());
  case DType::U8: return fromList<uint8_t>(tensor, *type, std::move(shape), tensor.int_val());
  case DType::U16: return fromList<uint16_t>(tensor, *type, std::move(shape), tensor.int_val());
  case DType::U32: return fromList<uint32_t>(tensor, *type, std::move(shape), tensor.uint32_val());
  case DType::U64: return fromList<uint64_t>(tensor, *type, std::move(shape), tensor.uint64_val());
  }
  return BadTensor{"has an unknown element type"};
}

const Attr &Decoder::tensor(const proto::TensorProto &tensor) {
  auto found = decoded.find(&tensor);
  if (found == decoded.end())
    found = decoded.emplace(&tensor, decode(tensor)).first;
  return found->second;
}

std::optional<Attr> Decoder::attr(const proto::AttrValue &value) {
  switch (value.value_case()) {
  case proto::AttrValue::kS: return Attr(value.s());
  case proto::AttrValue::kI: return Attr(static_cast<int64_t>(value.i()));
  case proto::AttrValue::kF: return Attr(value.f());
  case proto::AttrValue::kB: return Attr(value.b());
  case proto::AttrValue::kType: return Attr(typeCode(value.type()));
  case proto::AttrValue::kShape: return Attr(partialShape(value.shape()));
  case proto::AttrValue::kTensor: return tensor(value.tensor());
  case proto::AttrValue::kFunc: return Attr(FunctionName{value.func().name()});
  case proto::AttrValue::kList: break;
  default: return std::nullopt;
  }
  const auto &list = value.list();
  if (list.f_size())
    return Attr(std::vector<float>(list.f().begin(), list.f().end()));
  if (list.b_size())
    return Attr(std::vector<bool>(list.b().begin(), list.b().end()));
  if (list.s_size())
    return Attr(std::vector<std::string>(list.s().begin(), list.s().end()));
  if (list.type_size()) {
    std::vector<TypeCode> types;
    for (int type : list.type())
      types.push_back(typeCode(type));
    return Attr(std::move(types));
  }
  if (list.shape_size()) {
    std::vector<PartialShape> shapes;
    for (const auto &shape : list.shape())
      shapes.push_back(partialShape(shape));
    return Attr(std::move(shapes));
  }
  if (list.tensor_size() || list.func_size())
    return std::nullopt;
  return Attr(std::vector<int64_t>(list.i().begin(), list.i().end()));
}

} // namespace aotc::tf
