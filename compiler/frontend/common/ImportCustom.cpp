#include "compiler/frontend/common/ImportCustom.h"

#include "ir/NN/AbiType.h"

using namespace mlir;

namespace aotc {
namespace {

std::string text(DType type, ImportBuilder::Dims shape) { return typeString(type, {shape.data(), shape.size()}); }

class Application {
public:
  Application(ImportBuilder &b, const CustomOp &op, ArrayRef<Value> operands,
              llvm::function_ref<std::optional<CustomValues>(const CustomAttr &)> valuesOf)
      : b(b), op(op), operands(operands), valuesOf(valuesOf) {}

  SmallVector<Value> run() {
    SmallVector<Value> poison(op.results.size());
    if (operands.size() != op.operands.size())
      return b.error("has " + Twine(operands.size()) + " operands, and " + Twine(op.operands.size()) + " are declared"), poison;
    for (auto [i, operand] : llvm::enumerate(operands))
      if (!operand)
        return b.error("operand " + Twine(i) + " is left out"), poison;
      else if (b.hasExtents({operand}))
        return b.error("operand " + Twine(i) + " has an extent that depends on data"), poison;
      else if (!bind(op.operands[i], operand))
        return poison;
    for (const CustomAttr &attr : op.attrs)
      if (!addAttribute(attr))
        return poison;
    for (const CustomTensor &result : op.results)
      if (!addResult(result))
        return poison;
    if (op.asksShape() && !askShapes())
      return poison;
    SmallVector<Type> resultTypes;
    for (auto [type, shape] : llvm::zip(types, shapes)) {
      if (llvm::any_of(shape, [](int64_t extent) { return extent < 0; }) || !elementCount(shape, byteSize(type)))
        return b.error("would yield a tensor of shape " + Twine(toString(shape))), poison;
      resultTypes.push_back(nn::tensorType(b.context(), type, shape));
    }
    SmallVector<StringRef> names;
    for (const auto *tensors : {&op.operands, &op.results})
      for (const CustomTensor &tensor : *tensors)
        names.push_back(tensor.name);
    return b.custom(op.symbol, operands, DictionaryAttr::get(b.context(), attributes), names, resultTypes);
  }

private:
  bool error(const Twine &message) {
    b.error(message);
    return false;
  }

  // Checks an operand against its declaration and learns names.
  bool bind(const CustomTensor &declared, Value operand) {
    DType type = ImportBuilder::dtype(operand);
    ImportBuilder::Dims shape = ImportBuilder::shape(operand);
    auto mismatch = [&] { return error("operand '" + declared.name + "' is " + text(type, shape) + ", which the declaration excludes"); };
    if (declared.type ? *declared.type != type : typeOf.try_emplace(declared.typeName, type).first->second != type)
      return mismatch();
    const auto rest = llvm::find_if(declared.dims, [](const CustomDim &dim) { return dim.kind == CustomDim::Rest; });
    const size_t fixed = declared.dims.size() - (rest != declared.dims.end());
    if (shape.size() < fixed || (rest == declared.dims.end() && shape.size() != fixed))
      return mismatch();
    size_t at = 0;
    for (const CustomDim &dim : declared.dims) {
      if (dim.kind == CustomDim::Rest) {
        DimVector part(shape.slice(at, shape.size() - fixed));
        if (rests.try_emplace(dim.name, part).first->second != part)
          return mismatch();
        at += part.size();
        continue;
      }
      const int64_t extent = shape[at++];
      const bool fits = dim.extent.kind == CustomExpr::Number ? dim.extent.number == extent
                                                              : names.try_emplace(dim.extent.name, extent).first->second == extent;
      if (!fits)
        return mismatch();
    }
    return true;
  }

  bool addAttribute(const CustomAttr &attr) {
    std::optional<CustomValues> values = valuesOf(attr);
    if (b.failed())
      return false;
    if (!values)
      values = attr.byDefault;
    if (!values)
      return error("attribute '" + attr.name + "' is missing");
    MLIRContext *context = b.context();
    Attribute attribute;
    if (auto *integers = std::get_if<std::vector<int64_t>>(&*values)) {
      attribute = DenseI64ArrayAttr::get(context, *integers);
      if (attr.kind == CustomAttr::Int)
        names[attr.name] = integers->front();
    } else if (auto *numbers = std::get_if<std::vector<double>>(&*values)) {
      attribute = DenseF64ArrayAttr::get(context, *numbers);
    } else {
      attribute = StringAttr::get(context, std::get<std::string>(*values));
    }
    attributes.push_back(NamedAttribute(StringAttr::get(context, attr.name), attribute));
    return true;
  }

  bool addResult(const CustomTensor &result) {
    std::vector<int64_t> shape;
    for (const CustomDim &dim : result.dims) {
      if (dim.kind == CustomDim::Rest) {
        const DimVector &part = rests[dim.name];
        shape.insert(shape.end(), part.begin(), part.end());
        continue;
      }
      absl::StatusOr<int64_t> extent = dim.kind == CustomDim::Asked ? absl::StatusOr<int64_t>(-1) : dim.extent.evaluate(names);
      if (!extent.ok())
        return error("result '" + result.name + "': " + std::string(extent.status().message()));
      if (dim.kind == CustomDim::Extent && *extent < 0)
        return error("result '" + result.name + "' would have an extent of " + Twine(*extent));
      shape.push_back(*extent);
    }
    types.push_back(result.type ? *result.type : typeOf.at(result.typeName));
    shapes.push_back(std::move(shape));
    return true;
  }

  // SYMBOL_shape fills what is open.
  bool askShapes() {
    if (!op.shape)
      return error("the declaration leaves extents to " + op.symbol + "_shape, which no --custom-library has");
    std::vector<Shape> inputShapes;
    std::vector<std::optional<Tensor>> known;
    std::vector<aotc_tensor_info> inputs, outputs;
    std::vector<const void *> data;
    std::vector<int64_t *> open;
    auto info = [](const std::string &name, DType type, const std::vector<int64_t> &shape) {
      auto rank = static_cast<int32_t>(shape.size());
      return aotc_tensor_info{name.c_str(), shape.data(), rank, nn::abiType(type), 0, 0, 0};
    };
    for (Value operand : operands) {
      inputShapes.push_back(ImportBuilder::shape(operand).vec());
      known.push_back(b.constantOf(operand));
    }
    for (size_t i = 0; i < operands.size(); ++i) {
      inputs.push_back(info(op.operands[i].name, ImportBuilder::dtype(operands[i]), inputShapes[i]));
      inputs.back().bytes = ImportBuilder::elements(operands[i]) * byteSize(ImportBuilder::dtype(operands[i]));
      data.push_back(known[i] ? known[i]->data() : nullptr);
    }
    std::vector<Shape> answered = shapes;
    for (size_t i = 0; i < shapes.size(); ++i) {
      outputs.push_back(info(op.results[i].name, types[i], shapes[i]));
      open.push_back(answered[i].data());
    }
    DictionaryAttr sorted = DictionaryAttr::get(b.context(), attributes);
    std::vector<aotc_op_attr> attrs;
    for (NamedAttribute attr : sorted) {
      const char *name = attr.getName().data();
      if (auto integers = dyn_cast<DenseI64ArrayAttr>(attr.getValue()))
        attrs.push_back({name, AOTC_ATTR_INT, static_cast<uint32_t>(integers.size()), integers.asArrayRef().data()});
      else if (auto numbers = dyn_cast<DenseF64ArrayAttr>(attr.getValue()))
        attrs.push_back({name, AOTC_ATTR_FLOAT, static_cast<uint32_t>(numbers.size()), numbers.asArrayRef().data()});
      else if (auto characters = dyn_cast<StringAttr>(attr.getValue()))
        attrs.push_back({name, AOTC_ATTR_STRING, static_cast<uint32_t>(characters.size()), characters.data()});
    }
    aotc_op_call call{sizeof(aotc_op_call), static_cast<uint32_t>(inputs.size()), static_cast<uint32_t>(outputs.size()),
                      static_cast<uint32_t>(attrs.size()), inputs.data(), outputs.data(), attrs.data(), data.data(), nullptr};
    if (aotc_status status = op.shape(&call, open.data()))
      return error(op.symbol + "_shape returns status " + Twine(status));
    for (size_t i = 0; i < shapes.size(); ++i)
      for (size_t d = 0; d < shapes[i].size(); ++d)
        if (shapes[i][d] < 0)
          shapes[i][d] = answered[i][d];
    return true;
  }

  using DimVector = SmallVector<int64_t>;

  ImportBuilder &b;
  const CustomOp &op;
  ArrayRef<Value> operands;
  llvm::function_ref<std::optional<CustomValues>(const CustomAttr &)> valuesOf;
  CustomNames names;
  std::map<std::string, DType> typeOf;
  std::map<std::string, DimVector> rests;
  SmallVector<NamedAttribute> attributes;
  std::vector<DType> types;
  std::vector<Shape> shapes;
};

} // namespace

SmallVector<Value> importCustomOp(ImportBuilder &b, const CustomOp &op, ArrayRef<Value> operands,
                                  llvm::function_ref<std::optional<CustomValues>(const CustomAttr &)> valuesOf) {
  return Application(b, op, operands, valuesOf).run();
}

} // namespace aotc
