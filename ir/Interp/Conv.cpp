#include <algorithm>
#include <array>
#include <cmath>

#include "ir/Interp/Kernels.h"
#include "ir/NN/Winograd.h"

namespace aotc::interp {
namespace {

// f32 sums of products are taken in double and rounded once: the reference
// that compiled code's sums are compared with.
template <typename T> Accumulator<T> multiply(T a, T b) {
  return static_cast<Accumulator<T>>(a) * static_cast<Accumulator<T>>(b);
}

// Rounds (or wraps, for integers) sums to the result's type.
template <typename Sum> void storeSums(const std::vector<Sum> &sums, Tensor &result, int64_t at) {
  visit(result.dtype(), [&](auto tag) {
    auto *to = result.mutableAs<decltype(tag)>() + at;
    for (size_t i = 0; i < sums.size(); ++i)
      to[i] = static_cast<decltype(tag)>(sums[i]);
  });
}

// The operands of a contraction; bytes whose products add up in i32 come without their zero points.
std::array<Tensor, 2> factors(const Arguments &in, const Tensor &result, int64_t zeroA, int64_t zeroB) {
  if (byteSize(in[0].dtype()) != 1 || result.dtype() != DType::I32)
    return {in[0], in[1]};
  return {centred(in[0], zeroA), centred(in[1], zeroB)};
}

absl::StatusOr<Tensor> matmul(nn::MatMulOp op, const Arguments &arguments) {
  Tensor result = makeResult(op.getResult());
  auto in = factors(arguments, result, static_cast<int64_t>(op.getLhsZero()), static_cast<int64_t>(op.getRhsZero()));
  if (result.size() == 0)
    return result;
  absl::Span<const int64_t> lhs = in[0].shape(), shape = result.shape();
  size_t batchRank = shape.size() - 2;
  int64_t rows = shape[batchRank], columns = shape[batchRank + 1];
  int64_t depth = lhs[batchRank + (op.getTransposeLhs() ? 0 : 1)];
  // Element strides of lhs along M, K and of rhs along K, N.
  int64_t lhsM = op.getTransposeLhs() ? 1 : depth, lhsK = op.getTransposeLhs() ? rows : 1;
  int64_t rhsK = op.getTransposeRhs() ? 1 : columns, rhsN = op.getTransposeRhs() ? depth : 1;
  // Offsets of each batch's matrices; a shared operand has stride 0.
  absl::Span<const int64_t> batchShape = shape.first(batchRank);
  auto batchStrides = [&](const Tensor &operand) {
    Shape strides = rowMajorStrides(operand.shape());
    for (size_t d = 0; d < batchRank; ++d)
      if (operand.shape()[d] == 1)
        strides[d] = 0;
    strides.resize(batchRank);
    return strides;
  };
  Shape lhsOffsets, rhsOffsets;
  for (auto [operand, offsets] : {std::pair(&in[0], &lhsOffsets), std::pair(&in[1], &rhsOffsets)})
    walk(batchShape, strideTables(batchShape, batchStrides(*operand)),
         [&, to = offsets](int64_t, int64_t offset) { to->push_back(offset); });
  visit(in[0].dtype(), [&](auto tag) {
    using T = decltype(tag);
    std::vector<Accumulator<T>> sums(columns);
    for (size_t batch = 0; batch < lhsOffsets.size(); ++batch) {
      const T *a = in[0].as<T>() + lhsOffsets[batch], *b = in[1].as<T>() + rhsOffsets[batch];
      for (int64_t m = 0; m < rows; ++m) {
        std::fill(sums.begin(), sums.end(), 0);
        for (int64_t k = 0; k < depth; ++k) {
          T x = a[m * lhsM + k * lhsK];
          for (int64_t n = 0; n < columns; ++n)
            sums[n] += multiply(x, b[k * rhsK + n * rhsN]);
        }
        storeSums(sums, result, (static_cast<int64_t>(batch) * rows + m) * columns);
      }
    }
  });
  return result;
}

using Extents = std::array<int64_t, 3>;

// The spatial dimensions behind as many leading ones as make three.
Extents spatial(llvm::ArrayRef<int64_t> values, int64_t missing) {
  Extents extents = {missing, missing, missing};
  std::copy(values.begin(), values.end(), extents.end() - values.size());
  return extents;
}
Extents imageExtents(const Tensor &image) {
  return spatial(llvm::ArrayRef<int64_t>(image.shape()).drop_front().drop_back(), 1);
}

// Positions along one spatial dimension: large = small * stride + k * dilation - padLow.
struct Geometry {
  Extents large, small, window, strides, dilations, padLow;

  // The position on the large side, or -1 outside of it.
  int64_t at(int d, int64_t position, int64_t k) const {
    // Strides and dilations of single positions are arbitrary: their products may exceed 64 bits.
    __int128 at =
        static_cast<__int128>(position) * strides[d] + static_cast<__int128>(k) * dilations[d] - padLow[d];
    return at >= 0 && at < large[d] ? static_cast<int64_t>(at) : -1;
  }

  // Calls f(row-major index in the window, row-major index on the large side)
  // for every window position that lies inside.
  template <typename F> void forEach(const Extents &position, F f) const {
    for (int64_t k0 = 0; k0 < window[0]; ++k0)
      if (int64_t p0 = at(0, position[0], k0); p0 >= 0)
        for (int64_t k1 = 0; k1 < window[1]; ++k1)
          if (int64_t p1 = at(1, position[1], k1); p1 >= 0)
            for (int64_t k2 = 0; k2 < window[2]; ++k2)
              if (int64_t p2 = at(2, position[2], k2); p2 >= 0)
                f((k0 * window[1] + k1) * window[2] + k2, (p0 * large[1] + p1) * large[2] + p2);
  }
};

// Calls f(row-major index, indices) for every position.
template <typename F> void forEachPosition(const Extents &extents, F f) {
  int64_t index = 0;
  for (int64_t i = 0; i < extents[0]; ++i)
    for (int64_t j = 0; j < extents[1]; ++j)
      for (int64_t k = 0; k < extents[2]; ++k)
        f(index++, Extents{i, j, k});
}

int64_t volume(const Extents &extents) { return extents[0] * extents[1] * extents[2]; }

template <typename Op>
Geometry geometry(Op op, Extents large, Extents small, llvm::ArrayRef<int64_t> window) {
  return {large,
          small,
          spatial(window, 1),
          spatial(op.getStrides(), 1),
          spatial(op.getDilations(), 1),
          spatial(op.getPadLow(), 0)};
}

absl::StatusOr<Tensor> conv(nn::ConvOp op, const Arguments &arguments) {
  Tensor result = makeResult(op.getResult());
  auto in = factors(arguments, result, static_cast<int64_t>(op.getInputZero()),
                    static_cast<int64_t>(op.getFilterZero()));
  if (result.size() == 0 || in[0].size() == 0)
    return result;
  llvm::ArrayRef<int64_t> filterShape(in[1].shape());
  Geometry g = geometry(op, imageExtents(in[0]), imageExtents(result), filterShape.drop_back(2));
  int64_t batch = result.shape()[0], channels = in[0].shape().back(), outputs = result.shape().back();
  int64_t depth = channels / static_cast<int64_t>(op.getGroups());
  int64_t groupOutputs = outputs / static_cast<int64_t>(op.getGroups());
  std::vector<int64_t> firstChannel(outputs); // that each output channel reads
  for (int64_t o = 0; o < outputs; ++o)
    firstChannel[o] = o / groupOutputs * depth;
  visit(in[0].dtype(), [&](auto tag) {
    using T = decltype(tag);
    std::vector<Accumulator<T>> sums(outputs);
    for (int64_t n = 0; n < batch; ++n) {
      const T *image = in[0].as<T>() + n * volume(g.large) * channels;
      forEachPosition(g.small, [&](int64_t r, const Extents &position) {
        std::fill(sums.begin(), sums.end(), 0);
        g.forEach(position, [&](int64_t k, int64_t p) {
          const T *pixel = image + p * channels, *weights = in[1].as<T>() + k * depth * outputs;
          for (int64_t c = 0; c < depth; ++c, weights += outputs)
            for (int64_t o = 0; o < outputs; ++o)
              sums[o] += multiply(pixel[firstChannel[o] + c], weights[o]);
        });
        storeSums(sums, result, (n * volume(g.small) + r) * outputs);
      });
    }
  });
  return result;
}

absl::StatusOr<Tensor> convTranspose(nn::ConvTransposeOp op, const Arguments &arguments) {
  Tensor result = makeResult(op.getResult());
  auto in = factors(arguments, result, 0, 0);
  if (result.size() == 0 || in[0].size() == 0)
    return result;
  llvm::ArrayRef<int64_t> filterShape(in[1].shape());
  Geometry g = geometry(op, imageExtents(result), imageExtents(in[0]), filterShape.drop_back(2));
  int64_t batch = result.shape()[0], channels = in[0].shape().back(), outputs = result.shape().back();
  int64_t groupOutputs = outputs / static_cast<int64_t>(op.getGroups());
  int64_t groupChannels = channels / static_cast<int64_t>(op.getGroups());
  visit(in[0].dtype(), [&](auto tag) {
    using T = decltype(tag);
    std::vector<Accumulator<T>> sums(volume(g.large) * outputs);
    for (int64_t n = 0; n < batch; ++n) {
      std::fill(sums.begin(), sums.end(), 0);
      const T *image = in[0].as<T>() + n * volume(g.small) * channels;
      forEachPosition(g.small, [&](int64_t s, const Extents &position) {
        const T *pixel = image + s * channels;
        g.forEach(position, [&](int64_t k, int64_t p) {
          const T *weights = in[1].as<T>() + k * groupOutputs * channels;
          for (int64_t o = 0; o < groupOutputs; ++o, weights += channels)
            for (int64_t c = 0; c < channels; ++c)
              sums[p * outputs + c / groupChannels * groupOutputs + o] += multiply(pixel[c], weights[c]);
        });
      });
      storeSums(sums, result, n * volume(g.large) * outputs);
    }
  });
  return result;
}

absl::StatusOr<Tensor> pool(nn::PoolOp op, const Arguments &arguments) {
  Tensor result = makeResult(op.getResult());
  std::array<Tensor, 1> in = {widenedAs(arguments[0], result)};
  if (result.size() == 0 || in[0].size() == 0)
    return result;
  Geometry g = geometry(op, imageExtents(in[0]), imageExtents(result), op.getWindow());
  int64_t channels = result.shape().back();
  bool isMax = op.getFn() == nn::PoolFn::Max, isAvg = op.getFn() == nn::PoolFn::Avg;
  visit(in[0].dtype(), [&](auto tag) {
    using T = decltype(tag);
    std::vector<Accumulator<T>> sums(channels);
    std::vector<T> maxima(channels);
    T *to = result.mutableAs<T>();
    for (int64_t n = 0; n < result.shape()[0]; ++n) {
      const T *image = in[0].as<T>() + n * volume(g.large) * channels;
      forEachPosition(g.small, [&](int64_t, const Extents &position) {
        std::fill(sums.begin(), sums.end(), 0);
        int64_t inside = 0;
        g.forEach(position, [&](int64_t, int64_t p) {
          const T *pixel = image + p * channels;
          for (int64_t c = 0; c < channels; ++c) {
            sums[c] += static_cast<Accumulator<T>>(pixel[c]);
            maxima[c] = inside ? maximum(maxima[c], pixel[c]) : pixel[c];
          }
          ++inside;
        });
        int64_t divisor = op.getCountPadding() ? product(op.getWindow()) : inside;
        for (int64_t c = 0; c < channels; ++c, ++to) {
          if (isMax)
            *to = maxima[c];
          else if (!isAvg)
            *to = static_cast<T>(sums[c]);
          else if constexpr (std::is_floating_point_v<T>)
            *to = static_cast<T>(sums[c] / divisor);
          else if (std::is_signed_v<T>)
            *to = static_cast<T>(static_cast<int64_t>(sums[c]) / std::max<int64_t>(divisor, 1));
          else
            *to = static_cast<T>(sums[c] / std::max<int64_t>(divisor, 1));
        }
      });
    }
  });
  return result;
}

// One source position and, for `linear`, its upper neighbour and weight.
struct Sample {
  int64_t lower, upper;
  float weight;
};

template <typename T> T interpolate(T lower, T upper, float weight) {
  return weight == 0 ? lower : lower + (upper - lower) * weight; // an infinite neighbour has no say
}

// All in f32, in the order of operations of the frameworks.
Sample sample(nn::ResizeOp op, int64_t i, float scale, int64_t from, int64_t to) {
  auto position = static_cast<float>(i);
  float at = 0;
  switch (op.getCoord()) {
  case nn::CoordMode::Asymmetric:
    at = position * scale;
    break;
  case nn::CoordMode::HalfPixel:
    at = (position + 0.5f) * scale - 0.5f;
    break;
  case nn::CoordMode::AlignCorners:
    at = to > 1 ? position * (static_cast<float>(from - 1) / static_cast<float>(to - 1)) : 0;
    break;
  case nn::CoordMode::HalfPixelNearest:
    at = (position + 0.5f) * scale;
    break;
  }
  auto clamped = [&](float x) { // NaN, from an infinite scale, counts as 0
    if (!(x > 0))
      return int64_t{0};
    return x >= static_cast<float>(from) ? from - 1 : std::min(static_cast<int64_t>(x), from - 1);
  };
  if (op.getMode() == nn::ResizeMode::Linear) {
    Sample s = {clamped(std::floor(at)), clamped(std::ceil(at)), 0};
    s.weight = s.lower == s.upper ? 0 : at - static_cast<float>(s.lower);
    return s;
  }
  switch (op.getRound()) {
  case nn::RoundMode::Floor:
    at = std::floor(at);
    break;
  case nn::RoundMode::Ceil:
    at = std::ceil(at);
    break;
  case nn::RoundMode::HalfAway:
    at = std::round(at);
    break;
  case nn::RoundMode::HalfDown:
    at = std::ceil(at - 0.5f);
    break;
  }
  return {clamped(at), clamped(at), 0};
}

absl::StatusOr<Tensor> resize(nn::ResizeOp op, const Arguments &in) {
  Tensor result = makeResult(op.getResult());
  if (result.size() == 0 || in[0].size() == 0)
    return result;
  Extents from = imageExtents(in[0]), to = imageExtents(result);
  size_t spatialRank = in[0].rank() - 2;
  std::array<std::vector<Sample>, 3> samples;
  for (size_t d = 0; d < 3; ++d)
    for (int64_t i = 0; i < to[d]; ++i)
      samples[d].push_back(d + spatialRank < 3
                               ? Sample{0, 0, 0}
                               : sample(op, i, op.getScales()[d + spatialRank - 3], from[d], to[d]));
  int64_t channels = result.shape().back();
  visit(in[0].dtype(), [&](auto tag) {
    using T = decltype(tag);
    T *out = result.mutableAs<T>();
    for (int64_t n = 0; n < result.shape()[0]; ++n) {
      const T *image = in[0].as<T>() + n * volume(from) * channels;
      forEachPosition(to, [&](int64_t, const Extents &position) {
        const Sample *s[3] = {&samples[0][position[0]], &samples[1][position[1]], &samples[2][position[2]]};
        auto pixel = [&](int corner) { // bit 2 - d of `corner`: the upper side along d
          int64_t offset = 0;
          for (int d = 0; d < 3; ++d)
            offset = offset * from[d] + (corner >> (2 - d) & 1 ? s[d]->upper : s[d]->lower);
          return image + offset * channels;
        };
        const T *lower = pixel(0);
        if constexpr (std::is_floating_point_v<T>) {
          if (op.getMode() == nn::ResizeMode::Linear) {
            const T *corners[8];
            for (int corner = 0; corner < 8; ++corner)
              corners[corner] = pixel(corner);
            for (int64_t c = 0; c < channels; ++c) {
              T values[8];
              for (int corner = 0; corner < 8; ++corner)
                values[corner] = corners[corner][c];
              for (int d = 2; d >= 0; --d) // the innermost dimension first
                for (int j = 0; j < 1 << d; ++j)
                  values[j] = interpolate(values[2 * j], values[2 * j + 1], s[d]->weight);
              *out++ = values[0];
            }
            return;
          }
        }
        out = std::copy_n(lower, channels, out);
      });
    }
  });
  return result;
}

absl::StatusOr<Tensor> unpackPanels(nn::UnpackPanelsOp op, const Arguments &in) {
  Tensor result(nn::dtypeOf(op.getResult()), shapeOf(op.getResult()));
  if (result.size() == 0)
    return result;
  const Shape &panels = in[0].shape(); // [G, P, K, NR]
  int64_t groups = panels[0], rows = panels[2], width = panels[3];
  int64_t columns = result.size() / rows / groups;
  // Rows of one tap; all rows when the columns are the last dimension.
  int64_t inner = op.getTransposed() ? result.shape().back() / groups : rows;
  visitBytes(result.dtype(), [&](auto tag) {
    using T = decltype(tag);
    const T *from = in[0].as<T>();
    T *to = result.mutableAs<T>();
    for (int64_t g = 0; g < groups; ++g)
      for (int64_t k = 0; k < rows; ++k)
        for (int64_t n = 0; n < columns; ++n) {
          int64_t panel = g * panels[1] + n / width;
          int64_t at = op.getTransposed() ? ((k / inner * columns + n) * groups + g) * inner + k % inner
                                          : (k * groups + g) * columns + n;
          to[at] = from[(panel * rows + k) * width + n % width];
        }
  });
  return result;
}

// Of four times the transformed filters, in pairs of channels.
Tensor unpackWinogradWords(const Tensor &words, Shape shape) {
  Tensor result(DType::I8, std::move(shape));
  const Shape &packed = words.shape(); // [P, 16, C / 2, NR, 2]
  int64_t pairs = packed[2], width = packed[3], channels = result.shape()[2], outputs = result.shape()[3];
  const int sign = nn::winograd(2).filter(0, 0) < 0 ? -1 : 1; // of `first`
  const auto *from = words.as<int16_t>();
  auto *to = result.mutableAs<int8_t>();
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t o = 0; o < outputs; ++o) {
      int u[4][4]; // twice the rows of the transform are (first, 0, 0), (1, 1, 1), (1, -1, 1), (0, 0, 2), in either direction
      for (int64_t e = 0; e < 16; ++e)
        u[e / 4][e % 4] = from[(((o / width * 16 + e) * pairs + c / 2) * width + o % width) * 2 + c % 2];
      int rows[3][4];
      for (int j = 0; j < 4; ++j) {
        rows[0][j] = sign * u[0][j];
        rows[1][j] = u[1][j] - u[2][j];
        rows[2][j] = u[3][j];
      }
      for (int64_t i = 0; i < 3; ++i) {
        int taps[] = {sign * rows[i][0], rows[i][1] - rows[i][2], rows[i][3]};
        for (int64_t j = 0; j < 3; ++j)
          to[((i * 3 + j) * channels + c) * outputs + o] = static_cast<int8_t>(taps[j] / 4);
      }
    }
  return result;
}

absl::StatusOr<Tensor> unpackWinograd(nn::UnpackWinogradOp op, const Arguments &in) {
  if (in[0].dtype() == DType::I16)
    return unpackWinogradWords(in[0], shapeOf(op.getResult()));
  Tensor result(DType::F32, shapeOf(op.getResult()));
  const Shape &packed = in[0].shape(); // [P, E, C, NR]
  int64_t channels = packed[2], width = packed[3], outputs = result.shape()[3];
  const nn::Winograd &w = nn::winograd(packed[1] == 16 ? 2 : 4);
  nn::Matrix transformed{w.extent, w.extent, std::vector<double>(packed[1])};
  const float *from = in[0].as<float>();
  float *to = result.mutableAs<float>();
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t o = 0; o < outputs; ++o) {
      for (int64_t e = 0; e < packed[1]; ++e)
        transformed.values[e] = from[((o / width * packed[1] + e) * channels + c) * width + o % width];
      double weights[9];
      nn::recoverFilter(w, transformed, weights);
      for (int64_t tap = 0; tap < 9; ++tap)
        to[(tap * channels + c) * outputs + o] = static_cast<float>(weights[tap]);
    }
  return result;
}

} // namespace

std::vector<Kernel> convKernels() {
  return {kernel<nn::MatMulOp, matmul>(kComputes), kernel<nn::ConvOp, conv>(kComputes),
          kernel<nn::ConvTransposeOp, convTranspose>(kComputes), kernel<nn::PoolOp, pool>(kComputes),
          kernel<nn::ResizeOp, resize>(kComputes), kernel<nn::UnpackPanelsOp, unpackPanels>(kMovesBytes),
          kernel<nn::UnpackWinogradOp, unpackWinograd>(kComputes)};
}

} // namespace aotc::interp
