#include "ir/Interp/Interp.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "ir/Interp/Kernels.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

namespace aotc {
namespace interp {

Tensor widen(const Tensor &tensor) {
  bool half = tensor.dtype() == DType::F16;
  Tensor result(DType::F32, tensor.shape());
  float *to = result.mutableAs<float>();
  const auto *from = tensor.as<uint16_t>();
  for (int64_t i = 0; i < tensor.size(); ++i)
    to[i] = half ? halfToFloat(from[i]) : bfloatToFloat(from[i]);
  return result;
}

Tensor narrow(const Tensor &tensor, DType type) {
  Tensor result(type, tensor.shape());
  auto *to = result.mutableAs<uint16_t>();
  const auto *from = tensor.as<float>();
  for (int64_t i = 0; i < tensor.size(); ++i)
    to[i] = type == DType::F16 ? floatToHalf(from[i]) : floatToBfloat(from[i]);
  return result;
}

Shape rowMajorStrides(absl::Span<const int64_t> shape) {
  Shape strides(shape.size());
  uint64_t stride = 1;
  for (size_t d = shape.size(); d-- > 0;) {
    strides[d] = static_cast<int64_t>(stride);
    stride *= static_cast<uint64_t>(shape[d]);
  }
  return strides;
}

int64_t product(absl::Span<const int64_t> extents) {
  return elementCount(extents).value_or(std::numeric_limits<int64_t>::max());
}

OffsetTables strideTables(absl::Span<const int64_t> shape, absl::Span<const int64_t> strides) {
  OffsetTables tables(shape.size());
  for (size_t d = 0; d < shape.size(); ++d) {
    tables[d].resize(shape[d]);
    for (int64_t i = 0; i < shape[d]; ++i)
      tables[d][i] = i * strides[d];
  }
  return tables;
}

namespace {

absl::StatusOr<Results> evaluateBlock(mlir::Block &block, const Arguments &in);

absl::StatusOr<Results> fusion(mlir::Operation *op, const Arguments &in) {
  return evaluateBlock(mlir::cast<nn::FusionOp>(op).getBody().front(), in);
}

const Kernel *findKernel(llvm::StringRef name) {
  static const auto *table = [] {
    auto *kernels = new llvm::StringMap<Kernel>;
    for (const auto &family :
         {mathKernels(), shapeKernels(), convKernels(), reduceKernels(), quantKernels(), randomKernels(), controlKernels()})
      for (const Kernel &kernel : family)
        kernels->try_emplace(kernel.name, kernel);
    kernels->try_emplace(nn::FusionOp::getOperationName(),
                         Kernel{nn::FusionOp::getOperationName(), fusion, kMovesBytes});
    return kernels;
  }();
  auto found = table->find(name);
  return found == table->end() ? nullptr : &found->second;
}

// Views of files may start anywhere; kernels use typed pointers.
Tensor aligned(const Tensor &tensor) {
  if (reinterpret_cast<uintptr_t>(tensor.data()) % byteSize(tensor.dtype()) == 0)
    return tensor;
  Tensor copy(tensor.dtype(), tensor.shape());
  std::memcpy(copy.mutableData(), tensor.data(), tensor.bytes());
  return copy;
}

absl::Status matches(const Tensor &tensor, mlir::Value value, absl::string_view what, size_t index) {
  auto type = mlir::dyn_cast<mlir::RankedTensorType>(value.getType());
  std::optional<DType> dtype = type ? nn::dtypeOf(type.getElementType()) : std::nullopt;
  if (!dtype)
    return absl::UnimplementedError(absl::StrCat(what, " ", index, " has an unknown type"));
  if (*dtype == tensor.dtype() && type.getShape() == llvm::ArrayRef<int64_t>(tensor.shape()))
    return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, " ", index, " is ", typeString(tensor), ", expected ",
                                                 typeString(*dtype, shapeOf(value))));
}

absl::Status checkResultSizes(mlir::Operation *op) {
  for (mlir::Value value : op->getResults()) {
    auto type = mlir::dyn_cast<mlir::RankedTensorType>(value.getType());
    std::optional<DType> dtype = type ? nn::dtypeOf(type.getElementType()) : std::nullopt;
    if (!dtype)
      return absl::UnimplementedError(
          absl::StrCat(op->getName().getStringRef().str(), ": a result has an unknown type"));
    if (!elementCount(shapeOf(value), byteSize(widened(*dtype))))
      return absl::ResourceExhaustedError(
          absl::StrCat(op->getName().getStringRef().str(), ": the result is too large"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Results> evaluateBlock(mlir::Block &block, const Arguments &in) {
  llvm::DenseMap<mlir::Value, Tensor> values;
  llvm::DenseMap<mlir::Value, size_t> uses; // left, in operations not yet evaluated
  auto define = [&](mlir::Value value, Tensor tensor) {
    if (value.use_empty())
      return;
    uses[value] = std::distance(value.use_begin(), value.use_end());
    values[value] = std::move(tensor);
  };
  auto take = [&](mlir::Value value) {
    auto entry = values.find(value);
    Tensor tensor = entry->second;
    if (--uses[value] == 0)
      values.erase(entry);
    return tensor;
  };
  if (in.operands.size() != block.getNumArguments())
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", block.getNumArguments(), " arguments, got ", in.operands.size()));
  for (auto [i, argument] : llvm::enumerate(block.getArguments())) {
    if (absl::Status status = matches(in[i], argument, "argument", i); !status.ok())
      return status;
    define(argument, in[i]);
  }
  for (mlir::Operation &op : block) {
    Results operands;
    for (mlir::Value operand : op.getOperands())
      operands.push_back(take(operand));
    if (op.hasTrait<mlir::OpTrait::IsTerminator>())
      return operands;
    absl::StatusOr<Results> results = evaluateOp(&op, operands, in.callSeed);
    if (!results.ok())
      return results.status();
    for (auto [value, tensor] : llvm::zip_equal(op.getResults(), *results))
      define(value, std::move(tensor));
  }
  return absl::InvalidArgumentError("the block has no terminator");
}

uint64_t elements(mlir::Value value) {
  uint64_t count = 1;
  if (auto type = mlir::dyn_cast<mlir::ShapedType>(value.getType()))
    for (int64_t dim : type.getShape())
      count = llvm::SaturatingMultiply(count, static_cast<uint64_t>(dim));
  return count;
}

uint64_t elements(llvm::ArrayRef<int64_t> extents) {
  uint64_t count = 1;
  for (int64_t extent : extents)
    count = llvm::SaturatingMultiply(count, static_cast<uint64_t>(extent));
  return count;
}

} // namespace
} // namespace interp

absl::StatusOr<std::vector<Tensor>> evaluateOp(mlir::Operation *op, absl::Span<const Tensor> operands,
                                               uint64_t callSeed) {
  std::string name = op->getName().getStringRef().str();
  const interp::Kernel *kernel = interp::findKernel(name);
  if (!kernel)
    return absl::UnimplementedError(absl::StrCat("cannot evaluate ", name));
  if (operands.size() != op->getNumOperands())
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": expected ", op->getNumOperands(), " operands, got ", operands.size()));
  if (absl::Status status = interp::checkResultSizes(op); !status.ok())
    return status;
  std::vector<Tensor> prepared;
  for (auto [i, operand] : llvm::enumerate(operands)) {
    if (absl::Status status = interp::matches(operand, op->getOperand(i), name + ": operand", i);
        !status.ok())
      return status;
    Tensor tensor = interp::aligned(operand);
    bool wide = interp::widened(tensor.dtype()) == tensor.dtype() || !kernel->widensFloats;
    prepared.push_back(wide ? std::move(tensor) : interp::widen(tensor));
  }
  absl::StatusOr<std::vector<Tensor>> results = kernel->run(op, {prepared, callSeed});
  if (!results.ok())
    return absl::Status(results.status().code(), absl::StrCat(name, ": ", results.status().message()));
  for (auto [value, tensor] : llvm::zip_equal(op->getResults(), *results))
    if (DType declared = nn::dtypeOf(value); declared != tensor.dtype())
      tensor = interp::narrow(tensor, declared);
  return results;
}

absl::StatusOr<std::vector<Tensor>> evaluateFunc(mlir::func::FuncOp func, absl::Span<const Tensor> arguments,
                                                 uint64_t callSeed) {
  if (!func.getBody().hasOneBlock())
    return absl::InvalidArgumentError("the function must have exactly one block");
  return interp::evaluateBlock(func.getBody().front(), {arguments, callSeed});
}

uint64_t evaluationSteps(mlir::Operation *op) {
  using interp::elements;
  using llvm::SaturatingMultiply;
  return llvm::TypeSwitch<mlir::Operation *, uint64_t>(op)
      .Case([](nn::ConstantOp) { return 0; })
      .Case([](nn::ReshapeOp) { return 0; })
      .Case([](nn::MatMulOp matmul) {
        llvm::ArrayRef<int64_t> lhs = nn::shapeOf(matmul.getLhs());
        uint64_t depth = lhs[lhs.size() - (matmul.getTransposeLhs() ? 2 : 1)];
        return SaturatingMultiply(elements(matmul.getResult()), depth);
      })
      .Case([](nn::ConvOp conv) {
        return SaturatingMultiply(elements(conv.getResult()),
                                  elements(nn::shapeOf(conv.getFilter()).drop_back()));
      })
      .Case([](nn::ConvTransposeOp conv) {
        return SaturatingMultiply(elements(conv.getInput()),
                                  elements(nn::shapeOf(conv.getFilter()).drop_back()));
      })
      .Case([](nn::PoolOp pool) {
        return SaturatingMultiply(elements(pool.getResult()), elements(pool.getWindow()));
      })
      .Case([](nn::FusionOp fusion) {
        uint64_t steps = 0;
        for (mlir::Operation &inner : fusion.getBody().front().without_terminator())
          steps = llvm::SaturatingAdd(steps, evaluationSteps(&inner));
        return steps;
      })
      .Case([](nn::WhileOp) { return std::numeric_limits<uint64_t>::max(); })
      .Default([](mlir::Operation *other) {
        uint64_t steps = 0;
        for (mlir::Value operand : other->getOperands())
          steps = llvm::SaturatingAdd(steps, elements(operand));
        for (mlir::Value result : other->getResults())
          steps = llvm::SaturatingAdd(steps, elements(result));
        return steps;
      });
}

} // namespace aotc
