// Copies of operands into scratch memory, in the form that the kernels read.
#include "backends/cpu/kernels/Kernels.h"
#include "ir/NN/Constants.h"
#include "llvm/Support/MathExtras.h"
#include <array>

namespace aotc::cpu {

namespace {

constexpr LoopHints kRolled{/*mayUnroll=*/false};

// Calls f(offset) for runs of `lanes` and then of smaller powers of two that cover [0, count).
void inVectors(IRGen &gen, int64_t count, int64_t lanes,
               llvm::function_ref<void(llvm::Value *offset, int64_t lanes)> f) {
  int64_t done = 0;
  for (int64_t n = 2 * lanes; n > 0; n /= 2) {
    int64_t width = std::min(n, lanes), end = done + (count - done) / n * n;
    if (n > lanes) { // two vectors a trip
      gen.loop(done, end, n, [&](llvm::Value *i) {
        f(i, width);
        f(gen.add(i, width), width);
      }, kRolled);
    } else {
      gen.loop(done, end, n, [&](llvm::Value *i) { f(i, width); }, kRolled);
    }
    done = end;
  }
}

// From four vectors that hold elements (4g + i, 0..3) in their quarters g, i
// being the number of the vector: the vectors of elements (0.., k) for k < 4.
Values transposedQuarters(IRGen &gen, llvm::ArrayRef<llvm::Value *> vectors) {
  int64_t lanes = IRGen::lanesOf(vectors[0]);
  auto pick = [&](llvm::Value *a, llvm::Value *b, std::array<int, 4> from) { // 0..3 of a, 4..7 of b
    llvm::SmallVector<int> mask;
    for (int64_t quarter = 0; quarter < lanes; quarter += 4)
      for (int i : from)
        mask.push_back(i < 4 ? quarter + i : lanes + quarter + i - 4);
    return gen.builder.CreateShuffleVector(a, b, mask);
  };
  constexpr std::array<int, 4> kLow{0, 4, 1, 5}, kHigh{2, 6, 3, 7}, kFirst{0, 1, 4, 5}, kLast{2, 3, 6, 7};
  llvm::Value *low01 = pick(vectors[0], vectors[1], kLow), *high01 = pick(vectors[0], vectors[1], kHigh);
  llvm::Value *low23 = pick(vectors[2], vectors[3], kLow), *high23 = pick(vectors[2], vectors[3], kHigh);
  return {pick(low01, low23, kFirst), pick(low01, low23, kLast), pick(high01, high23, kFirst),
          pick(high01, high23, kLast)};
}

// The image of a convolution with zeros (of bytes the zero point) around it.
class BorderedCopy {
public:
  BorderedCopy(RegionEmitter &emitter, const Contraction &c)
      : emitter(emitter), gen(emitter.gen), c(c), in(nn::shapeOf(c.lhs)),
        bytes(RegionEmitter::bytesOf(c.lhsElement)), lanes(emitter.isa.lanes(bytes)) {}

  // One dimension after the other: zeros before, the part of the image that is read, zeros after.
  void fill(size_t d, llvm::Value *from, llvm::Value *at) {
    int64_t low = lowOf(d), inside = insideOf(d), pitch = outPitch(d);
    // The first dimension is what tasks share.
    auto shared = [&](int64_t count, llvm::function_ref<void(llvm::Value *)> body) {
      RegionEmitter::Share share{gen.index(0), gen.index(count)};
      if (d == 0)
        share = emitter.share(count);
      gen.loop(share.lo, share.hi, 1, body, kRolled);
    };
    shared(1, [&](llvm::Value *) { zeros(at, low * pitch); });
    at = gen.address(at, gen.index(low * pitch), bytes);
    if (d + 1 == c.border.extents.size()) {
      shared(1, [&](llvm::Value *) {
        inVectors(gen, inside * in.back(), lanes, [&](llvm::Value *i, int64_t n) {
          emitter.store(c.lhsElement, emitter.load(c.lhsElement, from, i, n), at, i);
        });
      });
    } else {
      shared(inside, [&](llvm::Value *i) {
        fill(d + 1, gen.address(from, gen.mul(i, inPitch(d)), bytes), gen.address(at, gen.mul(i, pitch), bytes));
      });
    }
    int64_t high = c.border.extents[d] - low - inside;
    shared(1, [&](llvm::Value *) { zeros(gen.address(at, gen.index(inside * pitch), bytes), high * pitch); });
  }

  void lines(llvm::Value *image, llvm::Value *to, llvm::Value *begin, llvm::Value *end) {
    auto &b = gen.builder;
    gen.loop(begin, end, 1, [&](llvm::Value *line) {
      llvm::Value *at = gen.address(to, gen.mul(b.CreateSub(line, begin), outPitch(0)), bytes);
      llvm::Value *source = gen.add(line, -lowOf(0));
      llvm::Value *isInside = b.CreateICmpULT(source, gen.index(insideOf(0)));
      gen.ifThen(isInside, [&] { fill(1, gen.address(image, gen.mul(source, inPitch(0)), bytes), at); });
      gen.ifThen(b.CreateNot(isInside), [&] { zeros(at, outPitch(0)); });
    }, kRolled);
  }

private:
  int64_t lowOf(size_t d) const { return std::min(c.border.low[d], c.border.extents[d]); }
  int64_t insideOf(size_t d) const { return std::min(in[d + 1], c.border.extents[d] - lowOf(d)); }
  // Elements of a step along dimension d.
  int64_t inPitch(size_t d) const {
    int64_t pitch = in.back();
    for (size_t i = d + 1; i < c.border.extents.size(); ++i)
      pitch *= in[i + 1];
    return pitch;
  }
  int64_t outPitch(size_t d) const {
    int64_t pitch = in.back();
    for (size_t i = d + 1; i < c.border.extents.size(); ++i)
      pitch *= c.border.extents[i];
    return pitch;
  }
  void zeros(llvm::Value *at, int64_t count) {
    inVectors(gen, count, lanes, [&](llvm::Value *i, int64_t n) {
      llvm::Type *type = emitter.registerType(c.lhsElement, n);
      emitter.store(c.lhsElement, c.bytes ? gen.constantInt(type, static_cast<uint64_t>(c.padding)) : gen.zero(type), at, i);
    });
  }

  RegionEmitter &emitter;
  IRGen &gen;
  const Contraction &c;
  llvm::ArrayRef<int64_t> in;
  int64_t bytes, lanes;
};

} // namespace

void emitBorderedCopy(RegionEmitter &emitter, const Contraction &c, llvm::Value *image, llvm::Value *to) {
  BorderedCopy(emitter, c).fill(0, image, to);
}

void emitBorderedLines(RegionEmitter &emitter, const Contraction &c, llvm::Value *image, llvm::Value *to,
                       llvm::Value *begin, llvm::Value *end) {
  BorderedCopy(emitter, c).lines(image, to, begin, end);
}

void emitPanels(RegionEmitter &emitter, const Contraction &c, const Choice &choice, llvm::Value *rhs,
                llvm::Value *to) {
  IRGen &gen = emitter.gen;
  int64_t width = choice.panelWidth, full = c.columns / width, rest = c.columns % width;
  llvm::Type *vector = emitter.registerType(c.element, choice.lanes);
  // One row of a panel of which `count` columns exist.
  auto row = [&](llvm::Value *from, llvm::Value *panelRow, int64_t count) {
    for (int64_t column = 0; column < width; column += choice.lanes) {
      int64_t n = std::clamp<int64_t>(count - column, 0, choice.lanes);
      llvm::Value *value = gen.zero(vector);
      if (c.rhsColumnStride == 1 && n == choice.lanes) {
        value = emitter.load(c.element, from, gen.index(column), n);
      } else {
        for (int64_t lane = 0; lane < n; ++lane) {
          llvm::Value *scalar = emitter.load(c.element, from, gen.index((column + lane) * c.rhsColumnStride));
          value = choice.lanes == 1 ? scalar : gen.builder.CreateInsertElement(value, scalar, lane);
        }
      }
      emitter.store(c.element, value, panelRow, gen.index(column));
    }
  };
  // Four rows at once where the columns, not the rows, are contiguous.
  auto fourRows = [&](llvm::Value *from, llvm::Value *panelRow, int64_t count) {
    for (int64_t column = 0; column < width; column += choice.lanes) {
      Values vectors;
      for (int64_t i = 0; i < 4; ++i) {
        Values quarters;
        for (int64_t n = column + i; n < column + choice.lanes; n += 4)
          quarters.push_back(n < count ? emitter.load(c.element, from, gen.index(n * c.rhsColumnStride), 4)
                                       : gen.zero(emitter.registerType(c.element, 4)));
        vectors.push_back(gen.joined(quarters));
      }
      for (auto [k, value] : llvm::enumerate(transposedQuarters(gen, vectors)))
        emitter.store(c.element, value, panelRow, gen.index(k * width + column));
    }
  };
  bool byFours = c.rhsRowStride == 1 && c.rhsColumnStride != 1 && choice.lanes % 4 == 0;
  auto panel = [&](llvm::Value *p, int64_t count) {
    llvm::Value *from = gen.address(rhs, gen.mul(p, width * c.rhsColumnStride), choice.elementBytes);
    llvm::Value *at = gen.address(to, gen.mul(p, width * c.depth), choice.elementBytes);
    int64_t done = byFours ? c.depth / 4 * 4 : 0;
    gen.loop(0, done, 4, [&](llvm::Value *k) {
      fourRows(gen.address(from, k, choice.elementBytes), gen.address(at, gen.mul(k, width), choice.elementBytes),
               count);
    }, kRolled);
    gen.loop(done, c.depth, 1, [&](llvm::Value *k) {
      row(gen.address(from, gen.mul(k, c.rhsRowStride), choice.elementBytes),
          gen.address(at, gen.mul(k, width), choice.elementBytes), count);
    }, kRolled);
  };
  auto shared = [&](int64_t first, int64_t count, int64_t columns) {
    RegionEmitter::Share share = emitter.share(count);
    gen.loop(share.lo, share.hi, 1, [&](llvm::Value *p) { panel(gen.add(p, first), columns); }, kRolled);
  };
  shared(0, full, width);
  if (rest > 0)
    shared(full, 1, rest);
}

} // namespace aotc::cpu
