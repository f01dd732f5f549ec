// Builds nn operations for a frontend: infers types, broadcasts, evaluates
// what is constant and turns broken shapes into diagnostics of the node that
// is being imported. Shared by all frontends.
//
// A null value is "poison": the result of something already reported. Every
// function passes poison on in silence, so that one run lists all problems of
// a graph and each only once.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_IMPORTBUILDER_H
#define AOTC_COMPILER_FRONTEND_COMMON_IMPORTBUILDER_H

#include <map>
#include <set>

#include "compiler/frontend/common/Diagnostics.h"
#include "compiler/frontend/common/Extents.h"
#include "ir/NN/Constants.h"
#include "ir/NN/Infer.h"
#include "ir/NN/NN.h"
#include "mlir/IR/Builders.h"

namespace aotc {

// Past these an operation stays for run time.
struct FoldLimits {
  size_t resultBytes = size_t(64) << 20; // of one constant
  size_t totalBytes = size_t(1) << 30;   // of all constants made in one import
  uint64_t steps = 1'000'000'000;        // scalar steps in one import
};

// Windows of conv and pool, one entry a spatial dimension.
struct Window {
  llvm::SmallVector<int64_t, 3> strides, dilations, padLow, padHigh;
};

// Of the operands of a contraction.
struct ZeroPoints {
  int64_t left = 0, right = 0;
};

class ImportBuilder {
public:
  using Value = mlir::Value;
  using Dims = llvm::ArrayRef<int64_t>;
  using DimVector = llvm::SmallVector<int64_t>;

  // Operations go to the insertion point of `builder`; `file` is for locations.
  ImportBuilder(mlir::OpBuilder &builder, std::string file, Diagnostics &diagnostics, FoldLimits limits = {});

  // What is built or reported from now on belongs to this node of the model.
  void startNode(llvm::StringRef name, llvm::StringRef op);
  mlir::Location location() const { return loc; }
  mlir::MLIRContext *context() const { return builder.getContext(); }
  // Reports a problem of the current node (only the first one) and yields poison.
  Value error(const llvm::Twine &message, const llvm::Twine &remedy = "");
  bool failed() const { return nodeFailed; }

  // Facts about a value; poison is an f32 scalar.
  static Dims shape(Value value);
  static int64_t rank(Value value) { return static_cast<int64_t>(shape(value).size()); }
  static DType dtype(Value value);
  static int64_t elements(Value value);
  // A constant, or made of one by an operation that is kept because it is compact.
  static bool isKnown(Value value);
  // A constant that is stored as integers with a scale, or such a one moved.
  static bool isStoredQuantized(Value value);
  // The value's tensor if it is known at compile time and within the limits.
  std::optional<Tensor> constantOf(Value value);
  // `axis` counted from the end when negative; reports one outside the rank.
  std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank);

  Value constant(const Tensor &tensor);
  Value splat(DType type, Dims shape, double value);
  Value scalar(DType type, double value) { return splat(type, {}, value); }
  Value indices(DType type, Dims values); // rank 1

  // Elementwise; operands are broadcast against each other as NumPy does.
  Value unary(nn::UnaryFn fn, Value x);
  Value binary(nn::BinaryFn fn, Value a, Value b);
  Value binary(nn::BinaryFn fn, Value a, double b);
  Value add(Value a, Value b) { return binary(nn::BinaryFn::Add, a, b); }
  Value sub(Value a, Value b) { return binary(nn::BinaryFn::Sub, a, b); }
  Value mul(Value a, Value b) { return binary(nn::BinaryFn::Mul, a, b); }
  Value div(Value a, Value b) { return binary(nn::BinaryFn::Div, a, b); }
  Value compare(nn::CompareFn fn, Value a, Value b);
  Value compare(nn::CompareFn fn, Value a, double b);
  Value select(Value condition, Value onTrue, Value onFalse);
  Value clamp(Value x, double low, double high); // any numbers
  Value cast(Value x, DType to);
  Value bitcast(Value x, DType to);
  Value random(nn::RandomFn fn, DType type, Dims shape, int64_t seed, int64_t stream, int64_t low = 0,
               int64_t high = 1);

  // Moving elements.
  Value reshape(Value x, Dims shape);
  Value broadcastTo(Value x, Dims shape); // aligned at the last dimension
  Value transpose(Value x, Dims permutation);
  Value concat(llvm::ArrayRef<Value> inputs, int64_t axis);
  Value slice(Value x, Dims starts, Dims sizes, Dims strides = {});
  // Elements [start, start+size) of one axis.
  Value sliceAxis(Value x, int64_t axis, int64_t start, int64_t size);
  Value dynamicSlice(Value x, Value starts, Dims sizes);
  Value reverse(Value x, Dims axes);
  Value pad(nn::PadMode mode, Value x, Dims low, Dims high, Value value = {}); // default value: zero
  Value gather(Value x, Value indices, int64_t axis, int64_t batchDims = 0);
  Value gatherNd(Value x, Value indices, int64_t batchDims = 0);
  Value scatterNd(nn::ScatterFn fn, Value x, Value indices, Value updates);
  Value iota(DType type, Dims shape, int64_t axis);
  Value tile(Value x, Dims multiples);
  Value expandDims(Value x, int64_t axis); // 0 <= axis <= rank
  // The first lengths[i] elements along `axis` turn around in entry i of `batchAxis`.
  Value reverseSequence(Value x, Value lengths, int64_t axis, int64_t batchAxis);
  // Channels from axis 1 to the last one, and back.
  Value channelsLast(Value x);
  Value channelsFirst(Value x);

  // Integers of `type` for real numbers (or i32 sums) and back (nn.quantize, nn.dequantize). The f32 factor is broadcast.
  // Known integers stay what they are, for passes that compute with them.
  Value quantize(nn::Rounding rounding, Value x, Value factor, int64_t zero, double low, double high, DType type,
                 std::optional<float> origin = std::nullopt);
  Value dequantize(Value x, Value factor, int64_t zero);

  // Contractions, windows and reductions. Ranks of matmul's batches may differ.
  Value matmul(Value a, Value b, bool transposeA = false, bool transposeB = false);
  Value conv(Value input, Value filter, const Window &window, int64_t groups = 1);
  // Of bytes less their zero points, with sums in i32.
  Value matmul(Value a, Value b, ZeroPoints zeros);
  Value conv(Value input, Value filter, const Window &window, int64_t groups, ZeroPoints zeros);
  Value convTranspose(Value input, Value filter, Dims resultShape, const Window &window, int64_t groups = 1);
  Value pool(nn::PoolFn fn, Value input, Dims extents, const Window &window, bool countPadding = false);
  Value resize(nn::ResizeMode mode, Value input, Dims resultShape, nn::CoordMode coord, nn::RoundMode round,
               llvm::ArrayRef<float> scales);
  Value reduce(nn::ReduceFn fn, Value x, Dims axes, bool keepDims);
  Value argReduce(nn::ArgReduceFn fn, Value x, int64_t axis, DType indexType, bool keepDims);
  std::pair<Value, Value> topK(Value x, int64_t k, DType indexType);
  Value cumulative(nn::CumulativeFn fn, Value x, int64_t axis, bool exclusive, bool reverse);
  Value softmax(Value x, int64_t axis, bool log = false);

  // A C function of the user's; `names` of operands, then results.
  llvm::SmallVector<Value> custom(llvm::StringRef callee, llvm::ArrayRef<Value> operands, mlir::DictionaryAttr attributes,
                                  llvm::ArrayRef<llvm::StringRef> names, llvm::ArrayRef<mlir::Type> types);

  // Tensors with extents that data decides (Extents.h).
  ExtentTable extents;
  bool hasExtents(llvm::ArrayRef<Value> values) const;
  // An extent as an i64 scalar, and the largest that it can be; nullopt: nothing bounds it.
  Value extentOf(Value tensor, int64_t dim);
  std::optional<int64_t> boundOf(Value extent);
  // Largest extents of what nodes yield, by their names; a run-time check sees to it that they hold.
  void setBounds(llvm::ArrayRef<std::pair<std::string, int64_t>> given) { bounds = {given.begin(), given.end()}; }
  int64_t boundOr(int64_t otherwise); // what is given for this node
  void reportSpareBounds(); // those that no node asked for
  // An extent with its bound: one that is given, else one that is found; nullopt: reported.
  std::optional<std::pair<Value, int64_t>> bounded(Value extent, const llvm::Twine &what);
  // Element `i` of a vector as a scalar, looking through what puts vectors together.
  Value element(Value vector, int64_t i);
  // What an elementwise operation of these yields; nullopt: reported.
  std::optional<Extents> elementwiseExtents(llvm::ArrayRef<Value> operands, Value result);
  // Where a bool tensor is true: flat positions [n], or one row of coordinates each [n,rank]; n depends on data.
  Value positionsOfTrue(Value flags);
  Value selectTrue(Value flags);
  // `value` in place of what lies behind the extents.
  Value maskTail(Value x, double value);
  // Elements first, first + step, ... of an axis, `most` of them; what is outside comes from the edge.
  Value walk(Value x, int64_t axis, Value first, int64_t most, int64_t step);
  // Of an axis, elements first, first + step, ... before last (each at most its extent); `count`: how many, null where that
  // is known.
  Value rangeAlong(Value x, int64_t axis, Value first, Value last, int64_t step, Value &count);
  // A position along an axis, from the end where it is negative, and then within it; i64 scalars.
  Value clampedPosition(Value at, Value extent);
  // The elements within the extents one after the other.
  Value packed(Value x);
  // The extents of a tensor as a vector.
  Value shapeVector(Value x, DType type);
  // A vector that holds a shape; nullopt: reported. `extents` are null where `most` is exact.
  struct RuntimeShape {
    DimVector most;
    Extents extents;
  };
  std::optional<RuntimeShape> shapeFrom(Value vector);
  // A scalar in all elements of the shape that a vector holds.
  Value fill(Value value, Value shape);
  // As the functions without this ending, of tensors with such extents. In `target`, -1 and what depends on data is
  // what is left.
  Value reshapeTo(Value x, Value target);
  Value concatExtents(llvm::ArrayRef<Value> parts, int64_t axis);
  Value gatherExtents(Value x, Value indices, int64_t axis, int64_t batchDims = 0);
  Value reduceExtents(nn::ReduceFn fn, Value x, Dims axes, bool keepDims);

private:
  // The type, or a report that it is absurd.
  mlir::RankedTensorType type(DType element, Dims shape);
  mlir::RankedTensorType checked(mlir::RankedTensorType type);
  // Runs `infer(emitError)` and reports what it says.
  mlir::RankedTensorType infer(llvm::function_ref<nn::TypeOr(nn::EmitError)> infer);
  // Broadcasts all of `values` to their common shape in place.
  bool broadcastTogether(llvm::MutableArrayRef<Value> values);

  // Verifies a new operation and evaluates it where its operands are known.
  void finish(mlir::Operation *op, llvm::SmallVectorImpl<Value> &results);
  template <typename Op, typename... Args> Value create(mlir::Type resultType, Args &&...args) {
    llvm::SmallVector<Value> results;
    finish(builder.create<Op>(loc, resultType, std::forward<Args>(args)...), results);
    return results.front();
  }
  bool evaluate(mlir::Operation *op, llvm::SmallVectorImpl<Value> &results);
  Value factorLike(Value factor, Value x);
  bool charge(mlir::Operation *op); // takes the cost of evaluating it from what is left

  mlir::OpBuilder &builder;
  Diagnostics &diagnostics;
  mlir::ScopedDiagnosticHandler handler; // captures what verifiers say
  std::string file, nodeName, nodeOp, captured;
  mlir::Location loc;
  FoldLimits left;
  std::map<std::string, int64_t> bounds;
  std::set<std::string> usedBounds;
  bool nodeFailed = false;
  int loopDepth = 0; // of loops over data, around what is built

  friend class DataLoop;
};

} // namespace aotc
#endif
