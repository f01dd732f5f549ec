#include "backends/cpu/codegen/Quantize.h"

#include "ir/NN/Constants.h"
#include "ir/NN/Quant.h"
#include "llvm/IR/IntrinsicsX86.h"

#include <cmath>
#include <optional>

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;

namespace {

// Whether a factor's numbers are known and at most 1/2, so that products of i32 stay in i32.
bool isSmall(mlir::Value factor) {
  while (mlir::isa_and_nonnull<nn::BroadcastOp, nn::ReshapeOp>(factor.getDefiningOp()))
    factor = factor.getDefiningOp()->getOperand(0);
  std::optional<Tensor> tensor = nn::constantOf(factor);
  if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(factor))
    if (auto region = mlir::dyn_cast<plan::RegionOp>(argument.getOwner()->getParentOp()))
      if (auto weight = region.getInputs()[argument.getArgNumber()].getDefiningOp<plan::WeightOp>())
        tensor = nn::fromAttr(weight.getValue());
  if (!tensor)
    return false;
  for (int64_t i = 0; i < tensor->size(); ++i)
    if (!(std::abs(tensor->f(i)) <= 0.5))
      return false;
  return true;
}

class Quantizer {
public:
  Quantizer(IRGen &gen, nn::QuantizeOp op, LaneOrder order)
      : gen(gen), b(gen.builder), op(op), order(order), zero(static_cast<int64_t>(op.getZero())),
        low(static_cast<int64_t>(op.getLow())), high(static_cast<int64_t>(op.getHigh())),
        element(mlir::cast<mlir::RankedTensorType>(op.getType()).getElementType()) {}

  Value *emit(Value *x, Value *factor) {
    lanes = IRGen::lanesOf(x);
    if (op.getRounding() == nn::Rounding::Fixed)
      return fixed(x, factor);
    llvm::Type *real = IRGen::vectorOf(gen.f32(), lanes);
    bool isInteger = !x->getType()->isFPOrFPVectorTy();
    fits = isInteger && !nn::divides(op.getRounding()) && isSmall(op.getFactor());
    if (isInteger)
      x = b.CreateSIToFP(x, real);
    x = halvesDone(scaled(x, factor));
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
    return inOrder(b.CreateTrunc(bits, IRGen::vectorOf(b.getIntNTy(element.getIntOrFloatBitWidth()), lanes)));
  }

private:
  Value *scaled(Value *x, Value *factor) {
    auto origin = op.getOrigin();
    if (origin)
      x = b.CreateFSub(x, gen.constant(x->getType(), origin->convertToDouble()));
    x = nn::divides(op.getRounding()) ? b.CreateFDiv(x, factor) : b.CreateFMul(x, factor);
    return origin ? b.CreateFSub(x, gen.constant(x->getType(), static_cast<double>(zero - low))) : x;
  }

  // So that rounding to nearest, halves to even, is what remains.
  Value *halvesDone(Value *x) {
    switch (nn::halvesOf(op.getRounding())) {
    case nn::Halves::Up: return gen.intrinsic(llvm::Intrinsic::floor, {b.CreateFAdd(x, gen.constant(x->getType(), 0.5))});
    case nn::Halves::Away: {
      constexpr double kBelowHalf = 0x1.fffffep-2; // the sum with 1/2 would round what is below a half up
      Value *half = gen.intrinsic(llvm::Intrinsic::copysign, {gen.constant(x->getType(), kBelowHalf), x});
      return gen.intrinsic(llvm::Intrinsic::trunc, {b.CreateFAdd(x, half)});
    }
    case nn::Halves::Even: return x;
    }
    llvm_unreachable("a rounding of halves");
  }

  Value *inOrder(Value *x) {
    if (order == LaneOrder::Natural)
      return x;
    llvm::SmallVector<int> mask;
    for (int64_t i = 0; i < lanes; ++i)
      mask.push_back(static_cast<int>(laneOf(order, i, lanes)));
    return b.CreateShuffleVector(x, mask);
  }

  // x86 narrows with saturation, which does the limits for nothing.
  bool packs() const {
    return gen.isa.packsBytes() && element.isInteger(8) &&
           (order == LaneOrder::Natural ? lanes % 8 == 0 : lanes == 4 * gen.isa.lanes(4) || lanes == 32);
  }

  Value *packed(Value *x) {
    int64_t least = isSigned() ? -128 : 0;
    // NaN, and all that i32 does not hold, becomes its least number: too large ones have to be limited
    // before unless there are none, and NaN where that is not what it should give.
    if (low != least)
      x = gen.fastMax(x, gen.constant(x->getType(), static_cast<double>(low - zero)));
    if (high != least + 255 || !fits)
      x = gen.fastMin(gen.constant(x->getType(), static_cast<double>(high - zero)), x);
    Values bytes;
    for (int64_t i = 0, count; i < lanes; i += count) {
      bool wide = gen.isa.lanes(4) == 16 && (order == LaneOrder::Natural ? (lanes - i) % 16 == 0 : lanes == 64);
      int64_t width = wide ? 16 : 8;
      count = std::min(lanes - i, 4 * width);
      bytes.push_back(packedFour(x, i, count, width));
    }
    return concatenated(bytes);
  }

  // Up to four vectors of `width` lanes. Packing works within parts of four lanes, so that those come out as the first
  // of each vector, the second of each and so on.
  Value *packedFour(Value *x, int64_t first, int64_t count, int64_t width) {
    Values words;
    for (int64_t pair = 0; pair < 2 && 2 * pair * width < count; ++pair) {
      int64_t at = first + 2 * pair * width;
      Value *a = rounded(gen.part(x, at, width));
      words.push_back(withZero(toWords(a, at + width < first + count ? rounded(gen.part(x, at + width, width)) : a)));
    }
    Value *bytes = toBytes(words.front(), words.back());
    if (order == LaneOrder::Quads)
      return bytes;
    int64_t parts = width / 4;
    llvm::SmallVector<int> mask;
    for (int64_t i = 0; i < count / 4; ++i)
      mask.push_back(static_cast<int>(i % parts * 4 + i / parts));
    bytes = b.CreateBitCast(bytes, IRGen::vectorOf(gen.i32(), width));
    return b.CreateBitCast(b.CreateShuffleVector(bytes, mask), IRGen::vectorOf(gen.i8(), count));
  }

  // In pieces that get smaller.
  Value *concatenated(llvm::ArrayRef<Value *> pieces) {
    Value *all = pieces.front();
    for (Value *piece : pieces.drop_front()) {
      int64_t have = IRGen::lanesOf(all), more = IRGen::lanesOf(piece);
      llvm::SmallVector<int> widen, both;
      for (int64_t i = 0; i < have; ++i)
        widen.push_back(static_cast<int>(i < more ? i : -1));
      for (int64_t i = 0; i < have + more; ++i)
        both.push_back(static_cast<int>(i));
      all = b.CreateShuffleVector(all, more == have ? piece : b.CreateShuffleVector(piece, widen), both);
    }
    return all;
  }

  bool isSigned() const { return !element.isUnsignedInteger(); }

  // To nearest, halves to even.
  Value *rounded(Value *x) {
    if (IRGen::lanesOf(x) == 8)
      return b.CreateIntrinsic(llvm::Intrinsic::x86_avx_cvt_ps2dq_256, {}, {x});
    constexpr int kCurrentMode = 4;
    return b.CreateIntrinsic(llvm::Intrinsic::x86_avx512_mask_cvtps2dq_512, {},
                             {x, gen.zero(IRGen::vectorOf(gen.i32(), 16)), b.getInt16(0xffff), b.getInt32(kCurrentMode)});
  }
  Value *withZero(Value *words) {
    return zero == 0 ? words : b.CreateBinaryIntrinsic(llvm::Intrinsic::sadd_sat, words, gen.constantInt(words->getType(), static_cast<uint64_t>(zero)));
  }
  Value *toWords(Value *low, Value *high) {
    bool wide = IRGen::lanesOf(low) == 16;
    return b.CreateIntrinsic(wide ? llvm::Intrinsic::x86_avx512_packssdw_512 : llvm::Intrinsic::x86_avx2_packssdw, {}, {low, high});
  }
  Value *toBytes(Value *low, Value *high) {
    bool wide = IRGen::lanesOf(low) == 32;
    auto id = isSigned() ? (wide ? llvm::Intrinsic::x86_avx512_packsswb_512 : llvm::Intrinsic::x86_avx2_packsswb)
                         : (wide ? llvm::Intrinsic::x86_avx512_packuswb_512 : llvm::Intrinsic::x86_avx2_packuswb);
    return b.CreateIntrinsic(id, {}, {low, high});
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
    return inOrder(b.CreateTrunc(scaled, IRGen::vectorOf(b.getIntNTy(element.getIntOrFloatBitWidth()), lanes)));
  }

  IRGen &gen;
  llvm::IRBuilder<> &b;
  nn::QuantizeOp op;
  LaneOrder order;
  int64_t zero, low, high, lanes = 1;
  bool fits = false; // the scaled number is one of i32
  mlir::Type element;
};

} // namespace

int64_t cpu::laneOf(LaneOrder order, int64_t element, int64_t count) {
  if (order == LaneOrder::Natural)
    return element;
  return element % 16 / 4 * (count / 4) + element / 16 * 4 + element % 4;
}

Value *cpu::emitQuantize(IRGen &gen, nn::QuantizeOp op, Value *x, Value *factor, LaneOrder order) {
  return Quantizer(gen, op, order).emit(x, factor);
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
