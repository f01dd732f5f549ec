// Family Random: random numbers, and what drops elements by them.
#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

using nn::BinaryFn;
using nn::CompareFn;

// The numbers of a node with a seed do not depend on the graph's other nodes.
Value random(NodeImport &n, nn::RandomFn fn, DType type, Dims shape) {
  if (n.has("seed")) { // an integer of Dropout, a float of others
    auto *whole = std::get_if<int64_t>(&n.node.attrs.at("seed"));
    double seed = whole ? static_cast<double>(*whole) : n.real("seed", 0);
    return n.b.random(fn, type, shape, n.seed() ^ static_cast<int64_t>(std::clamp(seed, -1e12, 1e12) * 4096), 0);
  }
  return n.b.random(fn, type, shape, n.seed(), n.newStream());
}

Value scaled(NodeImport &n, Value x, double factor, double offset) {
  return n.b.binary(BinaryFn::Add, n.b.binary(BinaryFn::Mul, x, factor), offset);
}

Value normal(NodeImport &n, DType type, Dims shape) {
  return scaled(n, random(n, nn::RandomFn::Normal, type, shape), n.real("scale", 1), n.real("mean", 0));
}

Value uniform(NodeImport &n, DType type, Dims shape) {
  double low = n.real("low", 0), high = n.real("high", 1);
  return scaled(n, random(n, nn::RandomFn::Uniform, type, shape), high - low, low);
}

using Distribution = Value (*)(NodeImport &, DType, Dims);

ImportFn ofShape(Distribution distribution) {
  return [distribution](NodeImport &n) -> Results {
    auto type = n.type("dtype", DType::F32);
    return type ? distribution(n, *type, n.integers("shape")) : Value();
  };
}

ImportFn like(Distribution distribution) {
  return [distribution](NodeImport &n) -> Results {
    auto type = n.type("dtype", n.dtype(0));
    return type ? distribution(n, *type, n.shape(0)) : Value();
  };
}

// True with the probability that the operand says.
Results bernoulli(NodeImport &n) {
  auto type = n.type("dtype", n.dtype(0));
  Value draw = random(n, nn::RandomFn::Uniform, n.dtype(0), n.shape(0));
  return type ? n.b.cast(n.b.compare(CompareFn::Lt, draw, n.in(0)), *type) : Value();
}

// Class numbers with the probabilities whose logarithms the operand holds: the largest of each plus
// noise of Gumbel's distribution.
Results multinomial(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto type = n.type("dtype", DType::I32);
  int64_t samples = n.integer("sample_size", 1);
  if (!type || n.rank(0) != 2 || samples < 1 || samples > (1 << 24) || n.shape(0)[1] < 1)
    return type ? n.error("needs logarithms of probabilities [batch, classes] and a sample_size") : Value();
  DimVector shape{n.shape(0)[0], samples, n.shape(0)[1]};
  Value draw = random(n, nn::RandomFn::Uniform, DType::F32, shape);
  auto negativeLog = [&](Value x) { return b.unary(nn::UnaryFn::Neg, b.unary(nn::UnaryFn::Log, x)); };
  Value noise = b.unary(nn::UnaryFn::Neg, b.unary(nn::UnaryFn::Log, negativeLog(b.binary(BinaryFn::Add, draw, 1e-12))));
  Value best = b.argReduce(nn::ArgReduceFn::Max, b.add(b.cast(b.expandDims(n.in(0), 1), DType::F32), noise), 2,
                           DType::I32, false);
  return b.cast(best, *type);
}

// Until opset 12 only training programs drop anything, which this isn't; the mask has the operand's type
// until opset 10.
ImportFn oldDropout(bool boolMask) {
  return [boolMask](NodeImport &n) {
    return Results{n.in(0), n.b.splat(boolMask ? DType::I1 : n.dtype(0), n.shape(0), 1)};
  };
}

Results dropout(NodeImport &n) {
  ImportBuilder &b = n.b;
  const Results all{n.in(0), b.splat(DType::I1, n.shape(0), 1)};
  auto training = n.in(2) ? n.constantInt(2) : std::optional<int64_t>(0);
  if (!training || *training == 0)
    return all;
  Value ratio = n.in(1) ? b.cast(b.reshape(n.in(1), {}), DType::F32) : b.scalar(DType::F32, 0.5);
  if (auto known = b.constantOf(ratio); known && known->f(0) == 0)
    return all;
  Value kept = b.compare(CompareFn::Ge, random(n, nn::RandomFn::Uniform, DType::F32, n.shape(0)), ratio);
  Value factor = b.cast(b.unary(nn::UnaryFn::Reciprocal, b.sub(b.scalar(DType::F32, 1), ratio)), n.dtype(0));
  return Results{b.select(kept, b.mul(n.in(0), factor), b.scalar(n.dtype(0), 0)), kept};
}

} // namespace

void addRandomOps(OpRows &rows) {
  rows.push_back(OpRow("RandomNormal", 1, 0, kFloats, ofShape(normal)));
  rows.push_back(OpRow("RandomUniform", 1, 0, kFloats, ofShape(uniform)));
  rows.push_back(OpRow("RandomNormalLike", 1, 1, kAll, like(normal)));
  rows.push_back(OpRow("RandomUniformLike", 1, 1, kAll, like(uniform)));
  rows.push_back(OpRow("Bernoulli", 15, 1, kFloats, bernoulli));
  rows.push_back(OpRow("Multinomial", 7, 1, kFloats, multinomial));
  rows.push_back(OpRow("Dropout", 1, 1, kFloats, oldDropout(false)).until(9));
  rows.push_back(OpRow("Dropout", 10, 1, kFloats, oldDropout(true)).until(11));
  rows.push_back(OpRow("Dropout", 12, 3, kFloats, dropout).atLeast(1).needsConstant(2, "training_mode"));
}

} // namespace aotc::onnx
