#include "compiler/frontend/tensorflow/ops/NodeImport.h"

namespace aotc::tf {

template <typename T> const T *NodeImport::attr(llvm::StringRef name, llvm::StringRef expected) {
  auto found = node.attrs.find(name.str());
  if (found == node.attrs.end())
    return nullptr;
  if (auto *value = std::get_if<T>(&found->second))
    return value;
  error("attribute '" + name + "' is not " + expected);
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

bool NodeImport::flag(llvm::StringRef name, bool byDefault) {
  auto *value = attr<bool>(name, "a bool");
  return value ? *value : byDefault;
}

std::string NodeImport::text(llvm::StringRef name, llvm::StringRef byDefault) {
  auto *value = attr<std::string>(name, "a string");
  return value ? *value : byDefault.str();
}

// A list attribute without elements does not tell its element type.
static bool isEmptyList(const Attr &attr) {
  return std::visit(
      [](const auto &value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::vector<int64_t>> || std::is_same_v<T, std::vector<float>> ||
                      std::is_same_v<T, std::vector<bool>> || std::is_same_v<T, std::vector<std::string>> ||
                      std::is_same_v<T, std::vector<TypeCode>> || std::is_same_v<T, std::vector<PartialShape>>)
          return value.empty();
        else
          return false;
      },
      attr);
}

DimVector NodeImport::integers(llvm::StringRef name) {
  auto found = node.attrs.find(name.str());
  if (found == node.attrs.end() || isEmptyList(found->second))
    return {};
  auto *values = attr<std::vector<int64_t>>(name, "a list of integers");
  return values ? DimVector(values->begin(), values->end()) : DimVector();
}

llvm::SmallVector<double> NodeImport::reals(llvm::StringRef name) {
  auto found = node.attrs.find(name.str());
  if (found == node.attrs.end() || isEmptyList(found->second))
    return {};
  auto *values = attr<std::vector<float>>(name, "a list of floats");
  return values ? llvm::SmallVector<double>(values->begin(), values->end()) : llvm::SmallVector<double>();
}

std::optional<DType> NodeImport::type(llvm::StringRef name, std::optional<DType> byDefault) {
  auto *code = attr<TypeCode>(name, "an element type");
  if (!code) {
    if (!byDefault)
      error("attribute '" + name + "' is missing");
    return byDefault;
  }
  auto known = dtypeOf(*code);
  if (!known)
    error("element type " + nameOf(*code) + " is not supported");
  return known;
}

std::vector<BodyPtr> NodeImport::bodies(llvm::StringRef name) {
  auto found = node.attrs.find(name.str());
  if (found != node.attrs.end()) {
    if (auto *body = std::get_if<BodyPtr>(&found->second))
      return {*body};
    if (auto *several = std::get_if<std::vector<BodyPtr>>(&found->second))
      return *several;
  }
  error("attribute '" + name + "' does not name a function");
  return {};
}

} // namespace aotc::tf
