// nn.random: Philox4x32-10, see NNMath.td.
#include "backends/cpu/codegen/Math.h"
#include "backends/cpu/codegen/Regions.h"

#include <array>
#include <cmath>

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;

namespace {

using Block = std::array<Value *, 4>;

class Random {
public:
  Random(RegionEmitter &emitter, nn::RandomOp op)
      : emitter(emitter), gen(emitter.gen), b(gen.builder), op(op) {}

  void emit() {
    auto type = mlir::cast<mlir::RankedTensorType>(op.getResult().getType());
    element = type.getElementType();
    Value *seed = b.CreateAdd(emitter.callSeed(), gen.index(op.getSeed()));
    key = {low(seed), b.getInt32(static_cast<uint32_t>(op.getStream()))};
    seedHigh = high(seed);
    int64_t count = type.getNumElements();
    auto blocks = [&](int64_t first, int64_t number, int lanes) {
      RegionEmitter::Share share = emitter.share(number);
      gen.loop(share.lo, share.hi, 1, [&](Value *block) { emitBlock(gen.add(block, first), lanes); });
    };
    blocks(0, count / 4, 4);
    if (count % 4)
      blocks(count / 4, 1, count % 4);
  }

private:
  Value *low(Value *word) { return b.CreateTrunc(word, gen.i32()); }
  Value *high(Value *word) { return b.CreateTrunc(b.CreateLShr(word, 32), gen.i32()); }

  // Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
  Block philox(Value *block, uint32_t half) {
    Block x = {low(block), high(block), b.getInt32(half), seedHigh};
    std::array<Value *, 2> k = key;
    auto product = [&](uint64_t factor, Value *word) {
      return b.CreateMul(gen.index(factor), b.CreateZExt(word, gen.i64()));
    };
    for (int round = 0; round < 10; ++round) {
      Value *p = product(0xD2511F53, x[0]), *q = product(0xCD9E8D57, x[2]);
      x = {b.CreateXor(b.CreateXor(high(q), x[1]), k[0]), low(q),
           b.CreateXor(b.CreateXor(high(p), x[3]), k[1]), low(p)};
      k = {b.CreateAdd(k[0], b.getInt32(0x9E3779B9)), b.CreateAdd(k[1], b.getInt32(0xBB67AE85))};
    }
    return x;
  }

  Value *c(double value) { return gen.constant(gen.f64(), value); }
  Value *math(nn::UnaryFn fn, Value *x) { return emitMath(gen, fn, x); }
  Value *uniform(Value *word) {
    return b.CreateFMul(b.CreateUIToFP(b.CreateLShr(word, 9), gen.f64()), c(0x1p-23));
  }

  Value *normal(const Block &words, int lane) {
    Value *u = uniform(words[lane & 2]), *v = uniform(words[lane | 1]);
    Value *radius = math(nn::UnaryFn::Sqrt, b.CreateFMul(c(-2), math(nn::UnaryFn::Log1p, b.CreateFNeg(u))));
    Value *angle = b.CreateFMul(c(2 * std::acos(-1.0)), v);
    return b.CreateFMul(radius, math(lane % 2 ? nn::UnaryFn::Sin : nn::UnaryFn::Cos, angle));
  }

  // sqrt(2) erfinv(y), by Newton's method from Winitzki's approximation.
  Value *truncatedNormal(Value *word) {
    const double pi = std::acos(-1.0), a = 0.147;
    Value *k = b.CreateUIToFP(b.CreateLShr(word, 9), gen.f64());
    Value *centred = b.CreateFSub(b.CreateFMul(b.CreateFAdd(b.CreateFMul(c(2), k), c(1)), c(0x1p-23)), c(1));
    Value *y = b.CreateFMul(centred, c(std::erf(std::sqrt(2.0))));
    Value *log = math(nn::UnaryFn::Log1p, b.CreateFMul(b.CreateFNeg(y), y));
    Value *t = b.CreateFAdd(c(2 / (pi * a)), b.CreateFMul(log, c(0.5)));
    Value *root = math(nn::UnaryFn::Sqrt, b.CreateFSub(b.CreateFMul(t, t), b.CreateFDiv(log, c(a))));
    Value *x = math(nn::UnaryFn::Sqrt, b.CreateFSub(root, t));
    x = b.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, x, y);
    for (int step = 0; step < 4; ++step) {
      Value *error = b.CreateFMul(b.CreateFSub(math(nn::UnaryFn::Erf, x), y), c(std::sqrt(pi) / 2));
      x = b.CreateFSub(x, b.CreateFMul(error, math(nn::UnaryFn::Exp, b.CreateFMul(x, x))));
    }
    return b.CreateFMul(c(std::sqrt(2.0)), x);
  }

  void emitBlock(Value *block, int lanes) {
    Block words = philox(block, 0), upper{};
    bool wide = element.isInteger(64);
    if (wide)
      upper = philox(block, 1);
    for (int lane = 0; lane < lanes; ++lane) {
      Value *value;
      if (mlir::isa<mlir::FloatType>(element)) {
        value = op.getFn() == nn::RandomFn::Normal            ? normal(words, lane)
                : op.getFn() == nn::RandomFn::TruncatedNormal ? truncatedNormal(words[lane])
                                                              : uniform(words[lane]);
        value = emitter.roundTo(element, b.CreateFPCast(value, emitter.registerType(element)));
      } else {
        value = integer(words[lane], wide ? upper[lane] : nullptr);
      }
      emitter.store(element, value, emitter.outputPointer(), gen.mul(block, 4), lane);
    }
  }

  // low + r mod (high - low)
  Value *integer(Value *word, Value *upper) {
    Value *r = b.CreateZExt(word, gen.i64());
    if (upper)
      r = b.CreateOr(r, b.CreateShl(b.CreateZExt(upper, gen.i64()), 32));
    uint64_t range = static_cast<uint64_t>(op.getHigh()) - static_cast<uint64_t>(op.getLow());
    Value *value = b.CreateAdd(b.CreateURem(r, gen.index(range)), gen.index(op.getLow()));
    return b.CreateTrunc(value, emitter.registerType(element));
  }

  RegionEmitter &emitter;
  IRGen &gen;
  llvm::IRBuilder<> &b;
  nn::RandomOp op;
  mlir::Type element;
  std::array<Value *, 2> key{};
  Value *seedHigh = nullptr;
};

} // namespace

void cpu::emitRandom(RegionEmitter &emitter, nn::RandomOp op) { Random(emitter, op).emit(); }
