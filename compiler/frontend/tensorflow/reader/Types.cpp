#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/proto/tensor.pb.h"
#include "compiler/frontend/tensorflow/reader/Graph.h"

namespace aotc::tf {

std::optional<DType> dtypeOf(TypeCode type) {
  switch (type.value) {
  case proto::DT_FLOAT: return DType::F32;
  case proto::DT_DOUBLE: return DType::F64;
  case proto::DT_HALF: return DType::F16;
  case proto::DT_BFLOAT16: return DType::BF16;
  case proto::DT_BOOL: return DType::I1;
  case proto::DT_INT8:
  case proto::DT_QINT8: return DType::I8;
  case proto::DT_INT16:
  case proto::DT_QINT16: return DType::I16;
  case proto::DT_INT32:
  case proto::DT_QINT32: return DType::I32;
  case proto::DT_INT64: return DType::I64;
  case proto::DT_UINT8:
  case proto::DT_QUINT8: return DType::U8;
  case proto::DT_UINT16:
  case proto::DT_QUINT16: return DType::U16;
  case proto::DT_UINT32: return DType::U32;
  case proto::DT_UINT64: return DType::U64;
  default: return std::nullopt;
  }
}

std::string nameOf(TypeCode type) {
  const std::string &known = proto::DataType_Name(static_cast<proto::DataType>(type.value));
  return known.empty() ? absl::StrCat("type ", type.value) : known;
}

std::vector<Body *> bodiesOf(const Node &node) {
  std::vector<Body *> result;
  for (const auto &[name, attr] : node.attrs)
    if (const auto *body = std::get_if<BodyPtr>(&attr))
      result.push_back(body->get());
    else if (const auto *bodies = std::get_if<std::vector<BodyPtr>>(&attr))
      for (const BodyPtr &one : *bodies)
        result.push_back(one.get());
  return result;
}

} // namespace aotc::tf
