// The .mlir text of contraction groups, for tests and benchmarks of kernels.
#ifndef AOTC_TEST_BACKENDS_CPU_KERNELTEXT_H
#define AOTC_TEST_BACKENDS_CPU_KERNELTEXT_H

#include <string>
#include <vector>

namespace aotc::cpu {

enum class Follow { Nothing, BiasRelu, BiasResidualClamp, General };

struct ConvSpec {
  std::vector<int64_t> input;  // [N, spatial..., C]
  std::vector<int64_t> kernel; // spatial extents
  int64_t outputs;
  std::vector<int64_t> strides{}, dilations{}, low{}, high{}; // empty: ones and zeros
  int64_t groups = 1;
  Follow follow = Follow::BiasRelu;
  bool constantFilter = true;
  std::string element = "f32";

  std::vector<int64_t> result() const;
};

struct MatMulSpec {
  std::vector<int64_t> lhs, rhs; // as stored
  bool transposeLhs = false, transposeRhs = false;
  bool constantRhs = true;
  Follow follow = Follow::BiasRelu;
  std::string element = "f32";

  std::vector<int64_t> result() const;
};

struct ConvTransposeSpec {
  std::vector<int64_t> input;  // [N, spatial..., C]
  std::vector<int64_t> kernel; // spatial extents
  std::vector<int64_t> output; // [N, spatial..., O]
  std::vector<int64_t> strides{}, dilations{}, low{};
  int64_t groups = 1;
  Follow follow = Follow::BiasRelu;
  bool constantFilter = true;
  std::string element = "f32";

  std::vector<int64_t> result() const { return output; }
};

std::string moduleOf(const ConvSpec &spec);
std::string moduleOf(const ConvTransposeSpec &spec);
std::string moduleOf(const MatMulSpec &spec);

} // namespace aotc::cpu
#endif
