#include "compiler/data/Samples.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "compiler/data/Sources.h"

namespace aotc {
namespace data {

absl::StatusOr<Tensor> converted(const Tensor &tensor, DType type) {
  if (tensor.dtype() == type)
    return tensor;
  Tensor result(type, tensor.shape());
  if (isFloat(type)) {
    for (int64_t i = 0; i < tensor.size(); ++i)
      result.setF(i, tensor.f(i));
    return result;
  }
  if (isFloat(tensor.dtype()))
    return absl::InvalidArgumentError(absl::StrCat("has ", std::string(name(tensor.dtype())), " where the input has ", std::string(name(type))));
  for (int64_t i = 0; i < tensor.size(); ++i) {
    result.setI(i, tensor.i(i));
    if (result.i(i) != tensor.i(i))
      return absl::InvalidArgumentError(absl::StrCat("has ", tensor.i(i), ", which ", std::string(name(type)), " does not hold"));
  }
  return result;
}

namespace {

// Arrays whose leading dimension runs over samples.
class Arrays : public SampleSource {
public:
  explicit Arrays(SampleInput input) : input(std::move(input)) {}

  absl::Status add(Tensor array, const std::string &path) {
    // An input without a batch of its own, or with one of 1, may have files without it too.
    const Shape &shape = input.shape;
    Shape rest(shape.begin() + (shape.empty() ? 0 : 1), shape.end());
    int64_t batch = shape.empty() ? 1 : shape[0];
    auto trailing = [](const Shape &of) { return Shape(of.begin() + 1, of.end()); };
    int64_t samples = -1;
    if (array.rank() > 0 && !shape.empty() && trailing(array.shape()) == rest)
      samples = batch == 0 ? 0 : array.shape()[0] / batch;
    else if (array.rank() > 0 && trailing(array.shape()) == shape)
      samples = array.shape()[0];
    else if (array.shape() == shape || (batch == 1 && array.shape() == rest))
      samples = 1;
    if (samples < 1)
      return absl::InvalidArgumentError(absl::StrCat(path, " is ", typeString(array), ", which holds no sample of input '", input.name, "', ",
                                                     typeString(input.type, shape)));
    total += samples;
    files.push_back({std::move(array), path, total});
    return absl::OkStatus();
  }

  int64_t count() const override { return total; }

  absl::StatusOr<Tensor> sample(int64_t i) const override {
    auto file = std::find_if(files.begin(), files.end(), [&](const File &f) { return i < f.end; });
    int64_t first = file == files.begin() ? 0 : (file - 1)->end, elements = *elementCount(input.shape);
    size_t bytes = static_cast<size_t>(elements) * byteSize(file->array.dtype());
    Tensor part(file->array.dtype(), input.shape);
    if (bytes > 0)
      std::memcpy(part.mutableData(), file->array.data() + static_cast<size_t>(i - first) * bytes, bytes);
    absl::StatusOr<Tensor> result = converted(part, input.type);
    if (!result.ok())
      return absl::InvalidArgumentError(absl::StrCat(file->path, ": sample ", i - first, " ", result.status().message()));
    return result;
  }

private:
  struct File {
    Tensor array;
    std::string path;
    int64_t end; // samples up to and with this file
  };
  SampleInput input;
  std::vector<File> files;
  int64_t total = 0;
};

absl::Status addFile(Arrays &arrays, const SampleInput &input, const std::string &path) {
  absl::StatusOr<Tensor> array = absl::EndsWith(path, ".npz") ? loadNpz(path, input.name) : loadNpy(path);
  return array.ok() ? arrays.add(*std::move(array), path) : array.status();
}

bool isArrayFile(const std::string &path) { return absl::EndsWith(path, ".npy") || absl::EndsWith(path, ".npz"); }

absl::StatusOr<Source> openFolder(const SampleInput &input, const std::string &path) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
    if (isArrayFile(entry->path().string()))
      files.push_back(entry->path().string());
  if (error)
    return absl::NotFoundError(absl::StrCat(path, ": ", error.message()));
  if (files.empty())
    return absl::InvalidArgumentError(absl::StrCat(path, ": no .npy or .npz files in this folder"));
  std::sort(files.begin(), files.end());
  auto arrays = std::make_shared<Arrays>(input);
  for (const std::string &file : files)
    if (absl::Status status = addFile(*arrays, input, file); !status.ok())
      return status;
  return arrays;
}

bool isRandom(const std::string &source) { return source == "random" || absl::StartsWith(source, "random:"); }

absl::StatusOr<Source> open(const SampleInput &input, const std::string &source, const std::string &feature) {
  if (isRandom(source))
    return openRandom(input, source);
  std::error_code error;
  if (std::filesystem::is_directory(source, error))
    return openFolder(input, source);
  if (!isArrayFile(source))
    return openTFRecord(input, source, feature);
  auto arrays = std::make_shared<Arrays>(input);
  if (absl::Status status = addFile(*arrays, input, source); !status.ok())
    return status;
  return arrays;
}

} // namespace
} // namespace data

absl::StatusOr<std::vector<Tensor>> Samples::sample(int64_t i) const {
  std::vector<Tensor> tensors;
  for (const auto &source : sources) {
    absl::StatusOr<Tensor> tensor = source->sample(i);
    if (!tensor.ok())
      return tensor.status();
    tensors.push_back(*std::move(tensor));
  }
  return tensors;
}

absl::StatusOr<Samples> openSamples(const std::string &option, absl::Span<const SampleInput> inputs, absl::Span<const SampleSpec> specs,
                                    const std::string &feature) {
  auto error = [&](const auto &...parts) { return absl::InvalidArgumentError(absl::StrCat(option, ": ", parts...)); };
  Samples samples;
  samples.sources.resize(inputs.size());
  samples.sampleCount = std::numeric_limits<int64_t>::max();
  size_t position = 0;
  for (const SampleSpec &spec : specs) {
    auto wanted = std::find_if(inputs.begin(), inputs.end(), [&](const SampleInput &input) { return input.name == spec.input; });
    if (!spec.input.empty() && wanted == inputs.end())
      return error("the model has no input '", spec.input, "'");
    size_t first = spec.input.empty() ? position++ : static_cast<size_t>(wanted - inputs.begin()), last = first + 1;
    if (spec.input.empty() && data::isRandom(spec.source)) // for all that have nothing else
      first = 0, last = inputs.size();
    if (last > inputs.size())
      return error(spec.source, ": the model has ", inputs.size(), " inputs");
    for (size_t i = first; i < last; ++i) {
      if (last - first > 1 && std::any_of(specs.begin(), specs.end(), [&](const SampleSpec &other) { return other.input == inputs[i].name; }))
        continue;
      absl::StatusOr<data::Source> source = data::open(inputs[i], spec.source, feature);
      if (!source.ok())
        return absl::Status(source.status().code(), absl::StrCat(option, " ", source.status().message()));
      samples.sources[i] = *std::move(source);
    }
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!samples.sources[i])
      return error("no samples of input '", inputs[i].name, "'; give them as ", inputs[i].name, "=DATA");
    int64_t count = samples.sources[i]->count();
    if (i > 0 && count != samples.sampleCount)
      return error("input '", inputs[i].name, "' has ", count, " samples, but input '", inputs[0].name, "' has ", samples.sampleCount);
    samples.sampleCount = count;
  }
  if (inputs.empty())
    samples.sampleCount = 1;
  return samples;
}

} // namespace aotc
