#ifndef AOTC_COMPILER_FRONTEND_COMMON_EINSUM_H
#define AOTC_COMPILER_FRONTEND_COMMON_EINSUM_H

#include "compiler/frontend/common/ImportBuilder.h"

namespace aotc {

// Einstein's sum convention as numpy.einsum has it; without "->" the result has
// the labels that occur once, sorted.
mlir::Value einsum(ImportBuilder &b, llvm::ArrayRef<mlir::Value> operands, llvm::StringRef equation);

} // namespace aotc
#endif
