// What quantization costs: the float and the quantized network side by side on many samples.
#ifndef AOTC_TOOLS_AOTC_RUN_ACCURACY_H
#define AOTC_TOOLS_AOTC_RUN_ACCURACY_H

#include <string>

#include "absl/status/status.h"
#include "compiler/artifact/Loader.h"
#include "compiler/driver/CompileOptions.h"

namespace aotc::tools {

// Compiles the model with and without options.quantize, runs both on all samples in the files of
// --input (options.inputs; the leading dimension runs over samples) and prints how they compare. `labels`: an
// .npy with one class a sample, or empty.
absl::Status runAccuracy(CompileOptions options, const std::string &labels, const LoadedModel::CallOptions &call, bool asJson);

} // namespace aotc::tools
#endif
