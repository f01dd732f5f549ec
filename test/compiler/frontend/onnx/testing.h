// Models from protobuf's text form.
#ifndef AOTC_TEST_COMPILER_FRONTEND_ONNX_TESTING_H
#define AOTC_TEST_COMPILER_FRONTEND_ONNX_TESTING_H

#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "compiler/frontend/onnx/proto/onnx.pb.h"
#include "compiler/frontend/onnx/reader/Reader.h"
#include "google/protobuf/text_format.h"

namespace aotc::onnx {

// A model around a graph's text, opset 20 unless `more` says so.
inline std::string bytesOf(const std::string &graph, const std::string &more = "opset_import { version: 20 }") {
  proto::ModelProto model;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(absl::StrCat("ir_version: 8 ", more, " graph { ", graph, " }"),
                                                            &model));
  return model.SerializeAsString();
}

inline std::string tensorType(int element, const std::string &dims) {
  std::string shape;
  for (absl::string_view dim : absl::StrSplit(dims, ',', absl::SkipEmpty()))
    absl::StrAppend(&shape, absl::ascii_isdigit(dim[0]) ? absl::StrCat("dim { dim_value: ", dim, " } ")
                                                        : absl::StrCat("dim { dim_param: '", dim, "' } "));
  return absl::StrCat("type { tensor_type { elem_type: ", element, " shape { ", shape, "} } } ");
}

// dims: "2,batch"
inline std::string input(const std::string &name, const std::string &dims, int element = kFloat) {
  return absl::StrCat("input { name: '", name, "' ", tensorType(element, dims), "} ");
}
inline std::string output(const std::string &name) { return absl::StrCat("output { name: '", name, "' } "); }

// inputs: "x,y"; a blank name is left out.
inline std::string node(const std::string &op, const std::string &inputs, const std::string &outputs,
                        const std::string &more = "") {
  std::string text = absl::StrCat("node { op_type: '", op, "' ");
  for (absl::string_view name : absl::StrSplit(inputs, ',', absl::SkipEmpty()))
    absl::StrAppend(&text, "input: '", name == " " ? "" : name, "' ");
  for (absl::string_view name : absl::StrSplit(outputs, ',', absl::SkipEmpty()))
    absl::StrAppend(&text, "output: '", name == " " ? "" : name, "' ");
  return absl::StrCat(text, more, " } ");
}

inline std::string ints(const std::string &name, std::initializer_list<int64_t> values) {
  return absl::StrCat("initializer { name: '", name, "' data_type: 7 dims: ", values.size(), " int64_data: [",
                      absl::StrJoin(values, ","), "] } ");
}

inline std::string describe(const Diagnostics &diagnostics) {
  return absl::StrJoin(diagnostics.errors(), "\n", [](std::string *out, const Diagnostic &d) {
    absl::StrAppend(out, d.node, d.op.empty() ? "" : absl::StrCat(" (", d.op, ")"), ": ", d.message,
                    d.remedy.empty() ? "" : absl::StrCat("; ", d.remedy));
  });
}

} // namespace aotc::onnx
#endif
