#include "backends/cpu/codegen/Math.h"

#include <cmath>
#include <optional>

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;
using llvm::Intrinsic::ID;
using nn::UnaryFn;

namespace {

// Emits f32 functions, scalar or vector, without branches. Polynomials are
// minimax fits (relative to the function) over the reduced ranges named.
class F32 {
public:
  F32(IRGen &gen, llvm::Type *type)
      : gen(gen), b(gen.builder), type(type), intType(IRGen::vectorOf(gen.i32(), IRGen::lanesOf(type))) {}

  Value *c(double value) { return gen.constant(type, value); }
  Value *bits(uint32_t value) { return gen.constantInt(intType, value); }
  Value *asBits(Value *x) { return b.CreateBitCast(x, intType); }
  Value *asFloat(Value *x) { return b.CreateBitCast(x, type); }
  Value *abs(Value *x) { return asFloat(b.CreateAnd(asBits(x), 0x7fffffff)); }
  Value *withSignOf(Value *magnitude, Value *x) {
    return asFloat(b.CreateOr(asBits(magnitude), b.CreateAnd(asBits(x), 0x80000000)));
  }

  // coefficients[0] + coefficients[1] x + ...
  Value *polynomial(Value *x, llvm::ArrayRef<double> coefficients) {
    Value *sum = gen.constant(x->getType(), coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      sum = gen.fma(sum, x, gen.constant(x->getType(), coefficient));
    return sum;
  }

  // x = n ln2 + r with |r| <= ln2 / 2.
  struct Reduced {
    Value *shifted, *r; // the low bits of shifted are n + bias
  };
  Reduced reduceExp(Value *x, int bias = 0) {
    // Adding 1.5 * 2^23 rounds to an integer in the low bits.
    Value *magic = c(12582912.0 + bias);
    Value *shifted = gen.fma(x, c(1.44269504088896341), magic);
    Value *nf = b.CreateFSub(shifted, magic);
    Value *r = gen.fma(nf, c(-0.693359375), x); // 10 bits: exact products
    return {shifted, gen.fma(nf, c(2.12194440e-4), r)};
  }
  // e^r = 1 + r + r^2 p(r), for r of reduceExp.
  static constexpr double kExp[] = {0.5, 0.166665182, 0.041666206, 0.00836890843, 0.00139505218};
  Value *expOfReduced(Value *r) {
    return polynomial(r, {1, 1, kExp[0], kExp[1], kExp[2], kExp[3], kExp[4]});
  }
  Value *expm1OfReduced(Value *r) { return gen.fma(b.CreateFMul(r, r), polynomial(r, kExp), r); }
  // 2^n for n in [-126, 127].
  Value *power2(Value *n) { return asFloat(b.CreateShl(b.CreateAdd(n, bits(127)), 23)); }

  Value *exp(Value *x) {
    // Beyond the clamp results are 0 or infinity anyway; NaN stays.
    Reduced e = reduceExp(gen.fastMin(c(89.0), gen.fastMax(c(-104.0), x)));
    // In two steps: n reaches 128, and -150 for subnormal results.
    Value *n = b.CreateSub(asBits(e.shifted), bits(0x4b400000)), *half = b.CreateAShr(n, 1);
    Value *scaled = b.CreateFMul(expOfReduced(e.r), power2(half));
    return b.CreateFMul(scaled, power2(b.CreateSub(n, half)));
  }

  // e^x for x <= 0 or NaN: n + 24 is the exponent of a normal number, and the
  // bits in front of it do not outlast the shift.
  Value *expOfNonPositive(Value *x) {
    Reduced e = reduceExp(gen.fastMax(c(-104.0), x), 127 + 24);
    Value *scaled = b.CreateFMul(expOfReduced(e.r), asFloat(b.CreateShl(asBits(e.shifted), 23)));
    return b.CreateFMul(scaled, c(0x1p-24));
  }

  Value *expm1(Value *x) {
    Reduced e = reduceExp(gen.fastMin(c(89.0), gen.fastMax(c(-20.0), x)));
    Value *n = b.CreateSub(asBits(e.shifted), bits(0x4b400000));
    Value *half = power2(b.CreateSub(n, bits(1))); // n reaches 128
    Value *result = gen.fma(half, expm1OfReduced(e.r), b.CreateFSub(half, c(0.5)));
    result = b.CreateFAdd(result, result);
    return b.CreateSelect(b.CreateFCmpOLT(abs(x), c(1e-7)), x, result); // keeps -0
  }

  Value *log(Value *x) {
    Split parts = split(x);
    Value *f = b.CreateFSub(parts.m, c(1)), *kf = b.CreateSIToFP(parts.k, type), *f2 = b.CreateFMul(f, f);
    Value *p = polynomial(f, {0.333333164, -0.250008106, 0.200022802, -0.166245207, 0.141813099, -0.131292373,
                              0.128809616, -0.0785731077});
    Value *result = b.CreateFMul(b.CreateFMul(f2, f), p);
    result = gen.fma(kf, c(-2.12194440e-4), result);
    result = gen.fma(f2, c(-0.5), result);
    result = gen.fma(kf, c(0.693359375), b.CreateFAdd(f, result));
    Value *infinity = c(HUGE_VAL), *nan = c(NAN);
    result = b.CreateSelect(b.CreateFCmpOEQ(x, infinity), infinity, result);
    result = b.CreateSelect(b.CreateFCmpULT(x, c(0)), nan, result);
    return b.CreateSelect(b.CreateFCmpOEQ(x, c(0)), c(-HUGE_VAL), result);
  }

  // log(u) is off by the rounding of u = 1 + x; x / (u - 1) makes up for it.
  Value *log1p(Value *x) {
    Value *u = b.CreateFAdd(c(1), x), *d = b.CreateFSub(u, c(1));
    Value *result = b.CreateFMul(log(u), b.CreateFDiv(x, d));
    result = b.CreateSelect(b.CreateFCmpOEQ(d, c(0)), x, result);
    Value *special = b.CreateFCmpUGT(abs(x), c(0x1p60)); // large, infinite or NaN
    special = b.CreateOr(special, b.CreateFCmpULE(x, c(-1)));
    return b.CreateSelect(special, log(u), result);
  }

  Value *tanh(Value *x) {
    Value *t = expm1(b.CreateFMul(gen.fastMin(c(10.0), abs(x)), c(2)));
    return withSignOf(b.CreateFDiv(t, b.CreateFAdd(t, c(2))), x);
  }

  // e^-|x| cannot overflow, so that far negative arguments give subnormals.
  Value *sigmoid(Value *x) {
    Value *e = expOfNonPositive(b.CreateFNeg(abs(x)));
    Value *numerator = b.CreateSelect(b.CreateFCmpOLT(x, c(0)), e, c(1));
    return b.CreateFDiv(numerator, b.CreateFAdd(c(1), e));
  }

  Value *softplus(Value *x) {
    Value *tail = log1p(expOfNonPositive(b.CreateFNeg(abs(x))));
    return b.CreateFAdd(gen.fastMax(c(0), x), tail);
  }

  Value *erf(Value *x) {
    Value *a = gen.fastMin(c(3.92), abs(x));
    Value *small =
        b.CreateFMul(a, polynomial(b.CreateFMul(a, a), {1.12837912, -0.376123262, 0.112801801, -0.0267113112,
                                                        0.00491755131, -0.000563142177}));
    // 1 - q^8: a small error of q hardly matters where 1 - erf is small.
    Value *q = polynomial(a, {1.0008347, -0.14506054, -0.061426435, -0.0113734788, 0.0129258232, -0.00246972088,
                              0.000149848238});
    q = b.CreateFMul(q, q);
    q = b.CreateFMul(q, q);
    Value *large = gen.fma(b.CreateFNeg(q), q, c(1));
    return withSignOf(b.CreateSelect(b.CreateFCmpOGT(a, c(1)), large, small), x);
  }

  // The reduction to [-pi/4, pi/4] is done in f64: good to 2^20.
  Value *sinOrCos(Value *x, bool cosine) {
    Value *huge = b.CreateFCmpUGT(abs(x), c(0x1p20));
    Value *xd = b.CreateFPExt(b.CreateSelect(huge, c(0), x), wide());
    Value *magic = w(0x1.8p52);
    Value *shifted = b.CreateFAdd(b.CreateFMul(xd, w(0.63661977236758134)), magic);
    Value *quadrant = b.CreateTrunc(b.CreateBitCast(shifted, wideInt()), intType);
    Value *n = b.CreateFSub(shifted, magic);
    // pi/2 in 32 bits and the rest: exact products up to 2^20
    Value *rd = b.CreateFSub(xd, b.CreateFMul(n, w(0x1.921fb544p+0)));
    rd = b.CreateFSub(rd, b.CreateFMul(n, w(0x1.0b4611a626331p-34)));
    Value *r = b.CreateFPTrunc(rd, type), *z = b.CreateFMul(r, r);
    Value *sine =
        gen.fma(b.CreateFMul(z, r), polynomial(z, {-0.166666552, 0.00833217613, -0.000195169763}), r);
    Value *cosineValue =
        gen.fma(b.CreateFMul(z, z), polynomial(z, {0.0416666456, -0.00138873642, 2.44380899e-05}),
                gen.fma(z, c(-0.5), c(1)));
    if (cosine)
      quadrant = b.CreateAdd(quadrant, bits(1));
    Value *odd = b.CreateICmpNE(b.CreateAnd(quadrant, 1), bits(0));
    Value *result = b.CreateSelect(odd, cosineValue, sine);
    Value *sign = b.CreateShl(b.CreateAnd(quadrant, 2), 30);
    result = asFloat(b.CreateXor(asBits(result), sign));
    return withFallback(huge, result, [&] { return gen.libcall(cosine ? "cosf" : "sinf", {x}); });
  }

  // |x|^y is computed in f64, where a rounding of the product y log2(x) is of no account.
  Value *pow(Value *x, Value *y) {
    Value *magnitude = abs(x);
    Value *t = b.CreateFMul(b.CreateFPExt(y, wide()), log2Wide(magnitude));
    // Beyond the clamp f32 overflows or underflows; NaN stays.
    t = gen.fastMin(w(200), gen.fastMax(w(-200), t));
    Value *magic = w(0x1.8p52), *shifted = b.CreateFAdd(t, magic),
          *r = b.CreateFSub(t, b.CreateFSub(shifted, magic));
    Value *n = b.CreateSub(b.CreateBitCast(shifted, wideInt()), b.CreateBitCast(magic, wideInt()));
    Value *p =
        polynomial(r, {1.0000000005541876, 0.69314720573720068, 0.24022646890482197, 0.055503287770748908,
                       0.0096184889734885499, 0.0013399931184221309, 0.00015345807613723842});
    Value *scale = b.CreateBitCast(b.CreateShl(b.CreateAdd(n, gen.constantInt(wideInt(), 1023)), 52), wide());
    Value *result = b.CreateFPTrunc(b.CreateFMul(p, scale), type);

    // A negative base takes a whole exponent, and its sign survives an odd one.
    auto isWhole = [&](Value *value) {
      return b.CreateFCmpOEQ(gen.intrinsic(llvm::Intrinsic::trunc, {value}), value);
    };
    Value *whole = isWhole(y), *odd = b.CreateAnd(whole, b.CreateNot(isWhole(b.CreateFMul(y, c(0.5)))));
    Value *negated = asFloat(b.CreateXor(asBits(result), b.CreateAnd(asBits(x), 0x80000000)));
    result = b.CreateSelect(odd, negated, result);
    Value *finiteNegative = b.CreateAnd(b.CreateFCmpOLT(x, c(0)), b.CreateFCmpOGT(x, c(-HUGE_VAL)));
    result = b.CreateSelect(b.CreateAnd(finiteNegative, b.CreateNot(whole)), c(NAN), result);
    Value *one = b.CreateOr(b.CreateFCmpOEQ(y, c(0)), b.CreateFCmpOEQ(x, c(1)));
    Value *infiniteExponent = b.CreateFCmpOEQ(abs(y), c(HUGE_VAL));
    one = b.CreateOr(one, b.CreateAnd(b.CreateFCmpOEQ(magnitude, c(1)), infiniteExponent));
    return b.CreateSelect(one, c(1), result);
  }

private:
  llvm::Type *wide() { return IRGen::vectorOf(gen.f64(), IRGen::lanesOf(type)); }
  llvm::Type *wideInt() { return IRGen::vectorOf(gen.i64(), IRGen::lanesOf(type)); }
  Value *w(double value) { return gen.constant(wide(), value); }

  // x = 2^k m with m in [sqrt(1/2), sqrt(2)), for x > 0 or NaN.
  struct Split {
    Value *k, *m; // k: i32
  };
  Split split(Value *x) {
    Value *tiny = b.CreateFCmpOLT(x, c(0x1p-126));
    Value *normal = b.CreateSelect(tiny, b.CreateFMul(x, c(0x1p24)), x);
    Value *shifted = b.CreateAdd(asBits(normal), bits(0x3f800000 - 0x3f3504f3));
    Value *k = b.CreateSub(b.CreateLShr(shifted, 23), b.CreateSelect(tiny, bits(127 + 24), bits(127)));
    return {k, asFloat(b.CreateAdd(b.CreateAnd(shifted, 0x7fffff), bits(0x3f3504f3)))};
  }

  // log2 of an f32 x >= 0, in f64.
  Value *log2Wide(Value *x) {
    Split parts = split(x);
    Value *m = b.CreateFPExt(parts.m, wide());
    Value *s = b.CreateFDiv(b.CreateFSub(m, w(1)), b.CreateFAdd(m, w(1)));
    Value *p = polynomial(b.CreateFMul(s, s), {2.8853900817901681, 0.96179667324772034, 0.5770836018713974,
                                               0.41167174953871671, 0.34074743341789765});
    Value *result = gen.fma(s, p, b.CreateSIToFP(parts.k, wide()));
    result = b.CreateSelect(b.CreateFCmpULT(x, c(HUGE_VAL)), result, w(HUGE_VAL));
    result = b.CreateSelect(b.CreateFCmpUNO(x, x), w(NAN), result);
    return b.CreateSelect(b.CreateFCmpOEQ(x, c(0)), w(-HUGE_VAL), result);
  }

  // `exact` where the condition holds in any lane; a branch that is hardly ever taken.
  Value *withFallback(Value *condition, Value *fast, llvm::function_ref<Value *()> exact) {
    Value *any = IRGen::lanesOf(type) == 1 ? condition : b.CreateOrReduce(condition);
    return gen.ifThen(any, {fast}, [&] { return Values{b.CreateSelect(condition, exact(), fast)}; })[0];
  }

  IRGen &gen;
  llvm::IRBuilder<> &b;
  llvm::Type *type, *intType;
};

// C99's name for a function, or null where we emit it from others.
const char *libraryName(UnaryFn fn) {
  switch (fn) {
  case UnaryFn::Exp:
    return "exp";
  case UnaryFn::Expm1:
    return "expm1";
  case UnaryFn::Log:
    return "log";
  case UnaryFn::Log1p:
    return "log1p";
  case UnaryFn::Sin:
    return "sin";
  case UnaryFn::Cos:
    return "cos";
  case UnaryFn::Tan:
    return "tan";
  case UnaryFn::Asin:
    return "asin";
  case UnaryFn::Acos:
    return "acos";
  case UnaryFn::Atan:
    return "atan";
  case UnaryFn::Sinh:
    return "sinh";
  case UnaryFn::Cosh:
    return "cosh";
  case UnaryFn::Tanh:
    return "tanh";
  case UnaryFn::Asinh:
    return "asinh";
  case UnaryFn::Acosh:
    return "acosh";
  case UnaryFn::Atanh:
    return "atanh";
  case UnaryFn::Erf:
    return "erf";
  case UnaryFn::Erfc:
    return "erfc";
  case UnaryFn::Lgamma:
    return "lgamma";
  default:
    return nullptr;
  }
}

Value *emitLibrary(IRGen &gen, UnaryFn fn, Value *x) {
  std::string name = libraryName(fn);
  if (x->getType()->getScalarType()->isFloatTy())
    name += 'f';
  return gen.libcall(name, {x});
}

// Without a rounding instruction LLVM calls C99's floorf and so on.
Value *emitRounding(IRGen &gen, UnaryFn fn, Value *x) {
  ID id = fn == UnaryFn::Floor       ? llvm::Intrinsic::floor
          : fn == UnaryFn::Ceil      ? llvm::Intrinsic::ceil
          : fn == UnaryFn::RoundEven ? llvm::Intrinsic::nearbyint
                                     : llvm::Intrinsic::trunc;
  return gen.intrinsic(id, {x});
}

} // namespace

Value *cpu::emitExpOfNonPositive(IRGen &gen, Value *x) {
  bool narrow = x->getType()->getScalarType()->isFloatTy();
  return narrow ? F32(gen, x->getType()).expOfNonPositive(x) : emitLibrary(gen, UnaryFn::Exp, x);
}

Value *cpu::emitMath(IRGen &gen, UnaryFn fn, Value *x) {
  auto &b = gen.builder;
  llvm::Type *type = x->getType();
  Value *one = gen.constant(type, 1);
  F32 f(gen, type);
  bool narrow = type->getScalarType()->isFloatTy();
  switch (fn) {
  case UnaryFn::Floor:
  case UnaryFn::Ceil:
  case UnaryFn::RoundEven:
  case UnaryFn::Trunc:
    return emitRounding(gen, fn, x);
  case UnaryFn::Sqrt:
    return gen.intrinsic(llvm::Intrinsic::sqrt, {x});
  case UnaryFn::Rsqrt:
    return b.CreateFDiv(one, gen.intrinsic(llvm::Intrinsic::sqrt, {x}));
  case UnaryFn::Reciprocal:
    return b.CreateFDiv(one, x);
  case UnaryFn::Sigmoid:
    return narrow ? f.sigmoid(x)
                  : b.CreateFDiv(one, b.CreateFAdd(one, emitLibrary(gen, UnaryFn::Exp, b.CreateFNeg(x))));
  case UnaryFn::Softplus: {
    if (narrow)
      return f.softplus(x);
    Value *magnitude = gen.intrinsic(llvm::Intrinsic::fabs, {x});
    Value *tail = emitLibrary(gen, UnaryFn::Log1p, emitLibrary(gen, UnaryFn::Exp, b.CreateFNeg(magnitude)));
    return b.CreateFAdd(gen.fastMax(gen.constant(type, 0), x), tail);
  }
  default:
    break;
  }
  if (!narrow)
    return emitLibrary(gen, fn, x);
  switch (fn) {
  case UnaryFn::Exp:
    return f.exp(x);
  case UnaryFn::Expm1:
    return f.expm1(x);
  case UnaryFn::Log:
    return f.log(x);
  case UnaryFn::Log1p:
    return f.log1p(x);
  case UnaryFn::Sin:
    return f.sinOrCos(x, false);
  case UnaryFn::Cos:
    return f.sinOrCos(x, true);
  case UnaryFn::Tanh:
    return f.tanh(x);
  case UnaryFn::Erf:
    return f.erf(x);
  default:
    return emitLibrary(gen, fn, x);
  }
}

// The whole number that all lanes of a constant are, if it is small.
static std::optional<int> smallInteger(Value *value) {
  auto *constant = llvm::dyn_cast<llvm::Constant>(value);
  if (constant && constant->getType()->isVectorTy())
    constant = constant->getSplatValue();
  auto *number = llvm::dyn_cast_or_null<llvm::ConstantFP>(constant);
  if (!number)
    return std::nullopt;
  double v = number->getType()->isFloatTy() ? number->getValueAPF().convertToFloat()
                                            : number->getValueAPF().convertToDouble();
  return v == std::floor(v) && v >= 0 && v <= 4 ? std::optional<int>(v) : std::nullopt;
}

Value *cpu::emitPow(IRGen &gen, Value *x, Value *y) {
  if (std::optional<int> n = smallInteger(y)) {
    Value *product = gen.constant(x->getType(), 1);
    for (int i = 0; i < *n; ++i)
      product = i == 0 ? x : gen.builder.CreateFMul(product, x);
    return product;
  }
  if (x->getType()->getScalarType()->isFloatTy())
    return F32(gen, x->getType()).pow(x, y);
  return gen.libcall("pow", {x, y});
}

Value *cpu::emitRemainder(IRGen &gen, Value *x, Value *y) {
  return gen.libcall(x->getType()->getScalarType()->isFloatTy() ? "fmodf" : "fmod", {x, y});
}
