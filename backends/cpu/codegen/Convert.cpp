// Between elements in memory and in registers.
#include "backends/cpu/codegen/RegionEmitter.h"

#include "ir/NN/Constants.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;

namespace {

// The types of a conversion of `lanes` lanes.
struct Lanes {
  IRGen &gen;
  int64_t count;
  llvm::IRBuilder<> &b = gen.builder;
  llvm::Type *i16() { return IRGen::vectorOf(b.getInt16Ty(), count); }
  llvm::Type *i32() { return IRGen::vectorOf(b.getInt32Ty(), count); }
  llvm::Type *f16() { return IRGen::vectorOf(b.getHalfTy(), count); }
  llvm::Type *f32() { return IRGen::vectorOf(b.getFloatTy(), count); }
  Value *bits(uint64_t value) { return gen.constantInt(i32(), value); }
  Value *asBits(Value *value) { return b.CreateBitCast(value, i32()); }
  Value *asFloat(Value *value) { return b.CreateBitCast(value, f32()); }
};

// i32 bits of a binary16 to f32.
Value *halfToFloat(Lanes &l, Value *half) {
  auto &b = l.b;
  Value *sign = b.CreateShl(b.CreateAnd(half, 0x8000), 16);
  Value *magnitude = b.CreateAnd(half, 0x7fff);
  Value *shifted = b.CreateShl(magnitude, 13);
  Value *special = b.CreateICmpUGE(magnitude, l.bits(0x7c00)); // infinity or NaN
  Value *bias = b.CreateSelect(special, l.bits(224u << 23), l.bits(112u << 23));
  Value *normal = b.CreateAdd(shifted, bias);
  Value *subnormal =
      l.asBits(b.CreateFMul(b.CreateSIToFP(magnitude, l.f32()), l.gen.constant(l.f32(), 0x1p-24)));
  Value *bits = b.CreateSelect(b.CreateICmpULT(magnitude, l.bits(0x400)), subnormal, normal);
  return l.asFloat(b.CreateOr(bits, sign));
}

// f32 to i32 bits of a binary16, to nearest even.
Value *floatToHalf(Lanes &l, Value *value) {
  auto &b = l.b;
  Value *all = l.asBits(value);
  Value *sign = b.CreateAnd(b.CreateLShr(all, 16), 0x8000);
  Value *bits = b.CreateAnd(all, 0x7fffffff);
  Value *odd = b.CreateAnd(b.CreateLShr(bits, 13), 1);
  Value *rounded = b.CreateAdd(b.CreateAdd(bits, l.bits(0xfff)), odd);
  Value *normal = b.CreateSub(b.CreateLShr(rounded, 13), l.bits(112u << 10));
  // Adding 0.5 puts a subnormal's last bit at the last bit of the sum.
  Value *sum = b.CreateFAdd(l.asFloat(bits), l.gen.constant(l.f32(), 0.5));
  Value *subnormal = b.CreateSub(l.asBits(sum), l.bits(0x3f000000));
  Value *nan = b.CreateOr(b.CreateAnd(b.CreateLShr(bits, 13), 0x3ff), l.bits(0x7e00));
  Value *result = b.CreateSelect(b.CreateICmpULT(bits, l.bits(0x38800000)), subnormal, normal);
  result = b.CreateSelect(b.CreateICmpUGE(bits, l.bits(0x477ff000)), l.bits(0x7c00), result);
  result = b.CreateSelect(b.CreateICmpUGT(bits, l.bits(0x7f800000)), nan, result);
  return b.CreateOr(result, sign);
}

// f32 bits with the lower half rounded away (not yet cleared).
Value *roundToBfloat(Lanes &l, Value *value) {
  auto &b = l.b;
  Value *bits = l.asBits(value);
  Value *odd = b.CreateAnd(b.CreateLShr(bits, 16), 1);
  Value *rounded = b.CreateAdd(b.CreateAdd(bits, l.bits(0x7fff)), odd);
  return b.CreateSelect(b.CreateFCmpUNO(value, value), b.CreateOr(bits, 0x400000), rounded);
}

} // namespace

llvm::Type *RegionEmitter::registerType(mlir::Type element, int64_t lanes) {
  llvm::Type *scalar = element.isInteger(1) ? gen.builder.getInt1Ty()
                       : element.isF64()    ? gen.f64()
                       : mlir::isa<mlir::FloatType>(element)
                           ? gen.f32()
                           : gen.builder.getIntNTy(element.getIntOrFloatBitWidth());
  return IRGen::vectorOf(scalar, lanes);
}

llvm::Type *RegionEmitter::memoryType(mlir::Type element, int64_t lanes) {
  if (element.isF32() || element.isF64())
    return registerType(element, lanes);
  return IRGen::vectorOf(gen.builder.getIntNTy(8 * bytesOf(element)), lanes);
}

int64_t RegionEmitter::bytesOf(mlir::Type element) { return byteSize(*nn::dtypeOf(element)); }

Value *RegionEmitter::toRegister(mlir::Type element, Value *memory) {
  auto &b = gen.builder;
  Lanes l{gen, IRGen::lanesOf(memory)};
  if (element.isInteger(1))
    return b.CreateICmpNE(memory, gen.zero(memory->getType()));
  if (element.isBF16())
    return l.asFloat(b.CreateShl(b.CreateZExt(memory, l.i32()), 16));
  if (!element.isF16())
    return memory;
  if (isa.hasHalfConversion)
    return b.CreateFPExt(b.CreateBitCast(memory, l.f16()), l.f32());
  return halfToFloat(l, b.CreateZExt(memory, l.i32()));
}

Value *RegionEmitter::toMemory(mlir::Type element, Value *value) {
  auto &b = gen.builder;
  Lanes l{gen, IRGen::lanesOf(value)};
  if (element.isInteger(1))
    return b.CreateZExt(value, memoryType(element, l.count));
  if (element.isBF16())
    return b.CreateTrunc(b.CreateLShr(roundToBfloat(l, value), 16), l.i16());
  if (!element.isF16())
    return value;
  if (isa.hasHalfConversion)
    return b.CreateBitCast(b.CreateFPTrunc(value, l.f16()), l.i16());
  return b.CreateTrunc(floatToHalf(l, value), l.i16());
}

Value *RegionEmitter::roundTo(mlir::Type element, Value *value) {
  auto &b = gen.builder;
  Lanes l{gen, IRGen::lanesOf(value)};
  if (element.isBF16())
    return l.asFloat(b.CreateAnd(roundToBfloat(l, value), 0xffff0000));
  if (!element.isF16())
    return value;
  if (isa.hasHalfConversion)
    return b.CreateFPExt(b.CreateFPTrunc(value, l.f16()), l.f32());
  return halfToFloat(l, floatToHalf(l, value));
}

Value *RegionEmitter::load(mlir::Type element, Value *base, Value *offset, int64_t lanes,
                           int64_t displacement) {
  Value *at = gen.address(base, offset, bytesOf(element), displacement);
  return toRegister(element, gen.load(memoryType(element, lanes), at));
}

void RegionEmitter::store(mlir::Type element, Value *value, Value *base, Value *offset,
                          int64_t displacement) {
  gen.store(toMemory(element, value), gen.address(base, offset, bytesOf(element), displacement));
}
