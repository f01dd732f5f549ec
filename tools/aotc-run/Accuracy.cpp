#include "tools/aotc-run/Accuracy.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "compiler/data/Samples.h"
#include "tools/common/Options.h"
#include "tools/common/Values.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <algorithm>
#include <cmath>

namespace json = llvm::json;

namespace aotc::tools {
namespace {

struct Network {
  CompileResult compiled;
  std::unique_ptr<LoadedModel> model;
};

absl::StatusOr<Network> compileNetwork(const CompileOptions &options, bool quiet) {
  absl::StatusOr<CompileResult> compiled = compile(options, quiet);
  if (!compiled.ok())
    return compiled.status();
  absl::StatusOr<std::unique_ptr<LoadedModel>> model = LoadedModel::load(compiled->object, options.name, customLibraries());
  if (!model.ok())
    return model.status();
  return Network{*std::move(compiled), *std::move(model)};
}

// The files of --input, which leave the options: of each they keep the extents behind the leading one.
absl::StatusOr<std::vector<SampleSpec>> takeFiles(CompileOptions &options) {
  std::vector<SampleSpec> files;
  for (InputSpec &spec : options.inputs) {
    if (spec.npyPath.empty())
      continue;
    if (absl::StatusOr<Tensor> tensor = loadNpy(spec.npyPath); tensor.ok() && tensor->rank() > 0) {
      spec.shape = tensor->shape();
      (*spec.shape)[0] = -1; // the model's own, or 1
    }
    files.push_back({spec.name, spec.npyPath});
    spec.npyPath.clear();
  }
  if (files.empty())
    return usageError("--accuracy: give samples with --input [NAME=]FILE.npy");
  return files;
}

// Rows of classes, of the first output.
struct Classes {
  int64_t rows, count;
};
Classes classesOf(const Tensor &output) {
  int64_t count = output.rank() == 0 ? 1 : output.shape().back();
  return {count == 0 ? 0 : output.size() / count, count};
}

// How many classes of a row have more than class `label`, or as much and a smaller number.
int64_t rankOf(const Tensor &output, Classes classes, int64_t row, int64_t label) {
  double value = output.f(row * classes.count + label);
  int64_t rank = 0;
  for (int64_t i = 0; i < classes.count; ++i) {
    double other = output.f(row * classes.count + i);
    rank += other > value || (other == value && i < label);
  }
  return rank;
}

int64_t predictionOf(const Tensor &output, Classes classes, int64_t row) {
  int64_t best = 0;
  for (int64_t i = 1; i < classes.count; ++i)
    if (output.f(row * classes.count + i) > output.f(row * classes.count + best))
      best = i;
  return best;
}

struct Score {
  int64_t top1 = 0, top5 = 0;
};

class Comparison {
public:
  absl::Status add(const std::vector<Tensor> &reference, const std::vector<Tensor> &quantized, const std::optional<Tensor> &labels) {
    for (size_t o = 0; o < reference.size(); ++o) {
      if (quantized[o].size() != reference[o].size())
        return usageError("--accuracy: an output has another size after quantization; such outputs cannot be compared");
      for (int64_t i = 0; i < reference[o].size(); ++i) {
        double a = reference[o].f(i), b = quantized[o].f(i), error = std::abs(a - b);
        product += a * b;
        squaresA += a * a;
        squaresB += b * b;
        sum += error;
        largest = std::max(largest, error);
        ++values;
      }
    }
    Classes classes = classesOf(reference[0]);
    for (int64_t row = 0; row < classes.rows; ++row, ++rows) {
      equal += predictionOf(reference[0], classes, row) == predictionOf(quantized[0], classes, row);
      if (!labels)
        continue;
      if (rows >= labels->size())
        return usageError(absl::StrCat("--labels: ", labels->size(), " labels, but more samples"));
      int64_t label = labels->i(rows);
      if (label < 0 || label >= classes.count)
        return usageError(absl::StrCat("--labels: label ", label, " of sample ", rows, " is none of the ", classes.count,
                                       " classes of output 0"));
      for (auto [output, score] : {std::pair(&reference[0], &scores[0]), std::pair(&quantized[0], &scores[1])}) {
        int64_t rank = rankOf(*output, classes, row, label);
        score->top1 += rank < 1;
        score->top5 += rank < 5;
      }
    }
    hasTop5 = classes.count > 5;
    return absl::OkStatus();
  }

  absl::Status check(const std::optional<Tensor> &labels) const {
    if (labels && labels->size() != rows)
      return usageError(absl::StrCat("--labels: ", labels->size(), " labels for ", rows, " samples"));
    return absl::OkStatus();
  }

  std::string jsonText(bool labelled) const {
    json::Object object{{"samples", rows},
                        {"agreement", share(equal)},
                        {"cosine", cosine()},
                        {"max_error", largest},
                        {"mean_error", mean()}};
    for (auto [name, score] : {std::pair("float", &scores[0]), std::pair("int8", &scores[1])})
      if (labelled) {
        json::Object entry{{"top1", share(score->top1)}};
        if (hasTop5)
          entry["top5"] = share(score->top5);
        object[name] = std::move(entry);
      }
    return llvm::formatv("{0}\n", json::Value(std::move(object)));
  }

  std::string plainText(bool labelled) const {
    std::string text;
    if (labelled) {
      absl::StrAppendFormat(&text, "%18s%10s\n%-8s%9.2f%%%9.2f%%\n", "float", "int8", "top-1", 100 * share(scores[0].top1),
                            100 * share(scores[1].top1));
      if (hasTop5)
        absl::StrAppendFormat(&text, "%-8s%9.2f%%%9.2f%%\n", "top-5", 100 * share(scores[0].top5), 100 * share(scores[1].top5));
    }
    absl::StrAppendFormat(&text, "equal predictions %.2f%% of %d, cosine similarity %.6f, error mean %.4g, largest %.4g\n",
                          100 * share(equal), rows, cosine(), mean(), largest);
    return text;
  }

private:
  double share(int64_t count) const { return rows == 0 ? 0 : static_cast<double>(count) / static_cast<double>(rows); }
  double cosine() const {
    double norm = std::sqrt(squaresA) * std::sqrt(squaresB);
    return norm > 0 ? product / norm : squaresA == squaresB ? 1 : 0;
  }
  double mean() const { return values == 0 ? 0 : sum / static_cast<double>(values); }

  Score scores[2]; // float, int8
  int64_t rows = 0, equal = 0, values = 0;
  double product = 0, squaresA = 0, squaresB = 0, sum = 0, largest = 0;
  bool hasTop5 = false;
};

} // namespace

absl::Status runAccuracy(CompileOptions options, const std::string &labelsPath, const LoadedModel::CallOptions &call, bool asJson) {
  if (!options.quantize)
    return usageError("--accuracy compares the float with the quantized network; give --quantize=int8 and --calibrate DATA");
  absl::StatusOr<std::vector<SampleSpec>> files = takeFiles(options);
  if (!files.ok())
    return files.status();
  std::optional<Tensor> labels;
  if (!labelsPath.empty()) {
    absl::StatusOr<Tensor> loaded = loadNpy(labelsPath);
    if (!loaded.ok())
      return ioError(std::string(loaded.status().message()));
    if (isFloat(loaded->dtype()))
      return usageError(absl::StrCat("--labels ", labelsPath, ": labels are numbers of classes, not ", std::string(name(loaded->dtype()))));
    labels = *std::move(loaded);
  }
  CompileOptions reference = options;
  reference.quantize.reset();
  reference.byteInterface = false;
  absl::StatusOr<Network> real = compileNetwork(reference, asJson);
  if (!real.ok())
    return real.status();
  absl::StatusOr<Network> quantized = compileNetwork(options, asJson);
  if (!quantized.ok())
    return quantized.status();

  std::vector<SampleInput> inputs;
  for (const TensorInfo &info : real->compiled.model.inputs)
    inputs.push_back({info.name, info.dtype, info.shape, std::nullopt});
  absl::StatusOr<Samples> samples = openSamples("--input", inputs, *files, options.quantize->feature);
  if (!samples.ok())
    return dataError(samples.status());
  Comparison comparison;
  for (int64_t i = 0; i < samples->count(); ++i) {
    absl::StatusOr<std::vector<Tensor>> sample = samples->sample(i);
    if (!sample.ok())
      return dataError(sample.status());
    std::vector<Tensor> codes;
    for (auto [tensor, info] : llvm::zip_equal(*sample, quantized->compiled.model.inputs))
      codes.push_back(toCodes(tensor, info));
    absl::StatusOr<std::vector<Tensor>> a = real->model->run(*sample, call), b = quantized->model->run(codes, call);
    if (!a.ok() || !b.ok())
      return a.ok() ? b.status() : a.status();
    for (auto [tensor, info] : llvm::zip_equal(*b, quantized->compiled.model.outputs))
      tensor = toReals(tensor, info);
    if (absl::Status status = comparison.add(*a, *b, labels); !status.ok())
      return status;
  }
  if (absl::Status status = comparison.check(labels); !status.ok())
    return status;
  return print(asJson ? comparison.jsonText(labels.has_value()) : comparison.plainText(labels.has_value()));
}

} // namespace aotc::tools
