// Questions about values that several rewrites ask, and small builders.
#ifndef AOTC_PASSES_SIMPLIFY_VALUES_H
#define AOTC_PASSES_SIMPLIFY_VALUES_H

#include <functional>
#include <optional>

#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/IR/Builders.h"

namespace aotc::passes {

using Dims = llvm::ArrayRef<int64_t>;
using DimVector = llvm::SmallVector<int64_t>;

mlir::RankedTensorType typeOf(mlir::Value value);
bool isFloat(mlir::Value value);
bool isInteger(mlir::Value value); // not bool

// The number that every element equals, seen through broadcast and reshape.
std::optional<double> splatOf(mlir::Value value);
// nn.constant, or a broadcast or reshape of one.
bool isConstantLike(mlir::Value value);
// Whether no element is negative (it may be NaN), as far as a short look tells.
bool isNonNegative(mlir::Value value);

// Per position along `axis`: the value of a floating-point constant that varies
// along that axis only. One value when it does not vary at all.
struct AxisConstant {
  std::vector<double> values;
  double at(int64_t i) const { return values.size() == 1 ? values.front() : values[i]; }
};
std::optional<AxisConstant> axisConstant(mlir::Value value, int64_t axis);
// The constant with shape 1 but along `axis`, broadcast to `type`.
mlir::Value makeAxisConstant(mlir::OpBuilder &builder, mlir::Location loc, const AxisConstant &constant,
                             mlir::RankedTensorType type, int64_t axis);

// The splat constant `splat` with another shape.
mlir::Value resizedSplat(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value splat, Dims shape);

// Every element e of a floating-point constant as fn(e, row-major index).
Tensor mapElements(const Tensor &tensor, const std::function<double(double, int64_t)> &fn);
Tensor transposed(const Tensor &tensor, Dims permutation);

DimVector inverse(Dims permutation);
DimVector permuted(Dims values, Dims permutation); // result[i] = values[permutation[i]]
bool isIdentity(Dims permutation);
// Whether the extents above 1 keep their order, so that a transpose is a reshape.
bool movesNothing(Dims shape, Dims permutation);

mlir::Value reshape(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, Dims shape);
mlir::Value broadcast(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, Dims shape);
mlir::Value transpose(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, Dims permutation);
// `op` with other operands and result type.
mlir::Value cloneWith(mlir::OpBuilder &builder, mlir::Operation *op, mlir::ValueRange operands,
                      mlir::Type resultType);

} // namespace aotc::passes
#endif
