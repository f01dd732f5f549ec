// What every reader of TensorFlow's graphs has to keep, whatever the file.
#ifndef AOTC_TEST_FUZZ_CHECKMODEL_H
#define AOTC_TEST_FUZZ_CHECKMODEL_H

#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/reader/Reader.h"
#include "test/fuzz/Driver.h"

namespace aotc::fuzz {

// What importers rely on.
inline std::string checkModel(const tf::Model &model) {
  const auto &nodes = model.graph.nodes;
  auto isNode = [&](int node) { return node >= 0 && node < static_cast<int>(nodes.size()); };
  uint64_t sum = 0; // reads every byte, so that sanitizers see bad views
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (tf::Edge edge : nodes[i].inputs)
      if (!isNode(edge.node) || edge.node >= static_cast<int>(i) || edge.port < 0)
        return absl::StrCat("node ", nodes[i].name, " comes before its input");
    for (const auto &[name, attr] : nodes[i].attrs)
      if (const auto *tensor = std::get_if<Tensor>(&attr)) {
        if (elementCount(tensor->shape()) != tensor->size())
          return absl::StrCat("tensor of node ", nodes[i].name, " has a wrong size");
        for (char c : tensor->raw())
          sum += static_cast<unsigned char>(c);
      }
  }
  for (const tf::InputInfo &input : model.inputs)
    if (!isNode(input.edge.node) || nodes[input.edge.node].op != "Placeholder")
      return absl::StrCat("input ", input.name, " leads nowhere");
  for (const tf::OutputInfo &output : model.outputs)
    if (!isNode(output.edge.node))
      return absl::StrCat("output ", output.name, " leads nowhere");
  volatile uint64_t keep = sum;
  (void)keep;
  return model.outputs.empty() ? "no outputs" : "";
}

inline Outcome checkResult(const absl::StatusOr<tf::Model> &model, const Diagnostics &diagnostics) {
  Outcome outcome{model.ok() && !diagnostics.hasErrors(), ""};
  if (model.ok())
    outcome.failure = checkModel(*model);
  else if (!diagnostics.hasErrors())
    outcome.failure = "refused without a diagnostic";
  for (const Diagnostic &error : diagnostics.errors())
    if (error.message.empty() ||
        (error.node + error.op + error.message + error.remedy).find('\n') != std::string::npos)
      outcome.failure = absl::StrCat("a diagnostic is not one line: ", error.message);
  return outcome;
}

} // namespace aotc::fuzz
#endif
