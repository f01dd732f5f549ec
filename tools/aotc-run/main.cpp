// aotc-run: compiles a model, runs the very object on .npy inputs, compares.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "compiler/artifact/Loader.h"
#include "compiler/artifact/OutputFile.h"
#include "tools/aotc-run/Accuracy.h"
#include "tools/common/Compare.h"
#include "tools/common/Options.h"
#include "tools/common/Threads.h"
#include "tools/common/Values.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <cmath>
#include <cstdio>

namespace cl = llvm::cl;
namespace json = llvm::json;
using namespace aotc;

namespace {

constexpr char kOverview[] =
    "aotc-run compiles a model, runs it on .npy files and compares its outputs with expected ones.\n\n"
    "Example: aotc-run digits.pb --input image=in.npy --expect probs=out.npy";

cl::list<std::string>
    expects("expect", cl::value_desc("[NAME=]FILE.npy"), cl::cat(tools::toolCategory()),
            cl::desc("Expected output; a NAME chooses the output, without NAME by position"));
cl::opt<std::string>
    rtol("rtol", cl::value_desc("R"), cl::cat(tools::toolCategory()),
         cl::desc("An output passes with max|a-b| <= A + R * max|finite reference| (default 1e-5)"));
cl::opt<std::string>
    atol("atol", cl::value_desc("A"), cl::cat(tools::toolCategory()),
         cl::desc("See --rtol (default 0, and 1e-6 where the reference is all zero; integers "
                  "must be equal unless it is given)"));
cl::opt<std::string> outputFolder("output-dir", cl::value_desc("D"), cl::cat(tools::toolCategory()),
                                  cl::desc("Write the outputs to D as .npy files"));
cl::opt<std::string>
    threadsText("threads", cl::value_desc("T"), cl::cat(tools::toolCategory()),
                cl::desc("Threads that the model may use, the calling one included (default 1)"));
cl::opt<bool> steps("steps", cl::cat(tools::toolCategory()),
                    cl::desc("Call once for each entry along the leading axis of the inputs' files, keeping the "
                             "state, and put the outputs behind each other along such an axis"));
cl::opt<bool> accuracy("accuracy", cl::cat(tools::toolCategory()),
                       cl::desc("Compare the network of --quantize with the float one on all samples in the files of "
                                "--input, along their leading axis"));
cl::opt<std::string> labels("labels", cl::value_desc("FILE.npy"), cl::cat(tools::toolCategory()),
                            cl::desc("Classes of the samples, for --accuracy to print top-1 and top-5"));
cl::opt<bool> asJson("json", cl::cat(tools::toolCategory()),
                     cl::desc("Print one JSON object on standard output"));

absl::StatusOr<double> parseTolerance(const std::string &option, const std::string &text) {
  double value;
  if (!absl::SimpleAtod(text, &value) || !(value >= 0))
    return usageError(absl::StrCat(option, " ", text, ": give a number that is not negative"));
  return value;
}

absl::StatusOr<tools::Tolerance> tolerance() {
  tools::Tolerance result;
  if (!rtol.empty()) {
    absl::StatusOr<double> value = parseTolerance("--rtol", rtol);
    if (!value.ok())
      return value.status();
    result.rtol = *value;
  }
  if (!atol.empty()) {
    absl::StatusOr<double> value = parseTolerance("--atol", atol);
    if (!value.ok())
      return value.status();
    result.atol = *value;
  }
  return result;
}

// An output of the model with what is known about it.
struct Output {
  std::string name;
  Tensor value;
  std::optional<Tensor> expected;
  tools::Comparison comparison;
};

absl::StatusOr<std::vector<InputSpec>> parseExpects() {
  std::vector<InputSpec> specs;
  for (const std::string &text : expects) {
    absl::StatusOr<InputSpec> spec = parseInputSpec("--expect", text);
    if (!spec.ok())
      return spec.status();
    if (spec->npyPath.empty())
      return usageError(absl::StrCat("--expect ", text, ": give an .npy file"));
    specs.push_back(*spec);
  }
  return specs;
}

absl::Status attachExpects(const std::vector<InputSpec> &specs, std::vector<Output> &outputs) {
  size_t position = 0;
  for (const InputSpec &spec : specs) {
    size_t i = matchSpec(spec, outputs, position);
    if (i >= outputs.size())
      return usageError(
          absl::StrCat("--expect ", spec.npyPath, ": the model has ", outputs.size(), " outputs"));
    absl::StatusOr<Tensor> tensor = loadNpy(spec.npyPath);
    if (!tensor.ok())
      return ioError(std::string(tensor.status().message()));
    outputs[i].expected = *tensor;
  }
  return absl::OkStatus();
}

json::Value number(double x) { return std::isfinite(x) ? json::Value(x) : json::Value(nullptr); }

std::string jsonText(const std::vector<Output> &outputs, bool pass) {
  json::Array list;
  for (const Output &o : outputs) {
    tools::Summary s = tools::summarize(o.value);
    json::Object entry{{"name", json::fixUTF8(o.name)},
                       {"type", std::string(name(o.value.dtype()))},
                       {"shape", json::Array(o.value.shape())},
                       {"min", number(s.min)},
                       {"max", number(s.max)},
                       {"mean", number(s.mean)}};
    if (o.expected) {
      entry["pass"] = o.comparison.pass;
      entry["max_abs_error"] = number(o.comparison.maxAbsError);
      entry["max_rel_error"] = number(o.comparison.maxRelError);
      if (!o.comparison.pass)
        entry["reason"] = o.comparison.reason;
    }
    list.push_back(std::move(entry));
  }
  return llvm::formatv("{0}\n", json::Value(json::Object{{"pass", pass}, {"outputs", std::move(list)}}));
}

std::string plainText(const std::vector<Output> &outputs) {
  std::string text;
  for (const Output &o : outputs) {
    absl::StrAppend(&text, printable(o.name), "  ", typeString(o.value));
    if (o.expected) {
      absl::StrAppendFormat(&text, "  max abs error %.3g  max rel error %.3g  %s\n", o.comparison.maxAbsError,
                            o.comparison.maxRelError, o.comparison.pass ? "ok" : "FAILED");
    } else {
      tools::Summary s = tools::summarize(o.value);
      absl::StrAppendFormat(&text, "  min %.6g  max %.6g  mean %.6g\n", s.min, s.max, s.mean);
    }
  }
  return text;
}

absl::Status saveOutputs(const std::vector<Output> &outputs) {
  if (std::error_code error = llvm::sys::fs::create_directories(outputFolder.getValue()))
    return ioError(absl::StrCat(outputFolder.getValue(), ": cannot be made: ", error.message()));
  std::vector<std::string> names;
  for (const Output &o : outputs)
    names.push_back(o.name);
  names = makeIdentifiers(names, {});
  for (size_t i = 0; i < outputs.size(); ++i)
    if (absl::Status s =
            saveNpy(absl::StrCat(outputFolder.getValue(), "/", names[i], ".npy"), outputs[i].value);
        !s.ok())
      return ioError(std::string(s.message()));
  return absl::OkStatus();
}

// With --steps, the files of the inputs have one value a call along their leading axis. Takes
// them out of the options, which keep the type and shape of one call.
absl::StatusOr<std::vector<Tensor>> takeSteps(CompileOptions &options) {
  std::vector<Tensor> files;
  for (InputSpec &spec : options.inputs) {
    if (spec.npyPath.empty())
      return usageError("--steps: give every --input as an .npy file");
    absl::StatusOr<Tensor> tensor = loadNpy(spec.npyPath);
    if (!tensor.ok())
      return ioError(std::string(tensor.status().message()));
    if (tensor->rank() == 0 || (!files.empty() && tensor->shape()[0] != files[0].shape()[0]))
      return usageError(absl::StrCat(spec.npyPath, " is ", typeString(*tensor),
                                     "; with --steps all inputs have as many entries along a leading axis"));
    spec.shape = Shape(tensor->shape().begin() + 1, tensor->shape().end());
    spec.dtype = tensor->dtype();
    spec.npyPath.clear();
    files.push_back(*std::move(tensor));
  }
  if (files.empty() || files[0].shape()[0] == 0)
    return usageError("--steps: no input has steps");
  return files;
}

// The model's inputs of all steps, in its order.
absl::StatusOr<std::vector<Tensor>> inOrder(const CompileOptions &options, const CompileResult &result,
                                            const std::vector<Tensor> &files) {
  std::vector<std::optional<Tensor>> slots(result.model.inputs.size());
  size_t position = 0;
  for (size_t f = 0; f < files.size(); ++f)
    if (size_t i = matchSpec(options.inputs[f], result.model.inputs, position); i < slots.size())
      slots[i] = tools::toCodes(files[f], result.model.inputs[i]);
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i])
      return usageError(absl::StrCat("no value for input '", printable(result.model.inputs[i].name),
                                     "'; give it with --input"));
    inputs.push_back(*slots[i]);
  }
  return inputs;
}

absl::StatusOr<std::vector<Tensor>> runSteps(const LoadedModel &model, const std::vector<Tensor> &inputs,
                                             LoadedModel::CallOptions options) {
  LoadedModel::State state = model.newState();
  options.state = state.get();
  const int64_t count = inputs.empty() ? 0 : inputs[0].shape()[0];
  std::vector<Tensor> all;
  for (int64_t step = 0; step < count; ++step) {
    std::vector<Tensor> now;
    for (const Tensor &input : inputs) {
      Tensor part(input.dtype(), Shape(input.shape().begin() + 1, input.shape().end()));
      if (part.bytes() > 0)
        std::memcpy(part.mutableData(), input.data() + step * part.bytes(), part.bytes());
      now.push_back(std::move(part));
    }
    absl::StatusOr<std::vector<Tensor>> outputs = model.run(now, options);
    if (!outputs.ok())
      return outputs.status();
    for (size_t i = 0; i < outputs->size(); ++i) {
      const Tensor &output = (*outputs)[i];
      if (step == 0) {
        Shape shape = output.shape();
        shape.insert(shape.begin(), count);
        if (!elementCount(shape, byteSize(output.dtype())))
          return usageError("--steps: the outputs of all steps are too large");
        all.emplace_back(output.dtype(), std::move(shape));
      }
      if (output.bytes() * count != all[i].bytes())
        return usageError("--steps: an output has another shape in every step");
      if (output.bytes() > 0)
        std::memcpy(all[i].mutableData() + step * output.bytes(), output.data(), output.bytes());
    }
  }
  return all;
}

absl::StatusOr<ExitCode> run() {
  absl::StatusOr<CompileOptions> options = tools::compileOptions();
  if (!options.ok())
    return options.status();
  absl::StatusOr<tools::Tolerance> limits = tolerance();
  if (!limits.ok())
    return limits.status();
  absl::StatusOr<std::vector<InputSpec>> specs = parseExpects();
  if (!specs.ok())
    return specs.status();
  absl::StatusOr<tools::Threads> threads = tools::Threads::create(threadsText);
  if (!threads.ok())
    return threads.status();
  if (!accuracy && !labels.empty())
    return usageError("--labels is of no use without --accuracy");
  if (accuracy) {
    if (steps || !specs->empty() || !outputFolder.empty())
      return usageError("--accuracy: --steps, --expect and --output-dir are of no use with it");
    options->emit = {Emit::Obj};
    absl::Status status = tools::runAccuracy(*std::move(options), labels, {threads->parallel()}, asJson);
    return status.ok() ? absl::StatusOr<ExitCode>(ExitCode::Ok) : status;
  }
  if (options->outputs.empty()) // named expectations choose the outputs
    for (const InputSpec &spec : *specs)
      if (!spec.name.empty())
        options->outputs.push_back(spec.name);
  options->emit = {Emit::Obj};
  absl::StatusOr<std::vector<Tensor>> stepFiles = std::vector<Tensor>{};
  if (steps)
    stepFiles = takeSteps(*options);
  if (!stepFiles.ok())
    return stepFiles.status();

  absl::StatusOr<CompileResult> result = tools::compile(*options, asJson);
  if (!result.ok())
    return result.status();
  absl::StatusOr<std::vector<Tensor>> inputs =
      steps ? inOrder(*options, *result, *stepFiles)
            : tools::inputValues(*options, *result, /*madeUp=*/false, 0);
  if (!inputs.ok())
    return inputs.status();
  absl::StatusOr<std::unique_ptr<LoadedModel>> model = LoadedModel::load(result->object, options->name, tools::customLibraries());
  if (!model.ok())
    return model.status();
  LoadedModel::CallOptions callOptions{threads->parallel()};
  absl::StatusOr<std::vector<Tensor>> values =
      steps ? runSteps(**model, *inputs, callOptions) : (*model)->run(*inputs, callOptions);
  if (!values.ok())
    return values.status();

  std::vector<Output> outputs;
  for (size_t i = 0; i < values->size(); ++i)
    outputs.push_back({result->model.outputs[i].name, (*values)[i], std::nullopt, {}});
  if (absl::Status status = attachExpects(*specs, outputs); !status.ok())
    return status;
  bool pass = true;
  for (auto [o, info] : llvm::zip_equal(outputs, result->model.outputs))
    if (o.expected) { // codes are compared with codes, or the numbers that they stand for with numbers
      o.comparison = tools::compare(isFloat(o.expected->dtype()) ? tools::toReals(o.value, info) : o.value, *o.expected, *limits);
      pass &= o.comparison.pass;
    }
  if (!outputFolder.empty())
    if (absl::Status status = saveOutputs(outputs); !status.ok())
      return status;
  if (absl::Status status = tools::print(asJson ? jsonText(outputs, pass) : plainText(outputs)); !status.ok())
    return status;
  for (const Output &o : outputs)
    if (o.expected && !o.comparison.pass)
      std::fprintf(stderr, "aotc-run: output '%s' %s\n", printable(o.name).c_str(),
                   o.comparison.reason.c_str());
  return pass ? ExitCode::Ok : ExitCode::Mismatch;
}

} // namespace

int main(int argc, char **argv) {
  if (std::optional<ExitCode> code = tools::parseCommandLine(argc, argv, kOverview))
    return static_cast<int>(*code);
  absl::StatusOr<ExitCode> code = run();
  return static_cast<int>(code.ok() ? *code : tools::fail(code.status()));
}
