#include "compiler/data/Samples.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "compiler/data/Sources.h"

namespace aotc {
namespace data {

std::string described(const SampleInput &input) {
  return absl::StrCat("input '", shown(input.name), "', ", typeString(input.type, input.shape));
}

absl::string_view withoutPort0(absl::string_view name) { return absl::StripSuffix(name, ":0"); }

namespace {

constexpr int64_t kRandomSamples = 32; // where neither the option nor another input tells

bool isArrayFile(const std::string &path) { return absl::EndsWith(path, ".npy") || absl::EndsWith(path, ".npz"); }

absl::StatusOr<Source> openFolder(const SampleInput &input, const std::string &path) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
    // Names with a dot in front are notes of file managers and archivers.
    if (std::string name = entry->path().filename().string(); isArrayFile(name) && name[0] != '.')
      files.push_back(entry->path().string());
  if (error)
    return absl::NotFoundError(absl::StrCat(shown(path), ": ", error.message()));
  if (files.empty())
    return absl::InvalidArgumentError(absl::StrCat(shown(path), ": no .npy or .npz files in this folder"));
  std::sort(files.begin(), files.end());
  return openArrays(input, std::move(files));
}

bool isRandom(const std::string &source) { return source == "random" || absl::StartsWith(source, "random:"); }

absl::StatusOr<Source> open(const SampleInput &input, const std::string &source, const std::string &feature) {
  std::error_code error;
  if (std::filesystem::is_directory(source, error))
    return openFolder(input, source);
  return isArrayFile(source) ? openArrays(input, {source}) : openTFRecord(input, source, feature);
}

// The spec of each input.
absl::StatusOr<std::vector<const SampleSpec *>> matchSpecs(const std::string &option, absl::Span<const SampleInput> inputs,
                                                          absl::Span<const SampleSpec> specs) {
  auto error = [&](const auto &...parts) { return invalid(option, ": ", parts...); };
  std::vector<const SampleSpec *> chosen(inputs.size(), nullptr);
  const SampleSpec *forAll = nullptr;
  size_t position = 0;
  for (const SampleSpec &spec : specs) {
    if (spec.input.empty() && isRandom(spec.source)) {
      if (forAll)
        return error("random is given twice without a name; give NAME=random for each input");
      forAll = &spec;
      continue;
    }
    auto named = [&](const SampleInput &input) { return withoutPort0(input.name) == withoutPort0(spec.input); };
    const size_t i = spec.input.empty() ? position++ : absl::c_find_if(inputs, named) - inputs.begin();
    if (i >= inputs.size()) {
      std::string names = absl::StrJoin(
          inputs, ", ", [](std::string *out, const SampleInput &input) { absl::StrAppend(out, shown(input.name)); });
      return spec.input.empty()
                 ? error(shown(spec.source), ": the model has ", inputs.size(), " inputs: ", names)
                 : error("the model has no input '", shown(spec.input), "' but ", names.empty() ? "none" : names);
    }
    if (chosen[i])
      return error("both ", shown(chosen[i]->source), " and ", shown(spec.source), " are for input '",
                   shown(inputs[i].name), "'; give one");
    chosen[i] = &spec;
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!chosen[i])
      chosen[i] = forAll;
    if (!chosen[i])
      return error("no samples of input '", shown(inputs[i].name), "'; give them as ", shown(inputs[i].name), "=DATA");
  }
  return chosen;
}

} // namespace
} // namespace data

absl::StatusOr<std::vector<Tensor>> Samples::sample(int64_t i) const {
  if (i < 0 || i >= sampleCount)
    return absl::OutOfRangeError(absl::StrCat("there is no sample ", i, " of ", sampleCount));
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
  absl::StatusOr<std::vector<const SampleSpec *>> chosen = data::matchSpecs(option, inputs, specs);
  if (!chosen.ok())
    return chosen.status();
  Samples samples;
  samples.sources.resize(inputs.size());
  std::optional<size_t> first; // the input that tells how many samples there are
  // Random numbers of no stated count last, so that they are as many as the others.
  for (bool adapts : {false, true})
    for (size_t i = 0; i < inputs.size(); ++i) {
      const std::string &text = (*chosen)[i]->source;
      if ((text == "random") != adapts)
        continue;
      absl::StatusOr<data::Source> source =
          data::isRandom(text) ? data::openRandom(inputs[i], text, first ? samples.sampleCount : data::kRandomSamples)
                               : data::open(inputs[i], text, feature);
      if (!source.ok())
        return absl::Status(source.status().code(), absl::StrCat(option, " ", source.status().message()));
      const int64_t count = (*source)->count();
      if (first && count != samples.sampleCount)
        return data::invalid(option, ": input '", data::shown(inputs[i].name), "' has ", count, " samples, but input '",
                             data::shown(inputs[*first].name), "' has ", samples.sampleCount, "; give as many for each");
      samples.sources[i] = *std::move(source);
      if (!first)
        first = i;
      samples.sampleCount = count;
    }
  if (inputs.empty())
    samples.sampleCount = 1;
  return samples;
}

} // namespace aotc
