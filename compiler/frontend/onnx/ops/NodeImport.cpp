#include "compiler/frontend/onnx/ops/NodeImport.h"

namespace aotc::onnx {

template <typename T> const T *NodeImport::attr(llvm::StringRef name, llvm::StringRef expected) {
  auto found = node.attrs.find(name.str());
  if (found == node.attrs.end())
    return nullptr;
  if (auto *value = std::get_if<T>(&found->second))
    return value;
  auto *bad = std::get_if<BadValue>(&found->second);
  error("attribute '" + name + "' " + (bad ? bad->reason : "is not " + expected.str()));
  return nullptr;
}

int64_t NodeImport::integer(llvm::StringRef name, int64_t byDefault) {
  auto *value = attr<int64_t>(name, "an integer");
  return value ? *value : byDefault;
}

double NodeImport::real(llvm::StringRef name, double byDefault) {
  auto *value = attr<float>(name, "a float");
  return value ? *value : byDefault;
}

std::string NodeImport::text(llvm::StringRef name, llvm::StringRef byDefault) {
  auto *value = attr<std::string>(name, "a string");
  return value ? *value : byDefault.str();
}

DimVector NodeImport::integers(llvm::StringRef name) {
  auto *values = attr<std::vector<int64_t>>(name, "a list of integers");
  return values ? DimVector(values->begin(), values->end()) : DimVector();
}

llvm::SmallVector<double> NodeImport::reals(llvm::StringRef name) {
  auto *values = attr<std::vector<float>>(name, "a list of floats");
  return values ? llvm::SmallVector<double>(values->begin(), values->end()) : llvm::SmallVector<double>();
}

std::vector<std::string> NodeImport::texts(llvm::StringRef name) {
  auto *values = attr<std::vector<std::string>>(name, "a list of strings");
  return values ? *values : std::vector<std::string>();
}

const TypedTensor *NodeImport::typedTensor(llvm::StringRef name) { return attr<TypedTensor>(name, "a tensor"); }

std::optional<Tensor> NodeImport::tensor(llvm::StringRef name) {
  auto *value = typedTensor(name);
  return value ? std::optional(value->tensor) : std::nullopt;
}

std::optional<DType> NodeImport::type(llvm::StringRef name, std::optional<DType> byDefault) {
  auto *code = attr<int64_t>(name, "an element type");
  if (!code) {
    if (!byDefault && !has(name))
      error("attribute '" + name + "' is missing");
    return byDefault;
  }
  auto known = dtypeOf(static_cast<ElementType>(*code));
  if (!known)
    error("element type " + nameOf(static_cast<ElementType>(*code)) + " is not supported");
  return known;
}

void NodeImport::setElementType(size_t output, ElementType type) {
  if (types.size() <= output)
    types.resize(output + 1, kUndefined);
  types[output] = type;
}

std::optional<llvm::SmallVector<Value>> NodeImport::importBody(llvm::StringRef name, llvm::ArrayRef<Value> arguments,
                                                               NodeContext::Capture capture) {
  auto *body = attr<std::shared_ptr<const Graph>>(name, "a graph");
  if (!body && !has(name))
    error("attribute '" + name + "' is missing");
  return body ? context.importBody(**body, arguments, capture) : std::nullopt;
}

} // namespace aotc::onnx
