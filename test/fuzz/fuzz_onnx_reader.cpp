// Any bytes give a well-formed ONNX graph or at least one diagnostic.
#include "absl/strings/str_cat.h"
#include "compiler/frontend/onnx/reader/Reader.h"
#include "test/fuzz/Driver.h"
#include "test/fuzz/OnnxSeeds.h"

namespace {

using namespace aotc;

// What the importer relies on.
class Checker {
public:
  std::string check(const onnx::Graph &graph, size_t valuesAround) {
    const int count = static_cast<int>(graph.values.size());
    std::vector<bool> known(count);
    for (const auto &[value, content] : graph.initializers) {
      if (value < 0 || value >= count)
        return "an initializer without a value";
      known[value] = true;
      if (auto *tensor = std::get_if<onnx::TypedTensor>(&content))
        read(tensor->tensor);
    }
    for (auto [outer, inner] : graph.captures) {
      if (outer < 0 || outer >= static_cast<int>(valuesAround) || inner < 0 || inner >= count)
        return "a capture leads nowhere";
      known[inner] = true;
    }
    for (int input : graph.inputs) {
      if (input < 0 || input >= count)
        return "an input leads nowhere";
      known[input] = true;
    }
    for (const onnx::Node &node : graph.nodes) {
      for (int input : node.inputs)
        if (input < -1 || input >= count || (input >= 0 && !known[input]))
          return absl::StrCat("node ", node.name, " comes before its input");
      for (const auto &[name, attr] : node.attrs) {
        if (auto *tensor = std::get_if<onnx::TypedTensor>(&attr))
          read(tensor->tensor);
        if (auto *body = std::get_if<std::shared_ptr<const onnx::Graph>>(&attr))
          if (std::string problem = check(**body, count); !problem.empty())
            return problem;
      }
      for (int output : node.outputs) {
        if (output < -1 || output >= count)
          return absl::StrCat("node ", node.name, " has an output that leads nowhere");
        if (output >= 0)
          known[output] = true;
      }
    }
    for (int output : graph.outputs)
      if (output < 0 || output >= count || !known[output])
        return "an output leads nowhere";
    return "";
  }

private:
  void read(const Tensor &tensor) { // every byte, so that sanitizers see bad views
    for (char c : tensor.raw())
      sum = sum + static_cast<unsigned char>(c);
  }
  volatile uint64_t sum = 0;
};

fuzz::Outcome run(const std::string &mutant) {
  Diagnostics diagnostics;
  absl::StatusOr<onnx::Model> model = onnx::parseModel(fuzz::onnxBytes(mutant), "mutant", {}, diagnostics);
  fuzz::Outcome outcome{model.ok() && !diagnostics.hasErrors(), ""};
  if (outcome.accepted) {
    Checker checker;
    outcome.failure = checker.check(model->graph, 0);
    for (const onnx::Function &function : model->functions)
      if (outcome.failure.empty())
        outcome.failure = checker.check(function.body, 0);
  } else if (!diagnostics.hasErrors()) {
    outcome.failure = "refused without a diagnostic";
  }
  for (const Diagnostic &error : diagnostics.errors())
    if (error.message.empty() || (error.node + error.op + error.message + error.remedy).find('\n') != std::string::npos)
      outcome.failure = absl::StrCat("a diagnostic is not one line: ", error.message);
  return outcome;
}

} // namespace

#ifdef AOTC_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz::abortOnFailure(run(std::string(reinterpret_cast<const char *>(data), size)));
}
#else
int main(int argc, char **argv) {
  return fuzz::runFuzzer(argc, argv, {run, &onnx::proto::ModelProto::default_instance()});
}
#endif
