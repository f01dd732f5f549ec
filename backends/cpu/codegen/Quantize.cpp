#include "backends/cpu/codegen/Quantize.h"

#include "llvm/IR/IntrinsicsX86.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;

namespace {

class Quantizer {
public:
  Quantizer(IRGen &gen, nn::QuantizeOp op)
      : gen(gen), b(gen.builder), op(op), zero(static_cast<int64_t>(op.getZero())),
        low(static_cast<int64_t>(op.getLow())), high(static_cast<int64_t>(op.getHigh())),
        element(mlir::cast<mlir::RankedTensorType>(op.getType()).getElementType()) {}

  Value *emit(Value *x, Value *factor) {
    lanes = IRGen::lanesOf(x);
    if (op.getRounding() == nn::Rounding::Fixed)
      return fixed(x, factor);
    llvm::Type *real = IRGen::vectorOf(gen.f32(), lanes);
    if (!x->getType()->isFPOrFPVectorTy())
      x = b.CreateSIToFP(x, real);
    x = op.getRounding() == nn::Rounding::Divide ? b.CreateFDiv(x, factor) : b.CreateFMul(x, factor);
    if (packs())
      return packed(x);
    // Limits first, so that the sum with 1.5 * 2^23 has the rounded integer in its low bits. Of
    // NaN fastMax gives its second operand.
    x = gen.fastMax(x, gen.constant(real, static_cast<double>(low - zero)));
    x = gen.fastMin(x, gen.constant(real, static_cast<double>(high - zero)));
    constexpr double kMagic = 0x1.8p23;
    constexpr uint32_t kMagicBits = 0x4b400000;
    llvm::Type *word = IRGen::vectorOf(gen.i32(), lanes);
    Value *bits = b.CreateBitCast(b.CreateFAdd(x, gen.constant(real, kMagic)), word);
    bits = b.CreateSub(bits, gen.constantInt(word, kMagicBits - static_cast<uint32_t>(zero)));
    return b.CreateTrunc(bits, IRGen::vectorOf(b.getIntNTy(element.getIntOrFloatBitWidth()), lanes));
  }

private:
  // AVX2 narrows with saturation, which does the limits for nothing.
  bool packs() const {
    return gen.isa.packsPairs() && element.isInteger(8) && (lanes == 8 || lanes % 16 == 0);
  }

  Value *packed(Value *x) {
    bool isSigned = !element.isUnsignedInteger();
    int64_t least = isSigned ? -128 : 0;
    // NaN, and all that i32 does not hold, becomes its least number: too large ones have to be limited
    // before, and NaN where that is not what it should give.
    if (low != least)
      x = gen.fastMax(x, gen.constant(x->getType(), static_cast<double>(low - zero)));
    x = gen.fastMin(gen.constant(x->getType(), static_cast<double>(high - zero)), x);
    Values bytes;
    for (int64_t i = 0; i < lanes; i += 16)
      bytes.push_back(lanes - i >= 16 ? packedSixteen(gen.part(x, i, 8), gen.part(x, i + 8, 8)) : packedEight(gen.part(x, i, 8)));
    return gen.joined(bytes);
  }

  Value *rounded(Value *x) { return b.CreateIntrinsic(llvm::Intrinsic::x86_avx_cvt_ps2dq_256, {}, {x}); }
  Value *withZero(Value *words) {
    return zero == 0 ? words : b.CreateBinaryIntrinsic(llvm::Intrinsic::sadd_sat, words, gen.constantInt(words->getType(), static_cast<uint64_t>(zero)));
  }
  Value *toBytes(Value *low, Value *high) {
    bool isSigned = !element.isUnsignedInteger();
    return b.CreateIntrinsic(isSigned ? llvm::Intrinsic::x86_sse2_packsswb_128 : llvm::Intrinsic::x86_sse2_packuswb_128, {},
                             {low, high});
  }

  Value *packedEight(Value *x) {
    Value *all = rounded(x);
    Value *words = withZero(b.CreateIntrinsic(llvm::Intrinsic::x86_sse2_packssdw_128, {}, {gen.part(all, 0, 4), gen.part(all, 4, 4)}));
    return gen.part(toBytes(words, words), 0, 8);
  }

  // Packing works within the halves of a register: quarters come out as 0, 2, 1, 3.
  Value *packedSixteen(Value *x, Value *y) {
    Value *words = withZero(b.CreateIntrinsic(llvm::Intrinsic::x86_avx2_packssdw, {}, {rounded(x), rounded(y)}));
    Value *bytes = b.CreateBitCast(toBytes(gen.part(words, 0, 8), gen.part(words, 8, 8)), IRGen::vectorOf(gen.i32(), 4));
    return b.CreateBitCast(b.CreateShuffleVector(bytes, llvm::ArrayRef<int>{0, 2, 1, 3}), IRGen::vectorOf(gen.i8(), 16));
  }

  // See nn::fixedFactor: the factor's bits taken apart, without floating point.
  Value *fixed(Value *x, Value *factor) {
    llvm::Type *word = IRGen::vectorOf(gen.i32(), lanes), *wide = IRGen::vectorOf(gen.i64(), lanes);
    auto constant = [&](int64_t value) { return gen.constantInt(wide, static_cast<uint64_t>(value)); };
    Value *bits = b.CreateSExt(b.CreateBitCast(factor, word), wide);
    Value *exponent = b.CreateAnd(b.CreateAShr(bits, constant(23)), constant(255));
    Value *fraction = b.CreateOr(b.CreateAnd(bits, constant(0x7fffff)), constant(0x800000));
    Value *shift = b.CreateSub(constant(150), exponent);
    Value *vanishes = b.CreateOr(b.CreateICmpSGT(shift, constant(62)), b.CreateICmpEQ(exponent, constant(255)));
    fraction = b.CreateSelect(vanishes, constant(0), fraction);
    fraction = b.CreateSelect(b.CreateICmpSLT(bits, constant(0)), b.CreateNeg(fraction), fraction);
    Value *least = b.CreateOr(vanishes, b.CreateICmpSLT(shift, constant(1)));
    shift = b.CreateSelect(least, constant(1), shift);
    Value *half = b.CreateShl(constant(1), b.CreateSub(shift, constant(1)));
    Value *scaled = b.CreateAShr(b.CreateAdd(b.CreateMul(b.CreateSExt(x, wide), fraction), half), shift);
    scaled = b.CreateAdd(scaled, constant(zero));
    scaled = gen.intrinsic(llvm::Intrinsic::smax, {scaled, constant(low)});
    scaled = gen.intrinsic(llvm::Intrinsic::smin, {scaled, constant(high)});
    return b.CreateTrunc(scaled, IRGen::vectorOf(b.getIntNTy(element.getIntOrFloatBitWidth()), lanes));
  }

  IRGen &gen;
  llvm::IRBuilder<> &b;
  nn::QuantizeOp op;
  int64_t zero, low, high, lanes = 1;
  mlir::Type element;
};

} // namespace

Value *cpu::emitQuantize(IRGen &gen, nn::QuantizeOp op, Value *x, Value *factor) {
  return Quantizer(gen, op).emit(x, factor);
}

Value *cpu::emitDequantize(IRGen &gen, nn::DequantizeOp op, Value *codes, Value *factor) {
  auto &b = gen.builder;
  mlir::Type element = mlir::cast<mlir::RankedTensorType>(op.getOperand().getType()).getElementType();
  llvm::Type *word = IRGen::vectorOf(gen.i32(), IRGen::lanesOf(codes));
  Value *wide = b.CreateIntCast(codes, word, !element.isUnsignedInteger());
  if (auto zero = static_cast<int64_t>(op.getZero()); zero != 0)
    wide = b.CreateSub(wide, gen.constantInt(word, static_cast<uint64_t>(zero)));
  return b.CreateFMul(b.CreateSIToFP(wide, factor->getType()), factor);
}
