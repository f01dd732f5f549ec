// Constants of the structs of aotc/abi.h; LLVM lays them out as C does.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_ABIDATA_H
#define AOTC_BACKENDS_CPU_CODEGEN_ABIDATA_H

#include <optional>
#include <string>

#include "ir/Tensor/Tensor.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"
#include "mlir/IR/TypeRange.h"

namespace aotc::cpu {

class AbiData {
public:
  explicit AbiData(llvm::Module &module) : module(module), b(module.getContext()), pointer(b.getPtrTy()) {}

  llvm::Constant *null() { return llvm::ConstantPointerNull::get(pointer); }
  // A pointer to the value.
  llvm::Constant *data(llvm::Constant *value);
  llvm::Constant *string(llvm::StringRef text);
  // A pointer to structs of one type; null where there are none.
  llvm::Constant *array(llvm::ArrayRef<llvm::Constant *> values);
  // aotc_tensor_info of each.
  llvm::Constant *tensors(mlir::TypeRange types, llvm::ArrayRef<std::string> names, llvm::ArrayRef<std::optional<Scale>> scales = {});

protected:
  llvm::Module &module;
  llvm::IRBuilder<> b;
  llvm::PointerType *pointer;
};

} // namespace aotc::cpu
#endif
