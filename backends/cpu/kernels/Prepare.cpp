// Copies of operands into scratch memory, in the form that the kernels read.
#include "backends/cpu/kernels/Kernels.h"
#include "ir/NN/Constants.h"
#include "llvm/Support/MathExtras.h"

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

} // namespace

void emitBorderedCopy(RegionEmitter &emitter, const Contraction &c, llvm::Value *image, llvm::Value *to) {
  IRGen &gen = emitter.gen;
  llvm::ArrayRef<int64_t> in = nn::shapeOf(c.lhs);
  int64_t bytes = RegionEmitter::bytesOf(c.element), lanes = emitter.isa.lanes(bytes), channels = in.back();
  auto zeros = [&](llvm::Value *at, int64_t count) {
    inVectors(gen, count, lanes, [&](llvm::Value *i, int64_t n) {
      emitter.store(c.element, gen.zero(emitter.registerType(c.element, n)), at, i);
    });
  };
  // One dimension after the other: zeros before, the part of the image that is read, zeros after.
  auto fill = [&](auto &self, size_t d, llvm::Value *from, llvm::Value *at) -> void {
    int64_t inPitch = channels, outPitch = channels;
    for (size_t i = d + 1; i < c.border.extents.size(); ++i) {
      inPitch *= in[i + 1];
      outPitch *= c.border.extents[i];
    }
    int64_t low = std::min(c.border.low[d], c.border.extents[d]);
    int64_t inside = std::min(in[d + 1], c.border.extents[d] - low);
    int64_t high = c.border.extents[d] - low - inside;
    zeros(at, low * outPitch);
    at = gen.address(at, gen.index(low * outPitch), bytes);
    if (d + 1 == c.border.extents.size()) {
      inVectors(gen, inside * channels, lanes, [&](llvm::Value *i, int64_t n) {
        emitter.store(c.element, emitter.load(c.element, from, i, n), at, i);
      });
    } else {
      gen.loop(0, inside, 1, [&](llvm::Value *i) {
        self(self, d + 1, gen.address(from, gen.mul(i, inPitch), bytes), gen.address(at, gen.mul(i, outPitch), bytes));
      }, kRolled);
    }
    zeros(gen.address(at, gen.index(inside * outPitch), bytes), high * outPitch);
  };
  fill(fill, 0, image, to);
}

void emitPanels(RegionEmitter &emitter, const Contraction &c, const Choice &choice, llvm::Value *rhs,
                llvm::Value *to) {
  IRGen &gen = emitter.gen;
  int64_t width = choice.panelWidth(), full = c.columns / width, rest = c.columns % width;
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
  auto panel = [&](llvm::Value *p, int64_t count) {
    llvm::Value *from = gen.address(rhs, gen.mul(p, width * c.rhsColumnStride), choice.elementBytes);
    llvm::Value *at = gen.address(to, gen.mul(p, width * c.depth), choice.elementBytes);
    gen.loop(0, c.depth, 1, [&](llvm::Value *k) {
      row(gen.address(from, gen.mul(k, c.rhsRowStride), choice.elementBytes),
          gen.address(at, gen.mul(k, width), choice.elementBytes), count);
    }, kRolled);
  };
  gen.loop(0, full, 1, [&](llvm::Value *p) { panel(p, width); }, kRolled);
  if (rest > 0)
    panel(gen.index(full), rest);
}

} // namespace aotc::cpu
