// Bytes of tensors that a model keeps in files beside itself.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_READER_EXTERNALDATA_H
#define AOTC_COMPILER_FRONTEND_ONNX_READER_EXTERNALDATA_H

#include <map>
#include <memory>
#include <tuple>

#include "absl/status/statusor.h"
#include "compiler/frontend/common/ModelFolder.h"
#include "compiler/frontend/onnx/proto/onnx.pb.h"

namespace aotc::onnx {

class ExternalData {
public:
  explicit ExternalData(const std::string &modelPath);

  // The `size` bytes that the entries name; tensors that share a range share
  // the bytes. Messages name the file.
  absl::StatusOr<std::shared_ptr<const std::string>> read(const proto::TensorProto &tensor, uint64_t size);

private:
  struct File {
    ModelFile file;
    uint64_t left; // bytes that ranges may still ask for
  };
  absl::StatusOr<File *> open(const std::string &location);

  std::string folderPath;
  std::unique_ptr<ModelFolder> folder;
  std::map<std::string, File> files; // by location
  std::map<std::tuple<std::string, uint64_t, uint64_t>, std::shared_ptr<const std::string>> ranges;
};

} // namespace aotc::onnx
#endif
