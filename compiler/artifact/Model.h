// What the artifact writers need to know about a compiled model.
#ifndef AOTC_COMPILER_ARTIFACT_MODEL_H
#define AOTC_COMPILER_ARTIFACT_MODEL_H

#include <optional>
#include <string>
#include <vector>

#include "backends/Backend.h"
#include "ir/Tensor/Tensor.h"

namespace aotc {

struct TensorInfo {
  std::string name; // as in the model, without ":0"
  DType dtype = DType::F32;
  Shape shape;
  std::optional<Scale> scale{}; // of integers that stand for real numbers
};

struct PhaseTime {
  std::string phase;
  double seconds = 0;
};

// A buffer of the arena: live from kernel `first` to kernel `last`.
struct BufferInfo {
  std::string name; // of the node whose kernel writes it
  bool scratch = false;
  int64_t first = 0, last = 0;
  int64_t offset = 0, bytes = 0;
};

// A contraction that --quantize looked at.
struct QuantizedRegion {
  std::string name; // of its node
  float low = 0, high = 0; // of its input, as chosen
  float scale = 1;
  int64_t zero = 0;
  double signal = 0, noise = 0; // sums of squares: of its float result, and of what quantizing input and weights changes
  bool isFloat = false;         // stays in f32
  std::string why;
};

struct QuantizationInfo {
  std::string calibrator;
  int64_t samples = 0;
  double loss = 0, maxLoss = 0; // see QuantizeOptions::maxLoss
  std::vector<QuantizedRegion> regions; // in the order of the network
};

// Sizes are bytes.
struct ModelInfo {
  std::string name;      // C identifier
  std::string modelFile; // without its folder: equal models in two folders give equal bytes
  std::string modelHash; // SHA-256 in hex
  Targets targets;       // resolved
  std::vector<TensorInfo> inputs, outputs; // of outputs with extents that depend on data: the largest
  struct OutDim {
    int64_t output, axis;
  };
  std::vector<OutDim> outDims; // whose extents calls return
  // Inputs and outputs above have its largest size.
  std::optional<SymbolicDim> symbol;
  std::vector<int64_t> symbolArenaBytes; // of each of its sizes
  std::vector<TensorInfo> states; // in the block that the caller keeps between calls
  int64_t stateBytes = 0;         // of that block
  int64_t arenaBytes = 0, arenaAlign = 64;
  int64_t lowerBound = 0; // largest sum of live buffers in the chosen order
  int64_t naiveBytes = 0; // all buffers side by side
  int64_t weightsBytes = 0, codeBytes = 0, objectBytes = 0;
  std::vector<int64_t> targetCodeBytes; // of each target alone, where there are several
  std::vector<RegionReport> regions;
  std::vector<BufferInfo> buffers;
  std::vector<PhaseTime> phases;
  std::optional<QuantizationInfo> quantization;
  int64_t peakMemory = 0; // of the compiler process
};

// ASCII letters, digits and '_', not empty, not starting with a digit, not a
// keyword of C or C++ nor a name that the generated header itself uses.
std::string makeIdentifier(const std::string &text);
bool isIdentifier(const std::string &text);
// One identifier for each name, unique also against `taken`.
std::vector<std::string> makeIdentifiers(const std::vector<std::string> &names,
                                         std::vector<std::string> taken);

std::string sha256Hex(const char *bytes, size_t size);

extern const char *const kVersion; // "0.1.0"

} // namespace aotc
#endif
