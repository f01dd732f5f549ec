// From bytes to a parsed message.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_READER_LOAD_H
#define AOTC_COMPILER_FRONTEND_ONNX_READER_LOAD_H

#include <memory>

#include "absl/status/statusor.h"
#include "compiler/frontend/onnx/proto/onnx.pb.h"

namespace aotc::onnx {

// Messages of errors name neither the file nor a node.
absl::StatusOr<std::unique_ptr<proto::ModelProto>> parseModelProto(absl::string_view bytes);

} // namespace aotc::onnx
#endif
