#include "backends/cpu/IsaCheck.h"

#include "backends/cpu/Isa.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Module.h"
#include "llvm/TargetParser/Triple.h"

using namespace aotc;
using llvm::Value;

namespace {

// Registers that CPUID fills.
enum Word { Leaf1Ecx, Leaf7Ebx, Leaf7Ecx, Leaf7Sub1Eax, ExtendedEcx, kWords };

// Features that generated code may use, where CPUID reports them.
struct FeatureBit {
  llvm::StringLiteral name;
  Word word;
  unsigned bit;
};
constexpr FeatureBit kFeatureBits[] = {
    {"sse3", Leaf1Ecx, 0},        {"ssse3", Leaf1Ecx, 9},          {"fma", Leaf1Ecx, 12},
    {"sse4.1", Leaf1Ecx, 19},     {"sse4.2", Leaf1Ecx, 20},        {"movbe", Leaf1Ecx, 22},
    {"popcnt", Leaf1Ecx, 23},     {"avx", Leaf1Ecx, 28},           {"f16c", Leaf1Ecx, 29},
    {"bmi", Leaf7Ebx, 3},         {"avx2", Leaf7Ebx, 5},           {"bmi2", Leaf7Ebx, 8},
    {"avx512f", Leaf7Ebx, 16},    {"avx512dq", Leaf7Ebx, 17},      {"avx512ifma", Leaf7Ebx, 21},
    {"avx512cd", Leaf7Ebx, 28},   {"avx512bw", Leaf7Ebx, 30},      {"avx512vl", Leaf7Ebx, 31},
    {"avx512vbmi", Leaf7Ecx, 1},  {"avx512vbmi2", Leaf7Ecx, 6},    {"gfni", Leaf7Ecx, 8},
    {"avx512vnni", Leaf7Ecx, 11}, {"avx512bitalg", Leaf7Ecx, 12},  {"avx512vpopcntdq", Leaf7Ecx, 14},
    {"avxvnni", Leaf7Sub1Eax, 4}, {"avx512bf16", Leaf7Sub1Eax, 5}, {"lzcnt", ExtendedEcx, 5},
    {"sse4a", ExtendedEcx, 6},    {"xop", ExtendedEcx, 11},        {"fma4", ExtendedEcx, 16},
    {"tbm", ExtendedEcx, 21}};
constexpr unsigned kOsxsaveBit = 27;                     // of Leaf1Ecx: XGETBV may be used
constexpr uint32_t kAvxState = 0x6, kAvx512State = 0xe6; // registers that the system saves

class X86Check {
public:
  X86Check(llvm::Module &module, const TargetSpec &target)
      : module(module), b(module.getContext()), target(target) {
    llvm::SmallVector<llvm::StringRef> features;
    llvm::StringRef(target.features).split(features, ',');
    for (const FeatureBit &feature : kFeatureBits)
      if (llvm::is_contained(features, ("+" + feature.name).str()))
        masks[feature.word] |= 1u << feature.bit;
    if (masks[Leaf7Ebx] & (1u << 16))
      state = kAvx512State;
    else if (masks[Leaf1Ecx] & (1u << 28))
      state = kAvxState;
    if (state)
      masks[Leaf1Ecx] |= 1u << kOsxsaveBit;
  }

  llvm::Function *emit(const std::string &name) {
    if (llvm::all_of(masks, [](uint32_t mask) { return mask == 0; }))
      return nullptr;
    llvm::LLVMContext &context = module.getContext();
    auto *function =
        llvm::Function::Create(llvm::FunctionType::get(b.getInt1Ty(), false),
                               llvm::GlobalValue::InternalLinkage, name + "_has_features", module);
    function->setDoesNotThrow();
    function->addFnAttr(llvm::Attribute::NoInline);
    cpu::restrictToBase(*function, target);
    // 0: not asked yet, 1: no, 2: yes. Threads that ask at once find the same.
    auto *answer = new llvm::GlobalVariable(module, b.getInt32Ty(), false, llvm::GlobalValue::InternalLinkage,
                                            b.getInt32(0), name + "_features");
    auto block = [&](const char *label) { return llvm::BasicBlock::Create(context, label, function); };
    auto *entry = block("entry"), *ask = block("ask"), *known = block("known"), *leaves = block("leaves"),
         *extended = block("extended"), *saved = block("saved"), *no = block("no"), *yes = block("yes");

    b.SetInsertPoint(entry);
    auto *cached = b.CreateAlignedLoad(b.getInt32Ty(), answer, llvm::Align(4));
    cached->setAtomic(llvm::AtomicOrdering::Monotonic);
    b.CreateCondBr(b.CreateICmpEQ(cached, b.getInt32(0)), ask, known);
    b.SetInsertPoint(known);
    b.CreateRet(b.CreateICmpEQ(cached, b.getInt32(2)));

    b.SetInsertPoint(ask);
    Value *ok = has(cpuid(1, 0, 2), Leaf1Ecx);
    if (masks[Leaf7Ebx] | masks[Leaf7Ecx] | masks[Leaf7Sub1Eax])
      ok = b.CreateAnd(ok, b.CreateICmpUGE(cpuid(0, 0, 0), b.getInt32(7)));
    b.CreateCondBr(ok, leaves, no);

    b.SetInsertPoint(leaves);
    ok = b.CreateAnd(has(cpuid(7, 0, 1), Leaf7Ebx), has(cpuid(7, 0, 2), Leaf7Ecx));
    ok = b.CreateAnd(ok, has(cpuid(7, 1, 0), Leaf7Sub1Eax));
    b.CreateCondBr(ok, extended, no);
    b.SetInsertPoint(extended);
    b.CreateCondBr(has(cpuid(0x80000001, 0, 2), ExtendedEcx), saved, no);
    b.SetInsertPoint(saved);
    b.CreateCondBr(state ? hasState() : b.getTrue(), yes, no);

    for (auto [where, value] : {std::pair(no, 1), std::pair(yes, 2)}) {
      b.SetInsertPoint(where);
      b.CreateAlignedStore(b.getInt32(value), answer, llvm::Align(4))
          ->setAtomic(llvm::AtomicOrdering::Monotonic);
      b.CreateRet(b.getInt1(value == 2));
    }
    return function;
  }

private:
  Value *has(Value *word, Word which) {
    Value *mask = b.getInt32(masks[which]);
    return b.CreateICmpEQ(b.CreateAnd(word, mask), mask);
  }
  // eax, ebx, ecx, edx: `result` says which.
  Value *cpuid(uint32_t leaf, uint32_t subleaf, unsigned result) {
    llvm::Type *i32 = b.getInt32Ty();
    auto *type = llvm::FunctionType::get(llvm::StructType::get(i32, i32, i32, i32), {i32, i32}, false);
    auto *code =
        llvm::InlineAsm::get(type, "cpuid", "={ax},={bx},={cx},={dx},{ax},{cx}", /*hasSideEffects=*/false);
    return b.CreateExtractValue(b.CreateCall(code, {b.getInt32(leaf), b.getInt32(subleaf)}), result);
  }
  Value *hasState() {
    llvm::Type *i32 = b.getInt32Ty();
    auto *type = llvm::FunctionType::get(llvm::StructType::get(i32, i32), {i32}, false);
    // After the check of OSXSAVE, so not to be moved.
    auto *code = llvm::InlineAsm::get(type, "xgetbv", "={ax},={dx},{cx}", /*hasSideEffects=*/true);
    Value *enabled = b.CreateExtractValue(b.CreateCall(code, {b.getInt32(0)}), 0);
    return b.CreateICmpEQ(b.CreateAnd(enabled, state), b.getInt32(state));
  }

  llvm::Module &module;
  llvm::IRBuilder<> b;
  const TargetSpec &target;
  uint32_t masks[kWords] = {};
  uint32_t state = 0;
};

} // namespace

llvm::Function *cpu::emitIsaCheck(llvm::Module &module, const TargetSpec &target, const std::string &name) {
  if (llvm::Triple(target.triple).getArch() != llvm::Triple::x86_64)
    return nullptr;
  return X86Check(module, target).emit(name);
}

void cpu::restrictToBase(llvm::Function &function, const TargetSpec &target) {
  if (llvm::Triple(target.triple).getArch() != llvm::Triple::x86_64)
    return;
  // A function's own features replace the module's.
  function.addFnAttr("target-cpu", "x86-64");
  function.addFnAttr("target-features", "+sse2");
}
