// Family Norm: batch and local response normalisation, softmax.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

#include <numeric>

namespace aotc::tf {
namespace {

using nn::BinaryFn;
using nn::UnaryFn;

struct Moments {
  Value mean, variance;
};

// Over all dimensions but the channels.
Moments batchMoments(NodeImport &n, Value x, int64_t channel) {
  if (!x)
    return {};
  DimVector axes;
  for (int64_t dim = 0; dim < ImportBuilder::rank(x); ++dim)
    if (dim != channel)
      axes.push_back(dim);
  Value mean = n.b.reduce(nn::ReduceFn::Mean, x, axes, /*keepDims=*/true);
  Value centered = n.b.sub(x, mean);
  DimVector channels{ImportBuilder::shape(x)[channel]};
  return {n.b.reshape(mean, channels), n.b.reduce(nn::ReduceFn::Mean, n.b.mul(centered, centered), axes, false)};
}

// What the graph keeps of the moments: an average with what there was, and
// the variance of the population estimated from the sample.
Moments runningMoments(NodeImport &n, Moments batch, Moments before, int64_t samples) {
  double factor = n.real("exponential_avg_factor", 1);
  double bessel = samples > 1 ? double(samples) / double(samples - 1) : 1;
  Moments now{batch.mean, n.b.binary(BinaryFn::Mul, batch.variance, bessel)};
  if (factor == 1)
    return now;
  auto mix = [&](Value old, Value fresh) {
    return n.b.add(n.b.binary(BinaryFn::Mul, old, 1 - factor), n.b.binary(BinaryFn::Mul, fresh, factor));
  };
  return {mix(before.mean, now.mean), mix(before.variance, now.variance)};
}

// x * factor + shift, so that constant factors can go into weights later.
Value normalize(NodeImport &n, Value x, int64_t channel, Value scale, Value offset, Moments moments, double epsilon) {
  ImportBuilder &b = n.b;
  if (!x)
    return {};
  Value factor = b.unary(UnaryFn::Rsqrt, b.binary(BinaryFn::Add, moments.variance, epsilon));
  if (scale)
    factor = b.mul(factor, scale);
  Value shift = b.sub(offset, b.mul(moments.mean, factor));
  DimVector shape(ImportBuilder::rank(x) - channel, 1);
  shape[0] = ImportBuilder::shape(x)[channel];
  return b.add(b.mul(x, b.reshape(factor, shape)), b.reshape(shift, shape));
}

bool checkChannelVectors(NodeImport &n, int64_t channels, size_t first, size_t last, bool mayBeEmpty = false) {
  for (size_t i = first; i <= last; ++i) {
    bool empty = mayBeEmpty && i > 2 && ImportBuilder::elements(n.in(i)) == 0;
    if (!empty && (n.rank(i) != 1 || n.shape(i)[0] != channels)) {
      n.error("operand " + llvm::Twine(i) + " must be a vector of " + llvm::Twine(channels) + " channels");
      return false;
    }
  }
  return true;
}

Results fusedBatchNorm(NodeImport &n) {
  int64_t rank = n.rank(0);
  if (rank != 4 && rank != 5)
    return n.error("needs an operand of rank 4 or 5");
  int64_t channel = n.channelsFirst() ? 1 : rank - 1, channels = n.shape(0)[channel];
  bool training = n.flag("is_training", true);
  if (!checkChannelVectors(n, channels, 1, 4, training))
    return Value();
  DType stored = n.dtype(0), computed = n.dtype(1);
  Value x = n.b.cast(n.in(0), computed);
  Moments given{n.in(3), n.in(4)}, used = given, yielded = given;
  if (training) {
    used = batchMoments(n, x, channel);
    int64_t samples = channels > 0 ? ImportBuilder::elements(x) / channels : 0;
    yielded = runningMoments(n, used, given, samples);
  }
  Value y = normalize(n, x, channel, n.in(1), n.in(2), used, n.real("epsilon", 1e-4f));
  return {n.b.cast(y, stored), yielded.mean, yielded.variance, used.mean, used.variance,
          n.b.scalar(computed, 0)};
}

// Operands: x, mean, variance, beta, gamma.
Results globalBatchNorm(NodeImport &n) {
  if (n.rank(0) < 1 || !checkChannelVectors(n, n.shape(0).back(), 1, 4))
    return n.error("needs an operand with channels");
  Value gamma = n.flag("scale_after_normalization") ? n.in(4) : Value();
  return normalize(n, n.in(0), n.rank(0) - 1, gamma, n.in(3), {n.in(1), n.in(2)}, n.real("variance_epsilon", 0));
}

// x / (bias + alpha * sum of squares over nearby channels) ^ beta
Results lrn(NodeImport &n) {
  ImportBuilder &b = n.b;
  if (n.rank(0) != 4)
    return n.error("needs an operand of rank 4");
  int64_t radius = n.integer("depth_radius", 5), channels = n.shape(0).back();
  if (radius < 0)
    return n.error("depth_radius must be at least 0");
  radius = std::min(radius, channels); // further neighbours do not exist
  Value x = n.in(0), squares = b.mul(x, x);
  int64_t outer = channels > 0 ? ImportBuilder::elements(x) / channels : 0;
  Window window{{1}, {1}, {radius}, {radius}};
  Value sums = b.pool(nn::PoolFn::Sum, b.reshape(squares, {outer, channels, 1}), {2 * radius + 1}, window);
  Value base = b.binary(BinaryFn::Mul, b.reshape(sums, n.shape(0)), n.real("alpha", 1));
  base = b.binary(BinaryFn::Add, base, n.real("bias", 1));
  return b.mul(x, b.binary(BinaryFn::Pow, base, -n.real("beta", 0.5)));
}

ImportFn softmax(bool log) {
  return [log](NodeImport &n) {
    if (n.rank(0) < 1)
      return n.error("needs an operand of rank at least 1");
    return n.b.softmax(n.in(0), n.rank(0) - 1, log);
  };
}

Results l2Loss(NodeImport &n) {
  DimVector axes(n.rank(0));
  std::iota(axes.begin(), axes.end(), 0);
  Value sum = n.b.reduce(nn::ReduceFn::Sum, n.b.mul(n.in(0), n.in(0)), axes, false);
  return n.b.binary(BinaryFn::Mul, sum, 0.5);
}

} // namespace

void addNormOps(OpRows &rows) {
  for (const char *name : {"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"})
    rows.push_back(
        OpRow(name, 5, kFloats, fusedBatchNorm).oneOf("data_format", {"NHWC", "NCHW", "NDHWC", "NCDHW"}));
  rows.emplace_back("BatchNormWithGlobalNormalization", 5, kFloats, globalBatchNorm);
  rows.emplace_back("LRN", 1, kFloats, lrn);
  rows.emplace_back("Softmax", 1, kFloats, softmax(false));
  rows.emplace_back("LogSoftmax", 1, kFloats, softmax(true));
  rows.emplace_back("L2Loss", 1, kFloats, l2Loss);
}

} // namespace aotc::tf
