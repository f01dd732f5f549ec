// Runs emitted objects inside this process: the very bytes that a linker
// would get, linked in memory by LLVM's JITLink.
#ifndef AOTC_COMPILER_ARTIFACT_LOADER_H
#define AOTC_COMPILER_ARTIFACT_LOADER_H

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "aotc/abi.h"
#include "ir/Tensor/Tensor.h"

namespace aotc {

// What an emitted object may leave undefined: memcpy, memset, memmove and the
// functions of C99's <math.h>.
bool isAllowedExternal(const std::string &symbol);
// "AOTC_INDEX_OUT_OF_RANGE", or "status 77".
std::string statusName(aotc_status status);

class LoadedModel {
public:
  // Links `object`, whose custom operators are in `libraries`, and finds NAME_info. The bytes are not needed afterwards.
  static absl::StatusOr<std::unique_ptr<LoadedModel>> load(const std::string &object, const std::string &name,
                                                           const std::vector<std::string> &libraries = {});
  ~LoadedModel();

  const aotc_model_info &info() const { return *modelInfo; }
  // Options of a call beyond the tensors; zero means not used.
  struct CallOptions {
    const aotc_parallel *parallel = nullptr;
    uint64_t seed = 0;
    void *state = nullptr; // that the caller keeps; null: a call of its own, from the initial state
  };
  // A block of state for a stream of calls; null where the model has none.
  using State = std::unique_ptr<void, void (*)(void *)>;
  State newState() const;
  // Allocates outputs and an arena. `inputs` must have the types of info(), with one size for each symbolic dimension.
  absl::StatusOr<std::vector<Tensor>> run(absl::Span<const Tensor> inputs, const CallOptions &options) const;
  absl::StatusOr<std::vector<Tensor>> run(absl::Span<const Tensor> inputs) const { return run(inputs, {}); }

  // The sizes of the symbolic dimensions that the inputs have; an error where they do not fit info().
  absl::StatusOr<std::vector<int64_t>> dimsOf(absl::Span<const Tensor> inputs) const;

private:
  struct Linked; // the JIT session that owns the code
  explicit LoadedModel(std::unique_ptr<Linked> linked);
  std::unique_ptr<Linked> linked;
  const aotc_model_info *modelInfo = nullptr;
};

// A call prepared once and made many times, for timing: owns outputs and arena.
class PreparedCall {
public:
  PreparedCall(const LoadedModel &model, absl::Span<const Tensor> inputs,
               const LoadedModel::CallOptions &options);
  aotc_status operator()() const { return entry(&call); }
  const aotc_error &error() const { return *errorInfo; }
  // In the extents of the last call.
  std::vector<Tensor> takeOutputs();

private:
  std::vector<Tensor> inputs, outputs;
  std::vector<const void *> inputPointers;
  std::vector<void *> outputPointers;
  std::unique_ptr<void, void (*)(void *)> arena;
  LoadedModel::State state;
  std::unique_ptr<aotc_error> errorInfo;
  std::vector<int64_t> dims, outDims;
  const aotc_model_info &modelInfo;
  aotc_call call;
  aotc_entry entry;
};

} // namespace aotc
#endif
