#include "backends/cpu/codegen/Weights.h"

#include "absl/strings/str_cat.h"
#include "ir/NN/Constants.h"
#include "ir/Plan/Plan.h"
#include "llvm/IR/Constants.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/CodeGen.h"

using namespace aotc;

static llvm::SmallVector<plan::WeightOp> weightsOf(cpu::Functions functions) {
  llvm::SmallVector<plan::WeightOp> all;
  for (mlir::func::FuncOp function : functions)
    llvm::append_range(all, function.getOps<plan::WeightOp>());
  return all;
}

int64_t cpu::weightsBytes(Functions functions) {
  int64_t bytes = 0;
  for (plan::WeightOp weight : weightsOf(functions))
    bytes = std::max(bytes, weight.getPlace().getOffset() + weight.getPlace().getBytes());
  return bytes;
}

std::array<uint8_t, 32> cpu::hashWeights(Functions functions) {
  llvm::SmallVector<plan::WeightOp> weights = weightsOf(functions);
  llvm::sort(weights, [](plan::WeightOp a, plan::WeightOp b) {
    return a.getPlace().getOffset() < b.getPlace().getOffset();
  });
  llvm::SHA256 hash;
  int64_t end = 0;
  for (plan::WeightOp weight : weights) {
    if (weight.getPlace().getOffset() < end) // equal weights share their place
      continue;
    std::string gap(weight.getPlace().getOffset() - end, 0);
    hash.update(gap);
    Tensor tensor = nn::fromAttr(weight.getValue());
    hash.update({reinterpret_cast<const uint8_t *>(tensor.data()), tensor.bytes()});
    end = weight.getPlace().getOffset() + static_cast<int64_t>(tensor.bytes());
  }
  std::string rest(weightsBytes(functions) - end, 0);
  hash.update(rest);
  return hash.final();
}

void cpu::writeWeights(Functions functions, char *to) {
  for (plan::WeightOp weight : weightsOf(functions)) {
    Tensor tensor = nn::fromAttr(weight.getValue());
    std::memcpy(to + weight.getPlace().getOffset(), tensor.data(), tensor.bytes());
  }
}

// Past 1 GiB code may be out of reach of 32-bit displacements.
static bool isFar(int64_t bytes) { return bytes >= int64_t{1} << 30; }

std::string cpu::weightsSection(const std::string &name, int64_t bytes) {
  return absl::StrCat(isFar(bytes) ? ".lrodata." : ".rodata.", name, "_weights");
}

llvm::GlobalVariable *cpu::declareWeights(llvm::Module &module, const std::string &name, int64_t bytes) {
  auto *type = llvm::ArrayType::get(llvm::Type::getInt8Ty(module.getContext()), bytes);
  auto *global =
      new llvm::GlobalVariable(module, type, /*isConstant=*/true, llvm::GlobalValue::InternalLinkage,
                               llvm::ConstantAggregateZero::get(type), name + "_weights");
  global->setAlignment(llvm::Align(64));
  // The optimizer must not take the zeros for the values.
  global->setExternallyInitialized(true);
  if (llvm::Triple(module.getTargetTriple()).isOSBinFormatELF())
    global->setSection(weightsSection(name, bytes));
  if (isFar(bytes))
    global->setCodeModel(llvm::CodeModel::Large);
  return global;
}

absl::StatusOr<size_t> cpu::findWeights(llvm::StringRef object, const std::string &section, int64_t bytes) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "object"));
  if (!file)
    return absl::InternalError(
        absl::StrCat("cannot read the emitted object: ", llvm::toString(file.takeError())));
  for (const llvm::object::SectionRef &candidate : (*file)->sections()) {
    llvm::Expected<llvm::StringRef> name = candidate.getName();
    if (!name || *name != section)
      continue;
    llvm::Expected<llvm::StringRef> contents = candidate.getContents();
    if (contents && static_cast<int64_t>(contents->size()) >= bytes)
      return contents->data() - object.data();
  }
  return absl::UnimplementedError(
      "this target's object format has no place for the weights; use an ELF target");
}
