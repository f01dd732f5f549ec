// Element types as the interface of objects numbers them (aotc/abi.h).
#ifndef AOTC_IR_NN_ABITYPE_H
#define AOTC_IR_NN_ABITYPE_H

#include "aotc/abi.h"
#include "ir/Tensor/DType.h"

namespace aotc::nn {

constexpr aotc_dtype abiType(DType type) {
  switch (type) {
  case DType::F64:
    return AOTC_F64;
  case DType::F32:
    return AOTC_F32;
  case DType::F16:
    return AOTC_F16;
  case DType::BF16:
    return AOTC_BF16;
  case DType::I1:
    return AOTC_BOOL;
  case DType::I8:
    return AOTC_I8;
  case DType::I16:
    return AOTC_I16;
  case DType::I32:
    return AOTC_I32;
  case DType::I64:
    return AOTC_I64;
  case DType::U8:
    return AOTC_U8;
  case DType::U16:
    return AOTC_U16;
  case DType::U32:
    return AOTC_U32;
  case DType::U64:
    return AOTC_U64;
  }
  return AOTC_F32;
}

} // namespace aotc::nn
#endif
