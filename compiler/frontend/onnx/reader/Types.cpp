#include "absl/strings/str_cat.h"
#include "compiler/frontend/onnx/reader/Graph.h"

namespace aotc::onnx {
namespace {

struct TypeRow {
  ElementType type;
  const char *name;
  std::optional<DType> dtype;
  int narrowBits = 0;
  DType storage = DType::U8; // of narrow types
};

constexpr TypeRow kTypes[] = {{kFloat, "FLOAT", DType::F32},
                              {kUint8, "UINT8", DType::U8},
                              {kInt8, "INT8", DType::I8},
                              {kUint16, "UINT16", DType::U16},
                              {kInt16, "INT16", DType::I16},
                              {kInt32, "INT32", DType::I32},
                              {kInt64, "INT64", DType::I64},
                              {kString, "STRING", std::nullopt},
                              {kBool8, "BOOL", DType::I1},
                              {kFloat16, "FLOAT16", DType::F16},
                              {kDouble, "DOUBLE", DType::F64},
                              {kUint32, "UINT32", DType::U32},
                              {kUint64, "UINT64", DType::U64},
                              {kComplex64, "COMPLEX64", std::nullopt},
                              {kComplex128, "COMPLEX128", std::nullopt},
                              {kBfloat16, "BFLOAT16", DType::BF16},
                              {kFloat8E4M3FN, "FLOAT8E4M3FN", std::nullopt, 8},
                              {kFloat8E4M3FNUZ, "FLOAT8E4M3FNUZ", std::nullopt, 8},
                              {kFloat8E5M2, "FLOAT8E5M2", std::nullopt, 8},
                              {kFloat8E5M2FNUZ, "FLOAT8E5M2FNUZ", std::nullopt, 8},
                              {kUint4, "UINT4", std::nullopt, 4},
                              {kInt4, "INT4", std::nullopt, 4, DType::I8},
                              {kFloat4E2M1, "FLOAT4E2M1", std::nullopt, 4},
                              {kFloat8E8M0, "FLOAT8E8M0", std::nullopt, 8},
                              {kUint2, "UINT2", std::nullopt, 2},
                              {kInt2, "INT2", std::nullopt, 2, DType::I8}};

const TypeRow *find(ElementType type) {
  for (const TypeRow &row : kTypes)
    if (row.type == type)
      return &row;
  return nullptr;
}

} // namespace

std::optional<DType> dtypeOf(ElementType type) {
  const TypeRow *row = find(type);
  return row ? row->dtype : std::nullopt;
}

ElementType elementTypeOf(DType type) {
  for (const TypeRow &row : kTypes)
    if (row.dtype == type)
      return row.type;
  return kUndefined;
}

std::string nameOf(ElementType type) {
  const TypeRow *row = find(type);
  return row ? row->name : absl::StrCat("type ", type);
}

int narrowBits(ElementType type) {
  const TypeRow *row = find(type);
  return row ? row->narrowBits : 0;
}

std::optional<DType> storageOf(ElementType type) {
  const TypeRow *row = find(type);
  if (!row)
    return std::nullopt;
  return row->narrowBits ? std::optional(row->storage) : row->dtype;
}

} // namespace aotc::onnx
