// The state of a random graph under construction; internal to RandomGraph.
#ifndef AOTC_TEST_E2E_RANDOM_GRAPHS_GENERATOR_H
#define AOTC_TEST_E2E_RANDOM_GRAPHS_GENERATOR_H

#include <algorithm>
#include <random>
#include <vector>

#include "ir/NN/Constants.h"
#include "ir/NN/Infer.h"
#include "ir/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/OwningOpRef.h"

namespace aotc::test {

using Dims = llvm::SmallVector<int64_t>;

constexpr int64_t kMaxElements = 4096;
constexpr double kMaxMagnitude = 8;

// std::uniform_int_distribution differs between standard libraries.
class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}
  int64_t pick(int64_t low, int64_t high) { return low + static_cast<int64_t>(engine() % (high - low + 1)); }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  double uniform() { return static_cast<double>(pick(0, 1 << 21)) / (1 << 20) - 1; } // [-1, 1]

private:
  std::mt19937_64 engine;
};

class Generator {
public:
  Generator(mlir::MLIRContext &context, uint64_t seed)
      : random(seed), b(mlir::UnknownLoc::get(&context), &context),
        floats(random.chance(10) ? DType::F64 : DType::F32) {}

  mlir::OwningOpRef<mlir::ModuleOp> run(int operations);

private:
  using Value = mlir::Value;

  // Adds operations that turn x, a tensor of `floats`, into another; null where x does not suit.
  using Maker = Value (Generator::*)(Value x);
  struct Row {
    Maker maker;
    int weight;
  };
  static llvm::ArrayRef<Row> table();

  Value unary(Value x);
  Value binary(Value x);
  Value clamp(Value x);
  Value select(Value x);
  Value widenAndNarrow(Value x);
  Value integers(Value x);
  Value bools(Value x);

  Value matmul(Value x);
  Value conv(Value x);
  Value convTranspose(Value x);
  Value pool(Value x);
  Value resize(Value x);
  Value reduce(Value x);
  Value normalize(Value x);
  Value softmax(Value x);
  Value attention(Value x);
  Value topK(Value x);
  Value cumulative(Value x);

  Value reshape(Value x);
  Value transpose(Value x);
  Value concat(Value x);
  Value slice(Value x);
  Value dynamicSlice(Value x);
  Value reverse(Value x);
  Value pad(Value x);
  Value gather(Value x);
  Value gatherNd(Value x);
  Value scatterNd(Value x);
  Value broadcast(Value x);
  Value iota(Value x);

  mlir::RankedTensorType type(llvm::ArrayRef<int64_t> shape) { return type(shape, floats); }
  mlir::RankedTensorType type(llvm::ArrayRef<int64_t> shape, DType dtype) {
    return nn::tensorType(b.getContext(), dtype, shape);
  }
  static mlir::RankedTensorType typeOf(Value x) { return mlir::cast<mlir::RankedTensorType>(x.getType()); }
  static Dims shape(Value x) { return Dims(typeOf(x).getShape()); }
  static int64_t rank(Value x) { return typeOf(x).getRank(); }
  static bool isFloat(Value x) { return mlir::isa<mlir::FloatType>(typeOf(x).getElementType()); }
  double bound(Value x) { return bounds.lookup(x); }
  nn::EmitError error() { return failedInference; }

  // Makes `x` available to later operations; values above kMaxMagnitude are clamped.
  Value keep(Value x, double magnitude);
  // One of the values so far, recent ones more often; null when none suits.
  Value anyValue(llvm::function_ref<bool(Value)> suits);
  // Uniform in [-magnitude, magnitude]; sometimes a splat.
  Value constant(llvm::ArrayRef<int64_t> dims, double magnitude = 1);
  Value splat(Value like, double value);
  // Of shape [rows..., extents.size()], each index in [0, its extent).
  Value indices(Dims rows, llvm::ArrayRef<int64_t> extents);
  Value unaryOp(nn::UnaryFn fn, Value x) { return b.create<nn::UnaryOp>(x.getType(), fn, x); }
  Value binaryOp(nn::BinaryFn fn, Value x, Value y) { return b.create<nn::BinaryOp>(x.getType(), fn, x, y); }
  Value broadcastTo(Value x, llvm::ArrayRef<int64_t> dims);
  // A second operand of x's type: another value, a constant, or something broadcast.
  Value partner(Value x);
  // [1, ..., 1, channels], broadcast to x's shape.
  Value perChannel(Value x, double magnitude);
  int64_t axisOf(Value x) { return random.pick(0, rank(x) - 1); }

  struct Window {
    Dims extents, strides, dilations, low, high;
  };
  Window window(Value x, bool dilated);

  void finish(mlir::func::FuncOp func);

  Random random;
  mlir::ImplicitLocOpBuilder b;
  DType floats; // of all floating-point values that are kept
  std::vector<Value> values;
  llvm::DenseMap<Value, double> bounds; // largest magnitude
  std::function<mlir::InFlightDiagnostic()> failedInference = [this] { return mlir::emitError(b.getLoc()); };
};

} // namespace aotc::test
#endif
