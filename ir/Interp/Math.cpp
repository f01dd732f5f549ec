#include <cmath>

#include "absl/strings/str_cat.h"
#include "ir/Interp/Kernels.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::interp {
namespace {

using nn::BinaryFn;
using nn::CompareFn;
using nn::UnaryFn;

absl::Status unsupported(llvm::StringRef fn, DType type) {
  std::string_view typeName = name(type);
  return absl::UnimplementedError(
      absl::StrCat(fn.str(), " of ", absl::string_view(typeName.data(), typeName.size())));
}

// f32 results are these, rounded once: closer to the true value than any f32 library.
double unaryFloat(UnaryFn fn, double x) {
  switch (fn) {
  case UnaryFn::Neg:
    return -x;
  case UnaryFn::Abs:
    return std::fabs(x);
  case UnaryFn::Sign:
    return std::isnan(x) ? x : (x > 0) - (x < 0);
  case UnaryFn::Floor:
    return std::floor(x);
  case UnaryFn::Ceil:
    return std::ceil(x);
  case UnaryFn::RoundEven:
    return std::nearbyint(x); // the default rounding mode
  case UnaryFn::Trunc:
    return std::trunc(x);
  case UnaryFn::Sqrt:
    return std::sqrt(x);
  case UnaryFn::Rsqrt:
    return 1 / std::sqrt(x);
  case UnaryFn::Reciprocal:
    return 1 / x;
  case UnaryFn::Exp:
    return std::exp(x);
  case UnaryFn::Expm1:
    return std::expm1(x);
  case UnaryFn::Log:
    return std::log(x);
  case UnaryFn::Log1p:
    return std::log1p(x);
  case UnaryFn::Sin:
    return std::sin(x);
  case UnaryFn::Cos:
    return std::cos(x);
  case UnaryFn::Tan:
    return std::tan(x);
  case UnaryFn::Asin:
    return std::asin(x);
  case UnaryFn::Acos:
    return std::acos(x);
  case UnaryFn::Atan:
    return std::atan(x);
  case UnaryFn::Sinh:
    return std::sinh(x);
  case UnaryFn::Cosh:
    return std::cosh(x);
  case UnaryFn::Tanh:
    return std::tanh(x);
  case UnaryFn::Asinh:
    return std::asinh(x);
  case UnaryFn::Acosh:
    return std::acosh(x);
  case UnaryFn::Atanh:
    return std::atanh(x);
  case UnaryFn::Erf:
    return std::erf(x);
  case UnaryFn::Erfc:
    return std::erfc(x);
  case UnaryFn::Lgamma:
    return std::lgamma(x);
  case UnaryFn::Sigmoid:
    return 1 / (1 + std::exp(-x));
  case UnaryFn::Softplus:
    return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
  case UnaryFn::Relu:
    return x < 0 ? 0 : x;
  case UnaryFn::Not:
  case UnaryFn::IsNan:
  case UnaryFn::IsInf:
  case UnaryFn::IsFinite:
  case UnaryFn::PopCount:
    break; // not to a float; handled by their own loops
  }
  llvm_unreachable("not a function to floating point");
}

// Integers are computed on as 64 bits, sign- or zero-extended.
std::optional<uint64_t> unaryInteger(UnaryFn fn, uint64_t x, bool isSigned) {
  bool negative = isSigned && static_cast<int64_t>(x) < 0;
  switch (fn) {
  case UnaryFn::Neg:
    return 0 - x;
  case UnaryFn::Abs:
    return negative ? 0 - x : x;
  case UnaryFn::Sign:
    return negative ? ~uint64_t{0} : x != 0;
  case UnaryFn::Floor:
  case UnaryFn::Ceil:
  case UnaryFn::RoundEven:
  case UnaryFn::Trunc:
    return x;
  case UnaryFn::Relu:
    return negative ? 0 : x;
  case UnaryFn::Not:
    return ~x;
  default:
    return std::nullopt;
  }
}

template <typename T> bool classify(UnaryFn fn, T x) {
  auto value = static_cast<double>(x);
  return fn == UnaryFn::IsNan   ? std::isnan(value)
         : fn == UnaryFn::IsInf ? std::isinf(value)
                                : std::isfinite(value);
}

absl::StatusOr<Tensor> unary(nn::UnaryOp op, const Arguments &in) {
  UnaryFn fn = op.getFn();
  const Tensor &operand = in[0];
  DType type = operand.dtype();
  Tensor result = makeResult(op.getResult());
  int64_t count = operand.size();
  if (fn == UnaryFn::IsNan || fn == UnaryFn::IsInf || fn == UnaryFn::IsFinite) {
    auto *to = result.mutableAs<uint8_t>();
    visit(type, [&](auto tag) {
      const auto *from = operand.as<decltype(tag)>();
      for (int64_t i = 0; i < count; ++i)
        to[i] = classify(fn, from[i]);
    });
    return result;
  }
  if (isFloat(type)) {
    if (fn == UnaryFn::Not || fn == UnaryFn::PopCount)
      return unsupported(nn::stringifyUnaryFn(fn), type);
    visit(type, [&](auto tag) {
      using T = decltype(tag);
      const T *from = operand.as<T>();
      T *to = result.mutableAs<T>();
      for (int64_t i = 0; i < count; ++i)
        to[i] = static_cast<T>(unaryFloat(fn, from[i]));
    });
    return result;
  }
  if (fn == UnaryFn::PopCount) {
    auto *to = result.mutableAs<uint8_t>();
    visitBytes(type, [&](auto tag) {
      const auto *from = operand.as<decltype(tag)>();
      for (int64_t i = 0; i < count; ++i)
        to[i] = llvm::popcount(from[i]);
    });
    return result;
  }
  if (!unaryInteger(fn, 0, false))
    return unsupported(nn::stringifyUnaryFn(fn), type);
  visit(type, [&](auto tag) {
    using T = decltype(tag);
    const T *from = operand.as<T>();
    T *to = result.mutableAs<T>();
    for (int64_t i = 0; i < count; ++i) {
      auto value = *unaryInteger(fn, static_cast<uint64_t>(from[i]), isSigned(type));
      to[i] = static_cast<T>(type == DType::I1 ? value & 1 : value);
    }
  });
  return result;
}

// `T` is the element type: quotients are rounded to it before they are floored.
template <typename T> double binaryFloat(BinaryFn fn, double a, double b) {
  switch (fn) {
  case BinaryFn::Add:
    return a + b;
  case BinaryFn::Sub:
    return a - b;
  case BinaryFn::Mul:
    return a * b;
  case BinaryFn::Div:
    return a / b;
  case BinaryFn::FloorDiv:
    return std::floor(static_cast<T>(a / b));
  case BinaryFn::FloorMod: {
    double rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
  case BinaryFn::TruncMod:
    return std::fmod(a, b);
  case BinaryFn::Pow:
    return std::pow(a, b);
  case BinaryFn::Max:
    return maximum(a, b);
  case BinaryFn::Min:
    return minimum(a, b);
  case BinaryFn::Atan2:
    return std::atan2(a, b);
  default:
    llvm_unreachable("not a function of floating point");
  }
}

// With a negative exponent, 1 / a^n rounded towards zero; 0 for a = 0.
uint64_t powInteger(uint64_t base, uint64_t exponent, bool isSigned) {
  if (isSigned && static_cast<int64_t>(exponent) < 0) {
    bool unit = base == 1 || base == ~uint64_t{0};
    return !unit ? 0 : exponent & 1 ? base : 1;
  }
  uint64_t result = 1;
  for (; exponent; exponent >>= 1, base *= base)
    if (exponent & 1)
      result *= base;
  return result;
}

struct Quotient {
  uint64_t quotient, rest;
};

// Towards zero, with a divisor that is not 0.
Quotient divide(uint64_t a, uint64_t b, bool isSigned) {
  if (!isSigned)
    return {a / b, a % b};
  if (b == ~uint64_t{0}) // INT_MIN / -1 wraps
    return {0 - a, 0};
  auto x = static_cast<int64_t>(a), y = static_cast<int64_t>(b);
  return {static_cast<uint64_t>(x / y), static_cast<uint64_t>(x % y)};
}

uint64_t shiftAmount(uint64_t amount, bool isSigned, unsigned width) {
  if (isSigned && static_cast<int64_t>(amount) < 0)
    return 0;
  return std::min<uint64_t>(amount, width - 1);
}

bool divides(BinaryFn fn) {
  return fn == BinaryFn::Div || fn == BinaryFn::FloorDiv || fn == BinaryFn::FloorMod ||
         fn == BinaryFn::TruncMod;
}

// Operands are sign- or zero-extended; the caller truncates the result.
uint64_t binaryInteger(BinaryFn fn, uint64_t a, uint64_t b, bool isSigned, unsigned width) {
  bool less = isSigned ? static_cast<int64_t>(a) < static_cast<int64_t>(b) : a < b;
  switch (fn) {
  case BinaryFn::Add:
    return a + b;
  case BinaryFn::Sub:
    return a - b;
  case BinaryFn::Mul:
    return a * b;
  case BinaryFn::Div:
    return divide(a, b, isSigned).quotient;
  case BinaryFn::TruncMod:
    return divide(a, b, isSigned).rest;
  case BinaryFn::FloorDiv:
  case BinaryFn::FloorMod: {
    Quotient q = divide(a, b, isSigned);
    if (isSigned && q.rest != 0 && (static_cast<int64_t>(q.rest) < 0) != (static_cast<int64_t>(b) < 0))
      q = {q.quotient - 1, q.rest + b};
    return fn == BinaryFn::FloorDiv ? q.quotient : q.rest;
  }
  case BinaryFn::Pow:
    return powInteger(a, b, isSigned);
  case BinaryFn::Max:
    return less ? b : a;
  case BinaryFn::Min:
    return less ? a : b;
  case BinaryFn::And:
    return a & b;
  case BinaryFn::Or:
    return a | b;
  case BinaryFn::Xor:
    return a ^ b;
  case BinaryFn::ShiftLeft:
    return a << shiftAmount(b, isSigned, width);
  case BinaryFn::ShiftRight: {
    uint64_t amount = shiftAmount(b, isSigned, width);
    return isSigned ? static_cast<uint64_t>(static_cast<int64_t>(a) >> amount) : a >> amount;
  }
  case BinaryFn::Atan2:
    break;
  }
  llvm_unreachable("not a function of integers");
}

bool takesFloats(BinaryFn fn) { return fn <= BinaryFn::Atan2; }

absl::StatusOr<Tensor> binary(nn::BinaryOp op, const Arguments &in) {
  BinaryFn fn = op.getFn();
  DType type = in[0].dtype();
  if (isFloat(type) ? !takesFloats(fn) : fn == BinaryFn::Atan2)
    return unsupported(nn::stringifyBinaryFn(fn), type);
  Tensor result = makeResult(op.getResult());
  bool zeroDivisor = false;
  visit(type, [&](auto tag) {
    using T = decltype(tag);
    const T *a = in[0].as<T>(), *b = in[1].as<T>();
    T *to = result.mutableAs<T>();
    for (int64_t i = 0; i < result.size(); ++i) {
      if constexpr (std::is_floating_point_v<T>) {
        to[i] = static_cast<T>(binaryFloat<T>(fn, a[i], b[i]));
      } else if (b[i] == 0 && divides(fn)) {
        zeroDivisor = true;
      } else {
        to[i] = static_cast<T>(binaryInteger(fn, static_cast<uint64_t>(a[i]), static_cast<uint64_t>(b[i]),
                                             isSigned(type), 8 * sizeof(T)));
      }
    }
  });
  if (zeroDivisor)
    return absl::InvalidArgumentError("division by zero");
  return result;
}

template <typename T> bool compares(CompareFn fn, T a, T b) {
  switch (fn) {
  case CompareFn::Eq:
    return a == b;
  case CompareFn::Ne:
    return a != b;
  case CompareFn::Lt:
    return a < b;
  case CompareFn::Le:
    return a <= b;
  case CompareFn::Gt:
    return a > b;
  case CompareFn::Ge:
    return a >= b;
  }
  llvm_unreachable("comparison");
}

absl::StatusOr<Tensor> compare(nn::CompareOp op, const Arguments &in) {
  Tensor result = makeResult(op.getResult());
  auto *to = result.mutableAs<uint8_t>();
  visit(in[0].dtype(), [&](auto tag) {
    const auto *a = in[0].as<decltype(tag)>(), *b = in[1].as<decltype(tag)>();
    for (int64_t i = 0; i < result.size(); ++i)
      to[i] = compares(op.getFn(), a[i], b[i]);
  });
  return result;
}

absl::StatusOr<Tensor> select(nn::SelectOp op, const Arguments &in) {
  Tensor result = in[2];
  const auto *condition = in[0].as<uint8_t>();
  visitBytes(result.dtype(), [&](auto tag) {
    const auto *onTrue = in[1].as<decltype(tag)>();
    auto *to = result.mutableAs<decltype(tag)>();
    for (int64_t i = 0; i < result.size(); ++i)
      if (condition[i])
        to[i] = onTrue[i];
  });
  return result;
}

absl::StatusOr<Tensor> clamp(nn::ClampOp op, const Arguments &in) {
  if (!isFloat(in[0].dtype()))
    return unsupported("clamp", in[0].dtype());
  double low = op.getLow().convertToDouble(), high = op.getHigh().convertToDouble();
  Tensor result = makeResult(op.getResult());
  visit(in[0].dtype(), [&](auto tag) {
    const auto *from = in[0].as<decltype(tag)>();
    auto *to = result.mutableAs<decltype(tag)>();
    for (int64_t i = 0; i < result.size(); ++i) {
      double x = from[i]; // NaN is neither below nor above
      to[i] = static_cast<decltype(tag)>(x < low ? low : x > high ? high : x);
    }
  });
  return result;
}

template <typename To, typename From> To convert(From x) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(x))
      return 0;
    // Powers of two, exact in any floating-point type; the maximum itself need not be.
    const From limit = std::ldexp(From(1), std::numeric_limits<To>::digits);
    if (x >= limit)
      return std::numeric_limits<To>::max();
    if (x < (std::is_signed_v<To> ? -limit : From(0)))
      return std::numeric_limits<To>::min();
  }
  return static_cast<To>(x);
}

absl::StatusOr<Tensor> cast(nn::CastOp op, const Arguments &in) {
  Tensor result = makeResult(op.getResult());
  bool toBool = result.dtype() == DType::I1;
  visit(in[0].dtype(), [&](auto tag) {
    const auto *from = in[0].as<decltype(tag)>();
    visit(result.dtype(), [&](auto resultTag) {
      using To = decltype(resultTag);
      To *to = result.mutableAs<To>();
      for (int64_t i = 0; i < result.size(); ++i)
        to[i] = toBool ? static_cast<To>(from[i] != 0) : convert<To>(from[i]);
    });
  });
  return result;
}

absl::StatusOr<Tensor> bitcast(nn::BitcastOp op, const Arguments &in) {
  return Tensor::of(nn::dtypeOf(op.getResult()), in[0].shape(), in[0].raw());
}

absl::StatusOr<Tensor> constant(nn::ConstantOp op, const Arguments &) { return nn::fromAttr(op.getValue()); }

} // namespace

std::vector<Kernel> mathKernels() {
  return {kernel<nn::ConstantOp, constant>(kMovesBytes), kernel<nn::UnaryOp, unary>(kComputes),
          kernel<nn::BinaryOp, binary>(kComputes),       kernel<nn::CompareOp, compare>(kComputes),
          kernel<nn::SelectOp, select>(kMovesBytes),     kernel<nn::ClampOp, clamp>(kComputes),
          kernel<nn::CastOp, cast>(kComputes),           kernel<nn::BitcastOp, bitcast>(kMovesBytes)};
}

} // namespace aotc::interp
