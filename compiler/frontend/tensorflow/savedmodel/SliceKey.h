// Under which key of a checkpoint's index a part of a tensor is stored.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_SLICEKEY_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_SLICEKEY_H

#include <string>

#include "compiler/frontend/tensorflow/proto/saved_model.pb.h"

namespace aotc::tf {

std::string sliceKey(const std::string &tensor, const proto::TensorSliceProto &slice);

} // namespace aotc::tf
#endif
