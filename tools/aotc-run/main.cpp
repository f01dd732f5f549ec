// aotc-run: compiles a model, runs the very object on .npy inputs, compares.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "compiler/artifact/Loader.h"
#include "compiler/artifact/OutputFile.h"
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
  if (options->outputs.empty()) // named expectations choose the outputs
    for (const InputSpec &spec : *specs)
      if (!spec.name.empty())
        options->outputs.push_back(spec.name);
  options->emit = {Emit::Obj};

  absl::StatusOr<CompileResult> result = tools::compile(*options, asJson);
  if (!result.ok())
    return result.status();
  absl::StatusOr<std::vector<Tensor>> inputs = tools::inputValues(*options, *result, /*madeUp=*/false, 0);
  if (!inputs.ok())
    return inputs.status();
  absl::StatusOr<std::unique_ptr<LoadedModel>> model = LoadedModel::load(result->object, options->name);
  if (!model.ok())
    return model.status();
  absl::StatusOr<std::vector<Tensor>> values = (*model)->run(*inputs, {threads->parallel()});
  if (!values.ok())
    return values.status();

  std::vector<Output> outputs;
  for (size_t i = 0; i < values->size(); ++i)
    outputs.push_back({result->model.outputs[i].name, (*values)[i], std::nullopt, {}});
  if (absl::Status status = attachExpects(*specs, outputs); !status.ok())
    return status;
  bool pass = true;
  for (Output &o : outputs)
    if (o.expected) {
      o.comparison = tools::compare(o.value, *o.expected, *limits);
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
