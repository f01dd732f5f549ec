// Seeds of ONNX fuzzers are models, some of them in protobuf's text form.
#ifndef AOTC_TEST_FUZZ_ONNXSEEDS_H
#define AOTC_TEST_FUZZ_ONNXSEEDS_H

#include "compiler/frontend/onnx/proto/onnx.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "google/protobuf/text_format.h"

namespace aotc::fuzz {

// Mutants of text that still parse become what a file would hold.
inline std::string onnxBytes(const std::string &mutant) {
  static const auto silent = google::protobuf::SetLogHandler(nullptr); // broken texts are the point
  (void)silent;
  onnx::proto::ModelProto model;
  if (mutant.compare(0, 11, "ir_version:") == 0 && google::protobuf::TextFormat::ParseFromString(mutant, &model))
    return model.SerializeAsString();
  return mutant;
}

} // namespace aotc::fuzz
#endif
