#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <set>

using namespace mlir;

namespace aotc::nn {

Type elementType(MLIRContext *context, DType type) {
  auto integer = [&](unsigned width, bool isUnsigned) {
    return IntegerType::get(context, width, isUnsigned ? IntegerType::Unsigned : IntegerType::Signless);
  };
  switch (type) {
  case DType::F64: return Float64Type::get(context);
  case DType::F32: return Float32Type::get(context);
  case DType::F16: return Float16Type::get(context);
  case DType::BF16: return BFloat16Type::get(context);
  case DType::I1: return integer(1, false);
  case DType::I8: return integer(8, false);
  case DType::I16: return integer(16, false);
  case DType::I32: return integer(32, false);
  case DType::I64: return integer(64, false);
  case DType::U8: return integer(8, true);
  case DType::U16: return integer(16, true);
  case DType::U32: return integer(32, true);
  case DType::U64: return integer(64, true);
  }
  llvm_unreachable("unknown DType");
}

std::optional<DType> dtypeOf(Type type) {
  if (type.isF64()) return DType::F64;
  if (type.isF32()) return DType::F32;
  if (type.isF16()) return DType::F16;
  if (type.isBF16()) return DType::BF16;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.isSigned())
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1: return isUnsigned ? std::nullopt : std::optional(DType::I1);
  case 8: return isUnsigned ? DType::U8 : DType::I8;
  case 16: return isUnsigned ? DType::U16 : DType::I16;
  case 32: return isUnsigned ? DType::U32 : DType::I32;
  case 64: return isUnsigned ? DType::U64 : DType::I64;
  default: return std::nullopt;
  }
}

RankedTensorType tensorType(MLIRContext *context, DType type, ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, elementType(context, type));
}

DType dtypeOf(Value tensor) {
  return *dtypeOf(cast<RankedTensorType>(tensor.getType()).getElementType());
}

ArrayRef<int64_t> shapeOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getShape(); }

static bool allElementsEqual(const Tensor &tensor) {
  size_t width = byteSize(tensor.dtype());
  return tensor.size() > 0 &&
         std::memcmp(tensor.data(), tensor.data() + width, tensor.bytes() - width) == 0;
}

static constexpr char kBlobName[] = "weights";

ElementsAttr toAttr(MLIRContext *context, const Tensor &tensor) {
  auto type = tensorType(context, tensor.dtype(), tensor.shape());
  if (tensor.size() == 0)
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  bool splat = allElementsEqual(tensor);
  if (tensor.dtype() == DType::I1 && (splat || tensor.bytes() <= kResourceThreshold)) {
    SmallVector<bool> values;
    for (int64_t i = 0, e = splat ? 1 : tensor.size(); i < e; ++i)
      values.push_back(tensor.data()[i] != 0);
    return DenseElementsAttr::get(type, ArrayRef<bool>(values));
  }
  if (splat)
    return DenseElementsAttr::getFromRawBuffer(type, {tensor.data(), byteSize(tensor.dtype())});
  if (tensor.bytes() <= kResourceThreshold)
    return DenseElementsAttr::getFromRawBuffer(type, {tensor.data(), tensor.bytes()});
  // The blob's deleter holds the tensor, which holds the bytes.
  auto blob = UnmanagedAsmResourceBlob::allocateWithAlign(
      {tensor.data(), tensor.bytes()}, byteSize(tensor.dtype()),
      [keep = tensor](void *, size_t, size_t) {});
  return DenseResourceElementsAttr::get(type, kBlobName, std::move(blob));
}

void releaseUnusedConstants(ModuleOp module) {
  std::set<const char *> used; // where bytes begin; a tensor from fromAttr may be a part of another's
  module.walk([&](Operation *op) {
    for (NamedAttribute attribute : op->getAttrs())
      if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute.getValue()))
        if (const AsmResourceBlob *blob = resource.getRawHandle().getBlob())
          used.insert(blob->getData().data());
  });
  auto &blobs = DenseResourceElementsHandle::getManagerInterface(module.getContext()).getBlobManager();
  // The manager numbers equal names.
  std::string name = kBlobName;
  for (size_t i = 1; auto *entry = blobs.lookup(name); name = (kBlobName + Twine("_") + Twine(i++)).str())
    if (const AsmResourceBlob *blob = entry->getBlob()) {
      auto first = used.lower_bound(blob->getData().begin());
      if (first == used.end() || *first >= blob->getData().end())
        entry->setBlob({});
    }
}

Tensor fromAttr(ElementsAttr attr) {
  auto type = cast<RankedTensorType>(attr.getShapedType());
  DType dtype = *dtypeOf(type.getElementType());
  Shape shape(type.getShape().begin(), type.getShape().end());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    size_t bytes = type.getNumElements() * byteSize(dtype);
    if (blob && blob->getData().size() == bytes)
      return Tensor(dtype, std::move(shape), blob->getData().data(), nullptr);
    return Tensor(dtype, std::move(shape)); // elided in a test's text: zeros
  }
  auto dense = cast<DenseElementsAttr>(attr);
  Tensor result(dtype, std::move(shape));
  char *out = result.mutableData();
  if (result.size() == 0)
    return result;
  if (dtype == DType::I1) { // packed to bits in the attribute
    for (bool value : dense.getValues<bool>())
      *out++ = value;
    return result;
  }
  size_t width = byteSize(dtype);
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat())
    std::memcpy(out, raw.data(), result.bytes());
  else
    for (int64_t i = 0; i < result.size(); ++i, out += width)
      std::memcpy(out, raw.data(), width);
  return result;
}

std::optional<Tensor> constantOf(Value value) {
  if (auto constant = value.getDefiningOp<ConstantOp>())
    return fromAttr(constant.getValue());
  return std::nullopt;
}

bool isConstant(Value value) { return value.getDefiningOp<ConstantOp>() != nullptr; }

std::optional<double> splatValue(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant)
    return std::nullopt;
  auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!dense || !dense.isSplat()) // toAttr makes every uniform tensor a splat
    return std::nullopt;
  auto type = constant.getType();
  if (type.getElementType().isInteger(1))
    return dense.getSplatValue<bool>() ? 1.0 : 0.0;
  Tensor one(*dtypeOf(type.getElementType()), {});
  std::memcpy(one.mutableData(), dense.getRawData().data(), one.bytes());
  return one.f(0);
}

Value makeConstant(OpBuilder &builder, Location loc, const Tensor &tensor) {
  return builder.create<ConstantOp>(loc, toAttr(builder.getContext(), tensor));
}

Value makeSplat(OpBuilder &builder, Location loc, RankedTensorType type, double value) {
  if (type.getNumElements() == 0)
    return makeConstant(builder, loc, Tensor(*dtypeOf(type.getElementType()), type.getShape().vec()));
  if (type.getElementType().isInteger(1))
    return builder.create<ConstantOp>(loc, cast<ElementsAttr>(DenseElementsAttr::get(type, value != 0)));
  Tensor one(*dtypeOf(type.getElementType()), {});
  one.setF(0, value);
  return builder.create<ConstantOp>(
      loc, cast<ElementsAttr>(DenseElementsAttr::getFromRawBuffer(type, {one.data(), one.bytes()})));
}

} // namespace aotc::nn
