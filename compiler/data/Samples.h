// Samples of a model's inputs: what quantization measures ranges and losses on.
//
// A source is
//   FILE.npy, FILE.npz   the leading dimension runs over samples
//   a folder             of such files, in alphabetical order
//   a TFRecord file      of tf.train.Example, a record for each sample or for each row of a batch
//   random[:N[:SEED]]    N samples (as many as other inputs have, else 32): standard normal numbers,
//                        integers uniform in their range
// An input of batch B takes B rows a sample; a remainder is left out. Files are untrusted, and read when
// samples are asked for, fastest in ascending order: they may be larger than memory.
#ifndef AOTC_COMPILER_DATA_SAMPLES_H
#define AOTC_COMPILER_DATA_SAMPLES_H

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ir/Tensor/Tensor.h"

namespace aotc {

// An input of the model.
struct SampleInput {
  std::string name; // ":0" at its end makes no difference
  DType type = DType::F32;
  Shape shape;
  std::optional<int64_t> idBound; // made-up integers are below it
};

// [NAME=]DATA of the command line.
struct SampleSpec {
  std::string input; // empty: by position, and for all inputs where it is random
  std::string source;
};

// The samples of one input, each a tensor of the input's type and shape. Threads may ask at the same time; they take turns.
class SampleSource {
public:
  virtual ~SampleSource() = default;
  virtual int64_t count() const = 0;
  virtual absl::StatusOr<Tensor> sample(int64_t i) const = 0;
};

class Samples {
public:
  int64_t count() const { return sampleCount; }
  // One tensor an input, in order.
  absl::StatusOr<std::vector<Tensor>> sample(int64_t i) const;

private:
  friend absl::StatusOr<Samples> openSamples(const std::string &, absl::Span<const SampleInput>, absl::Span<const SampleSpec>,
                                             const std::string &);
  std::vector<std::shared_ptr<const SampleSource>> sources; // of each input
  int64_t sampleCount = 0;
};

// `option` ("--calibrate") opens messages. `feature`: of TFRecord files; empty: the one that is named like the input, or
// the only one. InvalidArgument: what was given does not fit; other errors: a file cannot be read.
absl::StatusOr<Samples> openSamples(const std::string &option, absl::Span<const SampleInput> inputs,
                                    absl::Span<const SampleSpec> specs, const std::string &feature);

} // namespace aotc
#endif
