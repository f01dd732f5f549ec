#include "passes/quantize/Rewrite.h"

#include "passes/quantize/Patterns.h"

#include <cmath>

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {

Scale scaleFor(float low, float high) {
  low = std::min(low, 0.0f);
  high = std::max(high, 0.0f);
  constexpr float kSteps = 255;
  Scale result;
  result.scale = (high - low) / kSteps;
  // Of zeros alone, or of numbers so small that their scale has no reciprocal.
  if (!(result.scale > 1e-30f) || !std::isfinite(result.scale))
    return {};
  result.zero = static_cast<int64_t>(std::nearbyint(std::clamp(-low / result.scale, 0.0f, kSteps)));
  return result;
}

namespace {

// Columns of weights, whatever their order in memory.
struct Columns {
  Columns(const Tensor &weights, bool transposed) : shape(weights.shape()), transposed(transposed) {
    size_t rank = shape.size();
    inner = shape[rank - 1];
    count = transposed ? shape[rank - 2] : inner;
    rows = count == 0 ? 0 : weights.size() / count;
  }
  int64_t at(int64_t row, int64_t column) const {
    return transposed ? (row / inner * count + column) * inner + row % inner : row * count + column;
  }
  const Shape &shape;
  bool transposed;
  int64_t inner, count, rows;
};

// The largest sum of one sign of two weights that kernels may add in 16 bits: those of an even row and the next, and any
// neighbours where an odd number of channels leaves open which row is even. Where a column has one row a tap (depthwise),
// rows of neighbouring lines of taps.
float largestPair(const float *values, const Columns &columns, int64_t column) {
  size_t rank = columns.shape.size();
  bool depthwise = rank >= 3 && columns.shape[rank - 2] == 1 && !columns.transposed;
  int64_t distance = depthwise && rank >= 4 ? columns.shape[rank - 3] : 1;
  int64_t lines = depthwise && rank >= 4 ? columns.shape[rank - 4] : columns.rows;
  int64_t depth = columns.transposed ? columns.inner : rank >= 2 ? columns.shape[rank - 2] : 1;
  bool anyStart = !depthwise && depth % 2 != 0;
  float largest = 0;
  for (int64_t row = 0; row + distance < columns.rows; ++row) {
    int64_t line = row / distance % lines;
    if (!anyStart && line % 2 != 0)
      continue;
    float a = values[columns.at(row, column)], b = values[columns.at(row + distance, column)];
    float positive = std::max(a, 0.0f) + std::max(b, 0.0f), negative = std::max(-a, 0.0f) + std::max(-b, 0.0f);
    largest = std::max({largest, positive, negative});
  }
  return largest;
}

} // namespace

QuantizedWeights quantizeWeights(const Tensor &weights, bool transposed, bool exactPairs) {
  constexpr float kMost = 127, kMostPair = 128; // 255 * 128 is below 2^15
  Columns columns(weights, transposed);
  QuantizedWeights result{Tensor(DType::I8, weights.shape()), std::vector<float>(columns.count, 1)};
  const auto *from = weights.as<float>();
  auto *to = result.codes.mutableAs<int8_t>();
  for (int64_t n = 0; n < columns.count; ++n) {
    float most = 0;
    for (int64_t k = 0; k < columns.rows; ++k)
      if (float x = std::abs(from[columns.at(k, n)]); std::isfinite(x))
        most = std::max(most, x);
    float scale = most / kMost;
    if (exactPairs) // two roundings may add one
      scale = std::max(scale, largestPair(from, columns, n) / (kMostPair - 1));
    if (!(scale > 1e-30f) || !std::isfinite(scale))
      continue; // zeros
    result.scales[n] = scale;
    for (int64_t k = 0; k < columns.rows; ++k) {
      float x = from[columns.at(k, n)] / scale;
      to[columns.at(k, n)] = static_cast<int8_t>(std::isnan(x) ? 0 : std::nearbyint(std::clamp(x, -kMost, kMost)));
    }
  }
  return result;
}

namespace {

class Inserter {
public:
  Inserter(func::FuncOp func, const Decisions &decisions) : builder(func.getContext()), decisions(decisions) {}

  void point(Value value, const Scale &scale) {
    builder.setInsertionPointAfterValue(value);
    DequantizeOp real = rounded(value, scale);
    // What leaves the function keeps all digits.
    value.replaceUsesWithIf(real, [&](OpOperand &use) {
      return use.getOwner() != real.getOperand().getDefiningOp() && !isa<func::ReturnOp>(use.getOwner());
    });
  }

  void result(OpOperand &operand, Scale scale) {
    Value source = operand.get();
    auto point = decisions.points.end();
    while ((point = decisions.points.find(source)) == decisions.points.end()) {
      Operation *op = source.getDefiningOp();
      if (DequantizeOp codes = dequantized(source)) { // what moves the elements of a point reads this
        scale = {scaleOf(codes), zeroOf(codes)};
        break;
      }
      if (!op || isa<ConcatOp>(op) || !keepsElements(op))
        break;
      source = op->getOperand(0);
    }
    builder.setInsertionPoint(operand.getOwner());
    operand.set(rounded(operand.get(), point == decisions.points.end() ? scale : point->second));
  }

  void weights(Operation *contraction) {
    Value operand = contraction->getOperand(1);
    auto matmul = dyn_cast<MatMulOp>(contraction);
    bool transposed = matmul && matmul.getTransposeRhs();
    builder.setInsertionPoint(contraction);
    QuantizedWeights quantized = quantizeWeights(*constantOf(operand), transposed, decisions.exactPairs);
    Location loc = operand.getLoc();
    AxisConstant scales{std::vector<double>(quantized.scales.begin(), quantized.scales.end())};
    Value codes = makeConstant(builder, loc, quantized.codes);
    int64_t axis = typeOf(operand).getRank() - (transposed ? 2 : 1);
    Value factor = makeAxisConstant(builder, loc, scales, typeOf(operand), axis);
    contraction->setOperand(1, builder.create<DequantizeOp>(loc, operand.getType(), codes, factor, 0));
  }

  // Gathers bytes instead.
  void table(GatherOp gather) {
    Value real = gather.getOperand();
    auto [known, isNew] = tables.try_emplace(real);
    Location loc = gather.getLoc();
    if (isNew) {
      QuantizedWeights quantized = quantizeWeights(*constantOf(real), /*transposed=*/false, /*exactPairs=*/false);
      builder.setInsertionPointAfterValue(real);
      known->second.codes = makeConstant(builder, real.getLoc(), quantized.codes);
      known->second.scales.values.assign(quantized.scales.begin(), quantized.scales.end());
    }
    builder.setInsertionPointAfter(gather);
    auto type = typeOf(gather.getResult());
    Value codes = builder.create<GatherOp>(loc, type.clone(builder.getI8Type()), known->second.codes, gather.getIndices(),
                                           gather.getAxis(), gather.getBatchDims());
    Value factor = makeAxisConstant(builder, loc, known->second.scales, type, type.getRank() - 1);
    gather.getResult().replaceAllUsesWith(builder.create<DequantizeOp>(loc, type, codes, factor, 0));
    gather.erase();
  }

  // Adds a number to each channel, in the bias where there is one.
  void correct(Operation *contraction, const std::vector<float> &offsets) {
    Value result = contraction->getResult(0);
    auto type = typeOf(result);
    int64_t axis = type.getRank() - 1;
    AxisConstant sum{std::vector<double>(offsets.begin(), offsets.end())};
    auto add = result.hasOneUse() ? dyn_cast<BinaryOp>(*result.getUsers().begin()) : BinaryOp();
    if (add && add.getFn() == BinaryFn::Add) {
      unsigned other = add.getLhs() == result ? 1 : 0;
      if (auto bias = axisConstant(add->getOperand(other), axis)) {
        for (size_t i = 0; i < sum.values.size(); ++i)
          sum.values[i] += bias->at(static_cast<int64_t>(i));
        builder.setInsertionPoint(add);
        add->setOperand(other, makeAxisConstant(builder, add.getLoc(), sum, type, axis));
        return;
      }
    }
    builder.setInsertionPointAfter(contraction);
    Value constant = makeAxisConstant(builder, contraction->getLoc(), sum, type, axis);
    auto corrected = builder.create<BinaryOp>(contraction->getLoc(), type, BinaryFn::Add, result, constant);
    result.replaceAllUsesExcept(corrected, corrected);
  }

  // See insertProbes. `results` takes the three numbers.
  void probe(Operation *contraction, const Scale &scale, SmallVectorImpl<Value> &results) {
    builder.setInsertionPointAfter(contraction);
    Location loc = contraction->getLoc();
    Value input = contraction->getOperand(0), real = contraction->getResult(0);
    auto bytes = typeOf(input).clone(elementType(builder.getContext(), DType::U8));
    Value codes = builder.create<QuantizeOp>(loc, bytes, Rounding::FloatRne, input, splatLike(builder, loc, input, 1 / scale.scale),
                                             scale.zero, 0, 255);
    Value rounded = builder.create<DequantizeOp>(loc, input.getType(), codes, splatLike(builder, loc, input, scale.scale), scale.zero);
    Operation *twin = builder.clone(*contraction);
    twin->setOperand(0, rounded);
    weights(twin);
    // Numbers, so that nothing here becomes an integer contraction.
    auto codesOf = twin->getOperand(1).getDefiningOp<DequantizeOp>();
    Tensor stored = *constantOf(codesOf.getOperand()), numbers(DType::F32, stored.shape());
    auto matmul = dyn_cast<MatMulOp>(twin);
    int64_t axis = stored.rank() - (matmul && matmul.getTransposeRhs() ? 2 : 1), inner = 1;
    for (int64_t d = axis + 1; d < stored.rank(); ++d)
      inner *= stored.shape()[d];
    AxisConstant scales = *axisConstant(codesOf.getFactor(), axis);
    for (int64_t i = 0; i < stored.size(); ++i)
      numbers.setF(i, static_cast<double>(stored.i(i)) * scales.at(i / inner % stored.shape()[axis]));
    builder.setInsertionPoint(twin);
    twin->setOperand(1, makeConstant(builder, loc, numbers));
    codesOf.erase();
    builder.setInsertionPointAfter(twin);
    auto type = typeOf(real);
    Value difference = builder.create<BinaryOp>(loc, type, BinaryFn::Sub, real, twin->getResult(0));
    auto all = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())), rows = llvm::to_vector(ArrayRef(all).drop_back());
    Shape one(type.getRank(), 1), channel(one);
    channel.back() = type.getShape().back();
    auto sumOfSquares = [&](Value value) {
      Value squares = builder.create<BinaryOp>(loc, type, BinaryFn::Mul, value, value);
      return builder.create<ReduceOp>(loc, type.clone(one), ReduceFn::Sum, squares, all);
    };
    results.push_back(sumOfSquares(difference));
    results.push_back(sumOfSquares(real));
    results.push_back(builder.create<ReduceOp>(loc, type.clone(channel), ReduceFn::Mean, difference, rows));
  }

private:
  struct Table {
    Value codes;
    AxisConstant scales;
  };

  DequantizeOp rounded(Value value, const Scale &scale) {
    Location loc = value.getLoc();
    auto type = typeOf(value).clone(elementType(builder.getContext(), DType::U8));
    Value factor = splatLike(builder, loc, value, 1 / scale.scale), back = splatLike(builder, loc, value, scale.scale);
    auto codes = builder.create<QuantizeOp>(loc, type, Rounding::FloatRne, value, factor, scale.zero, 0, 255);
    return builder.create<DequantizeOp>(loc, value.getType(), codes, back, scale.zero);
  }

  OpBuilder builder;
  const Decisions &decisions;
  llvm::DenseMap<Value, Table> tables; // by their numbers
};

} // namespace

void insertQuantization(func::FuncOp func, const Decisions &decisions) {
  Inserter inserter(func, decisions);
  for (auto &[value, scale] : decisions.points)
    inserter.point(value, scale);
  for (auto &[contraction, offsets] : decisions.contractions) {
    inserter.weights(contraction);
    if (!offsets.empty())
      inserter.correct(contraction, offsets);
  }
  for (GatherOp gather : decisions.tables)
    inserter.table(gather);
  for (auto [i, scale] : llvm::enumerate(decisions.results))
    if (scale)
      inserter.result(func.front().getTerminator()->getOpOperand(i), *scale);
}

void insertProbes(func::FuncOp func, const Decisions &decisions, ArrayRef<Operation *> contractions, ArrayRef<Scale> inputs) {
  Inserter inserter(func, decisions);
  SmallVector<Value> results;
  for (auto [contraction, scale] : llvm::zip_equal(contractions, inputs))
    inserter.probe(contraction, scale, results);
  prependResults(func, results);
}

void prependResults(func::FuncOp func, ValueRange values) {
  Operation *end = func.front().getTerminator();
  for (Value value : llvm::reverse(values)) {
    end->insertOperands(0, value);
    func.insertResult(0, value.getType(), DictionaryAttr::get(func.getContext()));
  }
}

} // namespace aotc::passes
