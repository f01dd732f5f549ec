#include <algorithm>
#include <cmath>
#include <numeric>

#include "ir/Interp/Kernels.h"

namespace aotc::interp {
namespace {

using nn::ReduceFn;

// For every element of the operand, the element of the result that it goes to.
OffsetTables reductionTables(const Tensor &operand, const Tensor &result) {
  Shape strides = rowMajorStrides(result.shape());
  for (int64_t d = 0; d < result.rank(); ++d)
    if (result.shape()[d] == 1)
      strides[d] = 0;
  return strideTables(operand.shape(), strides);
}

template <typename T> T reduced(ReduceFn fn, T a, T b) {
  switch (fn) {
  case ReduceFn::Max:
    return maximum(a, b);
  case ReduceFn::Min:
    return minimum(a, b);
  case ReduceFn::Any:
    return a | b;
  default:
    return a & b;
  }
}
template <> double reduced(ReduceFn fn, double a, double b) {
  return fn == ReduceFn::Max ? maximum(a, b) : minimum(a, b);
}
template <> float reduced(ReduceFn fn, float a, float b) {
  return fn == ReduceFn::Max ? maximum(a, b) : minimum(a, b);
}

// max, min, any, all: of an empty range, this.
template <typename T> T neutral(ReduceFn fn) {
  using Limits = std::numeric_limits<T>;
  switch (fn) {
  case ReduceFn::Max:
    return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  case ReduceFn::Min:
    return Limits::has_infinity ? Limits::infinity() : Limits::max();
  case ReduceFn::All:
    return 1;
  default:
    return 0;
  }
}

// An integer sum wraps before it is divided; the mean of nothing is NaN or 0.
template <typename T> T mean(Accumulator<T> sum, int64_t count) {
  if constexpr (std::is_floating_point_v<T>)
    return static_cast<T>(sum / static_cast<double>(count));
  else if (count == 0)
    return 0;
  else if constexpr (std::is_signed_v<T>)
    return static_cast<T>(static_cast<int64_t>(static_cast<T>(sum)) / count);
  else
    return static_cast<T>(static_cast<T>(sum) / static_cast<uint64_t>(count));
}

absl::StatusOr<Tensor> reduce(nn::ReduceOp op, const Arguments &in) {
  ReduceFn fn = op.getFn();
  Tensor result = makeResult(op.getResult());
  Tensor operand = widenedAs(in[0], result);
  if (result.size() == 0)
    return result;
  bool empty = operand.size() == 0; // and then the offset tables could be large
  OffsetTables tables = empty ? OffsetTables() : reductionTables(operand, result);
  visit(operand.dtype(), [&](auto tag) {
    using T = decltype(tag);
    const T *from = operand.as<T>();
    T *to = result.mutableAs<T>();
    if (fn != ReduceFn::Sum && fn != ReduceFn::Mean && fn != ReduceFn::Prod) {
      std::fill_n(to, result.size(), neutral<T>(fn));
      if (!empty)
        walk(operand.shape(), tables, [&](int64_t i, int64_t r) { to[r] = reduced(fn, to[r], from[i]); });
      return;
    }
    using Wide = Accumulator<T>;
    std::vector<Wide> totals(result.size(), fn == ReduceFn::Prod ? 1 : 0);
    if (!empty)
      walk(operand.shape(), tables, [&](int64_t i, int64_t r) {
        auto x = static_cast<Wide>(from[i]);
        totals[r] = fn == ReduceFn::Prod ? totals[r] * x : totals[r] + x;
      });
    int64_t count = operand.size() / result.size();
    for (int64_t r = 0; r < result.size(); ++r)
      to[r] = fn == ReduceFn::Mean ? mean<T>(totals[r], count) : static_cast<T>(totals[r]);
  });
  return result;
}

// The lines of a tensor along one axis: element k of line l is at start(l) + k * stride.
struct Lines {
  Lines(const Tensor &tensor, int64_t axis) {
    absl::Span<const int64_t> shape = tensor.shape();
    extent = shape[axis];
    if (tensor.size() == 0)
      return;
    stride = product(shape.subspan(axis + 1));
    count = tensor.size() / extent;
  }
  int64_t start(int64_t line) const { return line / stride * stride * extent + line % stride; }

  int64_t extent = 0, stride = 1, count = 0;
};

absl::StatusOr<Tensor> argReduce(nn::ArgReduceOp op, const Arguments &in) {
  Tensor result = makeResult(op.getResult());
  Lines lines(in[0], op.getAxis());
  bool isMax = op.getFn() == nn::ArgReduceFn::Max;
  visit(in[0].dtype(), [&](auto tag) {
    const auto *from = in[0].as<decltype(tag)>();
    for (int64_t l = 0; l < lines.count; ++l) {
      const auto *line = from + lines.start(l);
      int64_t best = 0;
      for (int64_t k = 1; k < lines.extent; ++k) {
        auto x = line[k * lines.stride], y = line[best * lines.stride];
        if (isMax ? x > y : x < y)
          best = k;
      }
      result.setI(l, best); // lines are numbered as the result's elements are
    }
  });
  return result;
}

absl::StatusOr<Results> topK(mlir::Operation *operation, const Arguments &in) {
  auto op = mlir::cast<nn::TopKOp>(operation);
  Results results = {makeResult(op.getValues()), makeResult(op.getIndices())};
  int64_t extent = in[0].shape().back(), k = results[0].shape().back();
  if (results[0].size() == 0)
    return results;
  std::vector<int64_t> order(extent);
  visit(in[0].dtype(), [&](auto tag) {
    using T = decltype(tag);
    T *values = results[0].mutableAs<T>();
    for (int64_t row = 0; row < in[0].size() / extent; ++row) {
      const T *from = in[0].as<T>() + row * extent;
      std::iota(order.begin(), order.end(), 0);
      // NaN goes last, which makes this a strict weak order.
      std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        T x = from[a], y = from[b];
        bool unordered = (x != x) || (y != y);
        if (unordered && (x != x) != (y != y))
          return y != y;
        return unordered || x == y ? a < b : x > y;
      });
      for (int64_t i = 0; i < k; ++i) {
        values[row * k + i] = from[order[i]];
        results[1].setI(row * k + i, order[i]);
      }
    }
  });
  return results;
}

absl::StatusOr<Tensor> cumulative(nn::CumulativeOp op, const Arguments &in) {
  Tensor result = makeResult(op.getResult());
  Lines lines(in[0], op.getAxis());
  bool isSum = op.getFn() == nn::CumulativeFn::Sum;
  visit(in[0].dtype(), [&](auto tag) {
    using T = decltype(tag);
    const T *from = in[0].as<T>();
    T *to = result.mutableAs<T>();
    for (int64_t l = 0; l < lines.count; ++l) {
      Accumulator<T> total = isSum ? 0 : 1;
      for (int64_t k = 0; k < lines.extent; ++k) {
        int64_t at = lines.start(l) + (op.getReverse() ? lines.extent - 1 - k : k) * lines.stride;
        auto before = total, x = static_cast<Accumulator<T>>(from[at]);
        total = isSum ? total + x : total * x;
        to[at] = static_cast<T>(op.getExclusive() ? before : total);
      }
    }
  });
  return result;
}

absl::StatusOr<Tensor> softmax(nn::SoftmaxOp op, const Arguments &in) {
  Tensor result = makeResult(op.getResult());
  Lines lines(in[0], op.getAxis());
  auto run = [&](auto tag) {
    using T = decltype(tag);
    T *to = result.mutableAs<T>();
    for (int64_t l = 0; l < lines.count; ++l) {
      const T *line = in[0].as<T>() + lines.start(l);
      double top = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t k = 0; k < lines.extent; ++k)
        top = maximum(top, static_cast<double>(line[k * lines.stride]));
      for (int64_t k = 0; k < lines.extent; ++k)
        sum += std::exp(line[k * lines.stride] - top);
      for (int64_t k = 0; k < lines.extent; ++k) {
        double x = line[k * lines.stride] - top;
        to[lines.start(l) + k * lines.stride] =
            static_cast<T>(op.getLog() ? x - std::log(sum) : std::exp(x) / sum);
      }
    }
  };
  if (in[0].dtype() == DType::F64)
    run(double());
  else
    run(float());
  return result;
}

} // namespace

std::vector<Kernel> reduceKernels() {
  return {kernel<nn::ReduceOp, reduce>(kComputes), kernel<nn::ArgReduceOp, argReduce>(kComputes),
          Kernel{nn::TopKOp::getOperationName(), topK, kComputes},
          kernel<nn::CumulativeOp, cumulative>(kComputes), kernel<nn::SoftmaxOp, softmax>(kComputes)};
}

} // namespace aotc::interp
