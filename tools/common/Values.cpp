#include "tools/common/Values.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "compiler/driver/Errors.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <unistd.h>

namespace aotc::tools {
namespace {

// Without a gather to obey: images use all of a byte, other integers are ids, masks and lengths.
int64_t defaultBound(DType type) {
  switch (type) {
  case DType::U8:
    return 256;
  case DType::I8:
    return 128;
  default:
    return 2;
  }
}

Tensor makeUp(const TensorInfo &input, std::optional<int64_t> indexBound, std::mt19937_64 &random) {
  Tensor t(input.dtype, input.shape);
  // Not std::uniform_*_distribution, whose numbers differ between standard libraries.
  for (int64_t i = 0; i < t.size(); ++i) {
    if (isFloat(t.dtype()))
      t.setF(i, static_cast<double>(random() >> 40) * 0x1p-23 - 1.0);
    else
      t.setI(i, static_cast<int64_t>(random() % static_cast<uint64_t>(std::max<int64_t>(
                                                    1, indexBound.value_or(defaultBound(t.dtype()))))));
  }
  return t;
}

// An input for a size of the symbolic dimension.
TensorInfo ofSize(const ModelInfo &model, size_t input, std::optional<int64_t> size) {
  TensorInfo info = model.inputs[input];
  if (model.symbol && size)
    for (const SymbolicDim::Axis &axis : model.symbol->axes)
      if (!axis.output && axis.tensor == static_cast<int64_t>(input))
        info.shape[axis.axis] = axis.factor * *size;
  return info;
}

absl::Status checkFits(const CompileOptions &options, const ModelInfo &model) {
  // As double, because a hostile model's sizes may add up past 2^64.
  double bytes = static_cast<double>(model.arenaBytes);
  for (const auto *list : {&model.inputs, &model.outputs})
    for (const TensorInfo &t : *list)
      bytes += static_cast<double>(*elementCount(t.shape)) * static_cast<double>(byteSize(t.dtype));
  double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  if (bytes < memory)
    return absl::OkStatus();
  return modelError(absl::StrFormat("%s: a call takes %.0f MiB of memory, this machine has %.0f MiB",
                                    options.modelPath, bytes / (1 << 20), memory / (1 << 20)));
}

} // namespace

absl::StatusOr<std::vector<Tensor>> inputValues(const CompileOptions &options, const CompileResult &result,
                                                bool madeUp, uint64_t seed, std::optional<int64_t> size) {
  if (absl::Status status = checkFits(options, result.model); !status.ok())
    return status;
  const std::vector<TensorInfo> &inputs = result.model.inputs;
  std::vector<const InputSpec *> chosen(inputs.size(), nullptr);
  size_t position = 0;
  for (const InputSpec &spec : options.inputs) {
    size_t i = 0;
    if (spec.name.empty())
      i = position++;
    else
      while (i < inputs.size() && inputs[i].name != spec.name)
        ++i;
    if (i < inputs.size()) // the import phase has reported the others
      chosen[i] = &spec;
  }
  std::mt19937_64 random(seed);
  std::vector<Tensor> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string path = !chosen[i] ? "" : chosen[i]->npyPath.empty() ? chosen[i]->valuesPath : chosen[i]->npyPath;
    if (!path.empty()) {
      absl::StatusOr<Tensor> tensor = loadNpy(path);
      if (!tensor.ok())
        return ioError(std::string(tensor.status().message()));
      values.push_back(toCodes(*tensor, inputs[i]));
    } else if (madeUp) {
      values.push_back(makeUp(ofSize(result.model, i, size), result.indexBounds[i], random));
    } else {
      return usageError(absl::StrCat("no values for input '", inputs[i].name, "' (",
                                     typeString(inputs[i].dtype, inputs[i].shape), "); add --input ",
                                     inputs[i].name, "=FILE.npy"));
    }
  }
  return values;
}

Tensor toCodes(const Tensor &reals, const TensorInfo &info) {
  if (!info.scale || !isFloat(reals.dtype()))
    return reals;
  Tensor codes(info.dtype, reals.shape());
  const double least = info.dtype == DType::I8 ? -128 : 0, most = least + 255;
  for (int64_t i = 0; i < codes.size(); ++i) {
    double code = std::nearbyint(static_cast<float>(reals.f(i)) / info.scale->scale) + static_cast<double>(info.scale->zero);
    codes.setI(i, static_cast<int64_t>(std::isnan(code) ? least : std::clamp(code, least, most)));
  }
  return codes;
}

Tensor toReals(const Tensor &codes, const TensorInfo &info) {
  if (!info.scale || isFloat(codes.dtype()))
    return codes;
  Tensor reals(DType::F32, codes.shape());
  for (int64_t i = 0; i < reals.size(); ++i)
    reals.setF(i, static_cast<float>(codes.i(i) - info.scale->zero) * info.scale->scale);
  return reals;
}

} // namespace aotc::tools
