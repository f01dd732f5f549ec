#include "backends/cpu/kernels/Dot.h"

#include "llvm/IR/IntrinsicsAArch64.h"
#include "llvm/IR/IntrinsicsX86.h"

namespace aotc::cpu {

namespace {

using llvm::Value;

class DotEmitter {
public:
  DotEmitter(IRGen &gen, int64_t lanes) : gen(gen), b(gen.builder), lanes(lanes) {}

  Value *quads(Value *sum, Value *bytes, Value *weights) {
    auto id = lanes == 4   ? llvm::Intrinsic::x86_avx512_vpdpbusd_128
              : lanes == 8 ? llvm::Intrinsic::x86_avx512_vpdpbusd_256
                           : llvm::Intrinsic::x86_avx512_vpdpbusd_512;
    return b.CreateIntrinsic(id, {}, {sum, bytes, weights});
  }

  Value *mixed(Value *sum, Value *bytes, Value *weights) {
    auto *vector = llvm::cast<llvm::VectorType>(sum->getType());
    return b.CreateIntrinsic(llvm::Intrinsic::aarch64_neon_usdot, {vector, inBytes()},
                             {sum, b.CreateBitCast(bytes, inBytes()), b.CreateBitCast(weights, inBytes())});
  }

  // Sums of pairs in 16 bits saturate; a pair of which one product is 0 does not.
  Value *words(Value *sum, Value *bytes, Value *weights, bool exactPairs) {
    if (exactPairs)
      return b.CreateAdd(sum, sumOfPairs(pairs(bytes, weights)));
    Value *even = gen.constantInt(weights->getType(), 0x00ff00ff), *odd = gen.constantInt(weights->getType(), 0xff00ff00);
    for (Value *mask : {even, odd})
      sum = b.CreateAdd(sum, sumOfPairs(pairs(bytes, b.CreateAnd(weights, mask))));
    return sum;
  }

  // In the shapes that code generators know as multiply-adds of pairs.
  Value *portable(Value *sum, Value *bytes, Value *weights) {
    Value *low = gen.constantInt(bytes->getType(), 0x00ff00ff);
    Value *bytesEven = inWords(b.CreateAnd(bytes, low)), *bytesOdd = inWords(b.CreateAnd(b.CreateLShr(bytes, 8), low));
    Value *both = inWords(weights), *eight = gen.constantInt(both->getType(), 8);
    Value *weightsOdd = b.CreateAShr(both, eight), *weightsEven = b.CreateAShr(b.CreateShl(both, eight), eight);
    sum = b.CreateAdd(sum, pairProducts(bytesEven, weightsEven));
    return b.CreateAdd(sum, pairProducts(bytesOdd, weightsOdd));
  }

  Value *ofWords(Value *sum, Value *words, Value *weights) {
    return b.CreateAdd(sum, multiplyAdd(inWords(words), inWords(weights)));
  }

private:
  llvm::Type *inBytes() { return IRGen::vectorOf(gen.i8(), 4 * lanes); }
  Value *inWords(Value *vector) { return b.CreateBitCast(vector, IRGen::vectorOf(b.getInt16Ty(), 2 * lanes)); }

  Value *pairs(Value *bytes, Value *weights) {
    auto id = lanes == 4   ? llvm::Intrinsic::x86_ssse3_pmadd_ub_sw_128
              : lanes == 8 ? llvm::Intrinsic::x86_avx2_pmadd_ub_sw
                           : llvm::Intrinsic::x86_avx512_pmaddubs_w_512;
    return b.CreateIntrinsic(id, {}, {b.CreateBitCast(bytes, inBytes()), b.CreateBitCast(weights, inBytes())});
  }

  Value *sumOfPairs(Value *words) { return multiplyAdd(words, gen.constantInt(words->getType(), 1)); }

  Value *multiplyAdd(Value *words, Value *weights) {
    if (!gen.isa.isX86 || gen.isa.dot == Dot::None)
      return pairProducts(words, weights);
    auto id = lanes == 4   ? llvm::Intrinsic::x86_sse2_pmadd_wd
              : lanes == 8 ? llvm::Intrinsic::x86_avx2_pmadd_wd
                           : llvm::Intrinsic::x86_avx512_pmaddw_d_512;
    return b.CreateIntrinsic(id, {}, {words, weights});
  }

  // Of two vectors of words: products, added up in pairs in 32 bits.
  Value *pairProducts(Value *x, Value *y) {
    llvm::Type *wide = IRGen::vectorOf(gen.i32(), 2 * lanes);
    Value *products = b.CreateMul(b.CreateSExt(x, wide), b.CreateSExt(y, wide));
    llvm::SmallVector<int> even, odd;
    for (int i = 0; i < lanes; ++i) {
      even.push_back(2 * i);
      odd.push_back(2 * i + 1);
    }
    if (lanes == 1)
      return b.CreateAdd(b.CreateExtractElement(products, uint64_t{0}), b.CreateExtractElement(products, uint64_t{1}));
    return b.CreateAdd(b.CreateShuffleVector(products, even), b.CreateShuffleVector(products, odd));
  }

  IRGen &gen;
  llvm::IRBuilder<> &b;
  int64_t lanes;
};

} // namespace

llvm::Value *emitDot(IRGen &gen, llvm::Value *sum, llvm::Value *bytes, llvm::Value *weights, bool exactPairs) {
  DotEmitter emitter(gen, IRGen::lanesOf(sum));
  switch (gen.isa.dot) {
  case Dot::Quads:
    return emitter.quads(sum, bytes, weights);
  case Dot::Mixed:
    return emitter.mixed(sum, bytes, weights);
  case Dot::Words:
    return emitter.words(sum, bytes, weights, exactPairs);
  case Dot::None:
    return emitter.portable(sum, bytes, weights);
  }
  llvm_unreachable("dot product");
}

llvm::Value *emitDotOfWords(IRGen &gen, llvm::Value *sum, llvm::Value *words, llvm::Value *weights) {
  return DotEmitter(gen, IRGen::lanesOf(sum)).ofWords(sum, words, weights);
}

int64_t dotRegisters(const Isa &isa) {
  switch (isa.dot) {
  case Dot::Quads:
  case Dot::Mixed:
    return 0;
  case Dot::Words:
    return 2; // ones and sums of pairs
  case Dot::None:
    return 5;
  }
  llvm_unreachable("dot product");
}

} // namespace aotc::cpu
