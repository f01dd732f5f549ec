#include "backends/cpu/kernels/WinogradPlan.h"

#include <cmath>

#include "backends/cpu/codegen/Tasks.h"
#include "ir/NN/Constants.h"
#include "ir/NN/Winograd.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

namespace {

// Loads, stores and arithmetic of one tile of one vector of channels, in multiply-adds.
struct TransformCost {
  double input, output;
};
TransformCost transformCost(int64_t tile) { return tile == 2 ? TransformCost{64, 48} : TransformCost{260, 200}; }

// Bytes from beyond L2 in the time of a multiply-add of a vector, about.
constexpr double kFarBytes = 12;

double weightCost(double bytes, const Isa &isa) { return bytes > isa.l2Bytes ? bytes / kFarBytes : 0; }

int64_t padded(int64_t columns, const Choice &choice) {
  return llvm::divideCeil(columns, choice.lanes) * choice.lanes;
}

// Both overlap, but not wholly.
double together(double a, double b) { return std::max(a, b) + 0.25 * std::min(a, b); }

void block(WinogradPlan &p, int64_t rows, int64_t rowTiles, const Choice &choice) {
  constexpr int64_t kLine = 16; // elements
  p.rows = rows;
  p.rowTiles = rowTiles;
  int64_t n = p.perBlock();
  p.scratch.inputPitch = n * p.depth + kLine;
  p.scratch.productPitch = n * choice.tileWidth() + kLine;
  auto lines = [](int64_t elements) { return static_cast<int64_t>(llvm::alignTo(elements, kLine)); };
  p.scratch.inputs = lines(p.positions * p.scratch.inputPitch);
  p.scratch.products = lines(p.positions * std::max(p.scratch.productPitch, p.channels));
}

double productCost(const WinogradPlan &p, const Choice &choice, const Isa &isa) {
  double vectors = static_cast<double>(padded(p.outputs, choice) / choice.lanes);
  // Of one step of the reduction over a register tile; as in chooseTiling.
  double step = std::max<double>({static_cast<double>(p.rows * choice.vectors),
                                  static_cast<double>(p.rows + choice.vectors), 8.0}) + 1;
  double compute = static_cast<double>(p.blocks() * p.rowTiles * p.positions * p.depth) * step * vectors /
                   static_cast<double>(choice.vectors);
  double bytes = static_cast<double>(p.positions * p.depth * padded(p.outputs, choice) * choice.elementBytes);
  double transformed = static_cast<double>(p.blocks() * p.scratch.inputs * choice.elementBytes);
  return together(compute, static_cast<double>(p.blocks()) * weightCost(bytes, isa) +
                               (p.transformsFirst ? weightCost(transformed, isa) : 0));
}

// The share of the work that the busier of two threads has.
double busierShare(const WinogradPlan &p) {
  int64_t units = p.units();
  return p.tasks == 1 ? 1 : static_cast<double>(llvm::divideCeil(units, 2)) / static_cast<double>(units);
}

} // namespace

bool mayUseWinograd(const Contraction &c, const Isa &isa) {
  auto conv = llvm::dyn_cast<nn::ConvOp>(c.op);
  // Sums of four times the results of bytes fit 31 bits; where dot products of bytes are one instruction, those are faster.
  constexpr int64_t kMostChannels = 1800;
  if (conv && c.bytes && (isa.dot != Dot::Words || nn::shapeOf(conv.getInput()).back() > kMostChannels))
    return false;
  if (!conv || (!c.element.isF32() && !c.bytes) || c.groups != 1 || nn::shapeOf(conv.getInput()).size() != 4)
    return false;
  llvm::ArrayRef<int64_t> filter = nn::shapeOf(conv.getFilter());
  auto ones = [](llvm::ArrayRef<int64_t> values) { return llvm::all_of(values, [](int64_t v) { return v == 1; }); };
  return filter[0] == 3 && filter[1] == 3 && ones(conv.getStrides()) && ones(conv.getDilations());
}

WinogradPlan planWinograd(const Contraction &c, int64_t tile, const Choice &choice, const Isa &isa) {
  auto conv = llvm::cast<nn::ConvOp>(c.op);
  llvm::ArrayRef<int64_t> in = nn::shapeOf(conv.getInput()), out = c.resultShape();
  WinogradPlan p;
  p.tile = tile;
  p.extent = tile + 2;
  p.positions = p.extent * p.extent;
  p.images = in[0];
  p.height = in[1];
  p.width = in[2];
  p.channels = in[3];
  p.depth = c.bytes ? static_cast<int64_t>(llvm::divideCeil(in[3], 2)) : in[3];
  p.outHeight = out[1];
  p.outWidth = out[2];
  p.outputs = out[3];
  p.low[0] = conv.getPadLow()[0];
  p.low[1] = conv.getPadLow()[1];
  p.down = llvm::divideCeil(p.outHeight, tile);
  p.across = llvm::divideCeil(p.outWidth, tile);
  p.columnRuns = llvm::divideCeil(p.outputs, choice.tileWidth());

  if (p.outHeight % tile != 0 || p.outWidth % tile != 0)
    p.scratch.outputTile = llvm::alignTo(tile * tile * choice.lanes, 16);

  // A block's tiles and products stay in L2 beside the panel that they meet.
  int64_t bytes = p.positions * (p.depth + choice.tileWidth()) * choice.elementBytes;
  int64_t most = std::max<int64_t>(isa.l2Bytes * 6 / 10 / bytes, 1);
  int64_t largest = tileRows(isa, choice.vectors); // of bytes, products take the place of what spare registers there are
  int64_t wanted = taskCount(bodyNanoseconds(*c.op->getBlock(), isa), kMostCopies, isa);
  TransformCost transform = transformCost(tile);
  WinogradPlan best = p;
  std::pair<int64_t, double> bestRank;
  auto take = [&](int64_t rows, int64_t rowTiles, bool transformsFirst) {
    block(p, rows, rowTiles, choice);
    p.transformsFirst = transformsFirst;
    p.cost = productCost(p, choice, isa);
    auto excess = [&] {
      return std::max<int64_t>(p.scratchElements() * choice.elementBytes - choice.scratchLimit, 0);
    };
    p.tasks = std::min(wanted, p.units());
    while (p.tasks > 2 && excess() > 0)
      --p.tasks;
    std::pair rank(excess(), p.cost * (2 + busierShare(p)));
    if (best.rows > 0 && rank >= bestRank)
      return;
    best = p;
    bestRank = rank;
  };
  for (int64_t rows = largest; rows >= std::max<int64_t>(largest / 2, 1); --rows)
    for (int64_t rowTiles = 1; rowTiles == 1 || rowTiles * rows <= std::min<int64_t>(most, p.tiles() + rows - 1);
         ++rowTiles) {
      take(rows, rowTiles, false);
      if (wanted > 1 && p.columnRuns > 1 && p.blocks() < 2 * kMostCopies)
        take(rows, rowTiles, true);
    }
  p = best;
  double inputCost = static_cast<double>(p.blocks() * p.perBlock() * llvm::divideCeil(p.depth, choice.lanes)) *
                     transform.input;
  p.cost += inputCost;
  p.cost += static_cast<double>(p.tiles() * llvm::divideCeil(p.outputs, choice.lanes)) * transform.output;
  if (p.transformsFirst)
    p.transformTasks =
        taskCount(vectorNanoseconds(inputCost, choice.elementBytes, isa), std::min(p.tasks, p.tiles()), isa);
  return p;
}

double winogradError(int64_t tile, const Tensor &filter) {
  int64_t channels = filter.shape()[2], outputs = filter.shape()[3];
  const float *weights = filter.as<float>();
  constexpr double kUnit = 1.0 / (1 << 24);
  // Sums of n terms lose about half a unit, sqrt(n / 2) times as much as their magnitude.
  auto growth = [](double terms) { return 0.5 * kUnit * std::sqrt(terms / 2 + 4); };
  if (tile == 0)
    return growth(9.0 * static_cast<double>(channels));
  const nn::Winograd &w = nn::winograd(tile);
  // Variance of each transformed input element, and the squared weights with
  // which each product reaches the outputs.
  std::vector<double> spread(w.extent), reach(w.extent * tile);
  for (int64_t e = 0; e < w.extent; ++e) {
    for (int64_t k = 0; k < w.extent; ++k)
      spread[e] += w.input(e, k) * w.input(e, k);
    for (int64_t i = 0; i < tile; ++i)
      reach[i * w.extent + e] = w.output(i, e) * w.output(i, e);
  }
  double worst = 0;
  std::vector<double> energy(w.extent * w.extent);
  for (int64_t o = 0; o < outputs; ++o) {
    std::fill(energy.begin(), energy.end(), 0.0);
    double direct = 0;
    for (int64_t c = 0; c < channels; ++c) {
      double g[9];
      for (int64_t tap = 0; tap < 9; ++tap) {
        g[tap] = weights[(tap * channels + c) * outputs + o];
        direct += g[tap] * g[tap];
      }
      double u[36];
      nn::transformFilter(w, g, u);
      for (int64_t e = 0; e < w.extent * w.extent; ++e)
        energy[e] += u[e] * u[e];
    }
    if (direct == 0)
      continue;
    for (int64_t i = 0; i < tile; ++i)
      for (int64_t j = 0; j < tile; ++j) {
        double sum = 0;
        for (int64_t p = 0; p < w.extent; ++p)
          for (int64_t q = 0; q < w.extent; ++q)
            sum += reach[i * w.extent + p] * reach[j * w.extent + q] * spread[p] * spread[q] * energy[p * w.extent + q];
        worst = std::max(worst, sum / direct);
      }
  }
  return growth(static_cast<double>(channels)) * std::sqrt(worst);
}

bool isAccurateWinograd(int64_t tile, const Tensor &filter) {
  if (filter.dtype() == DType::I8)
    return tile == 2;
  // Keeps whole networks well within 1e-5 of a reference.
  constexpr double kMostError = 4e-6;
  return winogradError(tile, filter) <= kMostError;
}

int64_t chooseWinogradTile(const Contraction &c, const Choice &choice, const Isa &isa, const Tensor &filter) {
  // Below this many multiply-adds of a vector the transforms' code is not worth its bytes.
  constexpr double kLeastCost = 20000;
  if (choice.lanes == 1 || c.columns < choice.lanes / 2)
    return 0;
  double vectors = static_cast<double>(llvm::divideCeil(c.columns, choice.lanes));
  int64_t pixels = c.rows;
  for (const BatchDim &d : c.batch)
    pixels *= d.extent;
  double bytes = static_cast<double>(c.depth * padded(c.columns, choice) * choice.elementBytes);
  // A step of bytes multiplies twice, for four of them.
  double steps = static_cast<double>(pixels * c.depth) * (c.bytes ? 2 : 1);
  double direct = together(steps * vectors * 1.06, weightCost(bytes, isa));
  if (direct < kLeastCost)
    return 0;
  int64_t best = 0;
  double bestCost = 0.9 * direct;
  for (int64_t tile : {4, 2}) {
    double cost = planWinograd(c, tile, choice, isa).cost;
    if (cost >= bestCost || !isAccurateWinograd(tile, filter))
      continue;
    best = tile;
    bestCost = 1.1 * cost; // where they are close, the smaller tile has the smaller weights and error
  }
  return best;
}

static Tensor packWinogradWords(int64_t width, const Tensor &filter) {
  int64_t channels = filter.shape()[2], outputs = filter.shape()[3], pairs = llvm::divideCeil(channels, 2);
  Tensor result(DType::I16, {static_cast<int64_t>(llvm::divideCeil(outputs, width)), 16, pairs, width, 2});
  const auto *from = filter.as<int8_t>();
  auto *to = result.mutableAs<int16_t>();
  const nn::Matrix &transform = nn::winograd(2).filter; // of halves
  auto twice = [&](int64_t row, int64_t tap) { return static_cast<int>(2 * transform(row, tap)); };
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t o = 0; o < outputs; ++o)
      for (int64_t e = 0; e < 16; ++e) {
        int sum = 0;
        for (int64_t tap = 0; tap < 9; ++tap)
          sum += twice(e / 4, tap / 3) * twice(e % 4, tap % 3) * from[(tap * channels + c) * outputs + o];
        to[(((o / width * 16 + e) * pairs + c / 2) * width + o % width) * 2 + c % 2] = static_cast<int16_t>(sum);
      }
  return result;
}

Tensor packWinograd(int64_t tile, int64_t width, const Tensor &filter) {
  if (filter.dtype() == DType::I8)
    return packWinogradWords(width, filter);
  int64_t channels = filter.shape()[2], outputs = filter.shape()[3];
  const nn::Winograd &w = nn::winograd(tile);
  int64_t positions = w.extent * w.extent;
  Tensor result(DType::F32, {static_cast<int64_t>(llvm::divideCeil(outputs, width)), positions, channels, width});
  const float *from = filter.as<float>();
  float *to = result.mutableAs<float>();
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t o = 0; o < outputs; ++o) {
      double g[9];
      for (int64_t tap = 0; tap < 9; ++tap)
        g[tap] = from[(tap * channels + c) * outputs + o];
      double u[36];
      nn::transformFilter(w, g, u);
      float *panel = to + o / width * positions * channels * width + o % width;
      for (int64_t e = 0; e < positions; ++e)
        panel[(e * channels + c) * width] = static_cast<float>(u[e]);
    }
  return result;
}

} // namespace aotc::cpu
