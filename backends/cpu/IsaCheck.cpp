#include "backends/cpu/IsaCheck.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Module.h"
#include "llvm/TargetParser/Triple.h"

using namespace aotc;
using aotc::cpu::IRGen;
using aotc::cpu::Values;
using llvm::Value;

namespace {

// Registers that CPUID fills.
enum Word { Leaf1Ecx, Leaf7Ebx, Leaf7Ecx, Leaf7Edx, Leaf7Sub1Eax, Leaf7Sub1Edx, ExtendedEcx, kWords };

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
    {"avx512fp16", Leaf7Edx, 23}, {"avxvnni", Leaf7Sub1Eax, 4},    {"avx512bf16", Leaf7Sub1Eax, 5},
    {"avxifma", Leaf7Sub1Eax, 23}, {"avxvnniint8", Leaf7Sub1Edx, 4}, {"avxneconvert", Leaf7Sub1Edx, 5},
    {"avxvnniint16", Leaf7Sub1Edx, 10}, {"lzcnt", ExtendedEcx, 5}, {"sse4a", ExtendedEcx, 6},
    {"xop", ExtendedEcx, 11},     {"fma4", ExtendedEcx, 16},       {"tbm", ExtendedEcx, 21}};
constexpr unsigned kOsxsaveBit = 27;                     // of Leaf1Ecx: XGETBV may be used
constexpr uint32_t kAvxState = 0x6, kAvx512State = 0xe6; // registers that the system saves

// What a target needs of the machine.
struct Needs {
  uint32_t masks[kWords] = {}; // bits of each word
  uint32_t state = 0;          // of the registers that the system saves

  explicit Needs(const TargetSpec &target) {
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
  bool any() const { return llvm::any_of(masks, [](uint32_t mask) { return mask != 0; }); }
};

class X86Check {
public:
  X86Check(IRGen &gen, llvm::ArrayRef<Needs> targets) : gen(gen), b(gen.builder), targets(targets) {}

  // The body of the function, which keeps the answer in `known`.
  void emit(llvm::Function *function, llvm::GlobalVariable *known) {
    b.SetInsertPoint(llvm::BasicBlock::Create(b.getContext(), "entry", function));
    // Threads that ask at once find the same.
    auto *cached = b.CreateAlignedLoad(gen.i32(), known, llvm::Align(4));
    cached->setAtomic(llvm::AtomicOrdering::Monotonic);
    Values answer = gen.ifThen(b.CreateICmpEQ(cached, b.getInt32(kNotAsked)), {cached}, [&] {
      Value *found = ask();
      b.CreateAlignedStore(found, known, llvm::Align(4))->setAtomic(llvm::AtomicOrdering::Monotonic);
      return Values{found};
    });
    b.CreateRet(answer[0]);
  }

private:
  static constexpr uint32_t kNotAsked = 0;

  Value *ask() {
    readWords();
    Value *best = b.getInt32(cpu::kNoTarget);
    for (auto [number, needs] : llvm::enumerate(targets))
      best = b.CreateSelect(meets(needs), b.getInt32(cpu::kFirstTarget + number), best);
    return best;
  }

  // Fills what some target needs of `words` and `state`.
  void readWords() {
    words[Leaf1Ecx] = cpuid(1, 0, 2);
    if (areNeeded({Leaf7Ebx, Leaf7Ecx, Leaf7Edx, Leaf7Sub1Eax, Leaf7Sub1Edx})) {
      // A processor that has the leaf but not its second part answers zeros.
      Values zeros(5, b.getInt32(0));
      Values read = gen.ifThen(b.CreateICmpUGE(cpuid(0, 0, 0), b.getInt32(7)), zeros, [&] {
        return Values{cpuid(7, 0, 1), cpuid(7, 0, 2), cpuid(7, 0, 3), cpuid(7, 1, 0), cpuid(7, 1, 3)};
      });
      std::copy(read.begin(), read.end(), words + Leaf7Ebx);
    }
    if (areNeeded({ExtendedEcx}))
      words[ExtendedEcx] = cpuid(0x80000001, 0, 2);
    if (llvm::any_of(targets, [](const Needs &needs) { return needs.state != 0; })) {
      Value *mayAsk = b.CreateICmpNE(b.CreateAnd(words[Leaf1Ecx], 1u << kOsxsaveBit), b.getInt32(0));
      state = gen.ifThen(mayAsk, {b.getInt32(0)}, [&] { return Values{xgetbv()}; })[0];
    }
  }
  bool areNeeded(std::initializer_list<Word> which) const {
    return llvm::any_of(targets, [&](const Needs &needs) {
      return llvm::any_of(which, [&](Word word) { return needs.masks[word] != 0; });
    });
  }

  Value *meets(const Needs &needs) {
    Value *ok = b.getTrue();
    auto require = [&](Value *word, uint32_t mask) {
      if (mask)
        ok = b.CreateAnd(ok, b.CreateICmpEQ(b.CreateAnd(word, mask), b.getInt32(mask)));
    };
    for (unsigned word = 0; word < kWords; ++word)
      require(words[word], needs.masks[word]);
    require(state, needs.state);
    return ok;
  }

  // eax, ebx, ecx, edx: `result` says which.
  Value *cpuid(uint32_t leaf, uint32_t subleaf, unsigned result) {
    llvm::Type *i32 = gen.i32();
    auto *type = llvm::FunctionType::get(llvm::StructType::get(i32, i32, i32, i32), {i32, i32}, false);
    auto *code =
        llvm::InlineAsm::get(type, "cpuid", "={ax},={bx},={cx},={dx},{ax},{cx}", /*hasSideEffects=*/false);
    return b.CreateExtractValue(b.CreateCall(code, {b.getInt32(leaf), b.getInt32(subleaf)}), result);
  }
  Value *xgetbv() {
    auto *type = llvm::FunctionType::get(llvm::StructType::get(gen.i32(), gen.i32()), {gen.i32()}, false);
    // After the check of OSXSAVE, so not to be moved.
    auto *code = llvm::InlineAsm::get(type, "xgetbv", "={ax},={dx},{cx}", /*hasSideEffects=*/true);
    return b.CreateExtractValue(b.CreateCall(code, {b.getInt32(0)}), 0);
  }

  IRGen &gen;
  llvm::IRBuilder<> &b;
  llvm::ArrayRef<Needs> targets;
  Value *words[kWords] = {};
  Value *state = nullptr;
};

bool isX86(const TargetSpec &target) {
  return llvm::Triple(target.triple).getArch() == llvm::Triple::x86_64;
}

} // namespace

llvm::Function *cpu::emitTargetCheck(IRGen &gen, const Targets &targets, const std::string &name) {
  if (!isX86(targets[0]))
    return nullptr;
  llvm::SmallVector<Needs> needs(targets.begin(), targets.end());
  if (needs.size() == 1 && !needs[0].any())
    return nullptr;
  auto *function = llvm::Function::Create(llvm::FunctionType::get(gen.i32(), false),
                                          llvm::GlobalValue::InternalLinkage, name + "_target", gen.module);
  function->setDoesNotThrow();
  function->addFnAttr(llvm::Attribute::NoInline);
  restrictToBase(*function, targets[0]);
  auto *known = new llvm::GlobalVariable(gen.module, gen.i32(), false, llvm::GlobalValue::InternalLinkage,
                                         gen.builder.getInt32(0), name + "_known_target");
  X86Check(gen, needs).emit(function, known);
  return function;
}

void cpu::compileFor(llvm::Function &function, const TargetSpec &target) {
  function.addFnAttr("target-cpu", target.cpu);
  function.addFnAttr("target-features", target.features);
}

void cpu::restrictToBase(llvm::Function &function, const TargetSpec &target) {
  compileFor(function, isX86(target) ? TargetSpec{target.triple, "x86-64", "+sse2"} : target);
}
