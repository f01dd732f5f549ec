#include "backends/cpu/codegen/AbiData.h"

#include "ir/NN/AbiType.h"
#include "ir/NN/Constants.h"
#include "ir/Plan/Plan.h"

namespace aotc::cpu {

llvm::Constant *AbiData::data(llvm::Constant *value) {
  auto *global = new llvm::GlobalVariable(module, value->getType(), true, llvm::GlobalValue::PrivateLinkage, value);
  global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  return global;
}

llvm::Constant *AbiData::string(llvm::StringRef text) { return data(llvm::ConstantDataArray::getString(module.getContext(), text)); }

llvm::Constant *AbiData::array(llvm::ArrayRef<llvm::Constant *> values) {
  return values.empty() ? null() : data(llvm::ConstantArray::get(llvm::ArrayType::get(values[0]->getType(), values.size()), values));
}

llvm::Constant *AbiData::tensors(mlir::TypeRange types, llvm::ArrayRef<std::string> names,
                                 llvm::ArrayRef<std::optional<Scale>> scales) {
  llvm::SmallVector<llvm::Constant *> infos;
  for (auto [i, type, name] : llvm::enumerate(types, names)) {
    auto tensor = mlir::cast<mlir::RankedTensorType>(type);
    llvm::SmallVector<uint64_t> extents(tensor.getShape());
    llvm::Constant *shape = extents.empty() ? null() : data(llvm::ConstantDataArray::get(module.getContext(), extents));
    DType dtype = *nn::dtypeOf(tensor.getElementType());
    Scale scale = i < scales.size() && scales[i] ? *scales[i] : Scale{0, 0};
    infos.push_back(llvm::ConstantStruct::getAnon({string(name), shape, b.getInt32(tensor.getRank()), b.getInt32(nn::abiType(dtype)),
                                                   b.getInt64(plan::denseBytes(tensor)), llvm::ConstantFP::get(b.getFloatTy(), scale.scale),
                                                   b.getInt32(static_cast<uint32_t>(scale.zero))}));
  }
  return array(infos);
}

} // namespace aotc::cpu
