#include "test/backends/cpu/KernelHarness.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "absl/strings/str_split.h"
#include "backends/cpu/Passes.h"
#include "backends/cpu/kernels/Kernels.h"
#include "ir/Interp/Interp.h"
#include "ir/NN/Constants.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

namespace aotc::cpu {

TargetSpec kernelTarget(const std::string &level) {
  if (level == "aarch64")
    return {"aarch64-unknown-linux-gnu", "generic", "+neon,+fp-armv8"};
  if (level == "aarch64-i8mm")
    return {"aarch64-unknown-linux-gnu", "generic", "+neon,+fp-armv8,+dotprod,+i8mm"};
  if (level == "scalar")
    return {"riscv64-unknown-linux-gnu", "generic-rv64", "+m,+a,+f,+d,+c"};
  if (level == "riscv64")
    return {"riscv64-unknown-linux-gnu", "generic-rv64", "+m,+a,+f,+d,+c,+v,+zvl256b"};
  std::string features = "+sse2";
  if (level != "x86-64")
    features += ",+sse4.1,+avx,+avx2,+fma,+f16c";
  if (level == "avx-vnni")
    return {"x86_64-unknown-linux-gnu", "x86-64-v3", features + ",+avxvnni"};
  if (level == "x86-64-v4" || level == "avx512-vnni")
    features += ",+avx512f,+avx512vl,+avx512dq,+avx512bw,+avx512cd";
  if (level == "avx512-vnni")
    return {"x86_64-unknown-linux-gnu", "x86-64-v4", features + ",+avx512vnni"};
  return {"x86_64-unknown-linux-gnu", level, features};
}

std::string runnableLevel(const std::string &level) {
#if defined(__x86_64__)
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  bool v3 = features["avx2"] && features["fma"] && features["f16c"];
  bool v4 = v3 && features["avx512f"] && features["avx512vl"] && features["avx512dq"] && features["avx512bw"];
  bool vnni = (level == "avx-vnni" && v3 && features["avxvnni"]) || (level == "avx512-vnni" && v4 && features["avx512vnni"]);
  if (level == "x86-64" || (level == "x86-64-v4" && v4) || vnni)
    return level;
  return v3 ? "x86-64-v3" : "x86-64";
#else
  return "";
#endif
}

static constexpr char kPattern = 0x5A;

GuardedBuffer::GuardedBuffer(size_t bytes) {
  size_t page = sysconf(_SC_PAGESIZE), usable = (bytes + page - 1) / page * page + page;
  mapped = usable + page;
  map = static_cast<char *>(mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (map == MAP_FAILED)
    abort();
  mprotect(map + usable, page, PROT_NONE);
  std::memset(map, kPattern, usable);
  begin = map + usable - bytes;
}
GuardedBuffer::GuardedBuffer(GuardedBuffer &&other) noexcept
    : map(other.map), begin(other.begin), mapped(other.mapped) {
  other.map = nullptr;
}
GuardedBuffer::~GuardedBuffer() {
  if (map)
    munmap(map, mapped);
}
bool GuardedBuffer::intact() const {
  for (const char *p = map; p < begin; ++p)
    if (*p != kPattern)
      return false;
  return true;
}

// Floats in [-1, 1), bytes of all values (`small`: of five bits and a sign), wider integers in the thousands.
static Tensor randomTensor(mlir::Type type, unsigned seed, bool small) {
  auto tensorType = mlir::cast<mlir::RankedTensorType>(type);
  Tensor t(*nn::dtypeOf(tensorType.getElementType()), Shape(tensorType.getShape().begin(), tensorType.getShape().end()));
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> values(-1.0f, 1.0f);
  int64_t most = small ? 31 : byteSize(t.dtype()) == 1 ? 127 : 5000;
  std::uniform_int_distribution<int64_t> integers(-most - (small ? 0 : 1), most);
  for (int64_t i = 0; i < t.size(); ++i)
    if (isFloat(t.dtype()))
      t.setF(i, values(generator));
    else
      t.setI(i, integers(generator) + (isSigned(t.dtype()) ? 0 : most + 1));
  return t;
}

static mlir::func::FuncOp functionOf(mlir::ModuleOp module) { return *module.getOps<mlir::func::FuncOp>().begin(); }

absl::StatusOr<std::unique_ptr<KernelHarness>> KernelHarness::create(mlir::MLIRContext *context,
                                                                     const std::string &text,
                                                                     const std::string &level) {
  std::unique_ptr<KernelHarness> h(new KernelHarness);
  std::vector<std::string> levels = absl::StrSplit(level, '+');
  h->level = levels[0];
  for (const std::string &each : levels)
    h->targets.push_back(kernelTarget(each));
  h->original = mlir::parseSourceString<mlir::ModuleOp>(text, context);
  if (!h->original)
    return absl::InvalidArgumentError("the module does not parse");
  mlir::func::FuncOp func = functionOf(*h->original);
  mlir::OpBuilder builder = mlir::OpBuilder::atBlockBegin(&func.getBody().front());
  llvm::BitVector constants(func.getNumArguments());
  for (unsigned i = 0; i < func.getNumArguments(); ++i) {
    Tensor value = randomTensor(func.getArgumentTypes()[i], i + 1, bool(func.getArgAttr(i, "test.small")));
    if (func.getArgAttr(i, "test.constant")) {
      constants.set(i);
      func.getArgument(i).replaceAllUsesWith(nn::makeConstant(builder, func.getLoc(), value));
    } else {
      h->inputs.push_back(std::move(value));
    }
  }
  func.eraseArguments(constants);
  if (absl::Status status = h->select(); !status.ok())
    return status;
  return h;
}
KernelHarness::~KernelHarness() = default;

absl::StatusOr<Tensor> KernelHarness::reference() const {
  auto results = evaluateFunc(functionOf(*original), inputs);
  return results.ok() ? absl::StatusOr<Tensor>(results->front()) : results.status();
}
absl::StatusOr<Tensor> KernelHarness::referenceAfterSelect() const {
  auto results = evaluateFunc(functionOf(*selected), inputs);
  return results.ok() ? absl::StatusOr<Tensor>(results->front()) : results.status();
}

absl::Status KernelHarness::select() {
  selected = original->clone();
  mlir::PassManager pm(selected->getContext());
  pm.addNestedPass<mlir::func::FuncOp>(createCpuSelect(passOptions<CpuSelectOptions>(targets)));
  if (mlir::failed(pm.run(*selected)))
    return absl::InternalError("aotc-cpu-select failed");

  // The group becomes a region: constants are weights, the result lies in the output.
  planned = selected->clone();
  mlir::func::FuncOp func = functionOf(*planned);
  int64_t offset = 0;
  mlir::OpBuilder b(planned->getContext());
  for (auto constant : llvm::make_early_inc_range(func.getOps<nn::ConstantOp>())) {
    b.setInsertionPoint(constant);
    int64_t bytes = plan::denseBytes(constant.getType());
    auto place = plan::PlaceAttr::get(b.getContext(), plan::Space::Weights, 0, offset, bytes);
    constant.replaceAllUsesWith(
        b.create<plan::WeightOp>(constant.getLoc(), constant.getType(), constant.getValue(), place).getResult());
    constant.erase();
    offset += llvm::alignTo(bytes, 64);
  }
  auto fusions = func.getOps<nn::FusionOp>();
  if (!llvm::hasSingleElement(fusions))
    return absl::InvalidArgumentError("the function needs exactly one group");
  nn::FusionOp fusion = *fusions.begin();
  b.setInsertionPoint(fusion);
  auto type = mlir::cast<mlir::RankedTensorType>(fusion.getResultTypes()[0]);
  auto place = plan::PlaceAttr::get(b.getContext(), plan::Space::Output, 0, 0, plan::denseBytes(type));
  plan::PlaceAttr scratch;
  if (fusion.getScratch() > 0)
    scratch = plan::PlaceAttr::get(b.getContext(), plan::Space::Arena, 0, 0, fusion.getScratch());
  auto region = b.create<plan::RegionOp>(fusion.getLoc(), fusion.getResultTypes(), b.getI64IntegerAttr(0),
                                         fusion.getKindAttr(), fusion.getInputs(), fusion.getKernelAttr(),
                                         b.getArrayAttr({place}), scratch, b.getI64IntegerAttr(0));
  region.getBody().takeBody(fusion.getBody());
  fusion.replaceAllUsesWith(region);
  fusion.erase();
  resultShape.assign(type.getShape().begin(), type.getShape().end());
  resultType = *nn::dtypeOf(type.getElementType());
  if (mlir::DictionaryAttr chosen = region.getKernelAttr())
    kernel = mlir::cast<mlir::StringAttr>(chosen.get("name")).str();
  return absl::OkStatus();
}

static std::unique_ptr<llvm::TargetMachine> machineFor(const TargetSpec &target) {
  static bool initialized = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    return true;
  }();
  (void)initialized;
  std::string error;
  const llvm::Target *t = llvm::TargetRegistry::lookupTarget(target.triple, error);
  return std::unique_ptr<llvm::TargetMachine>(
      t->createTargetMachine(target.triple, target.cpu, target.features, llvm::TargetOptions(), llvm::Reloc::PIC_,
                             std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

absl::Status KernelHarness::emit(llvm::Module &module, const std::string &machineLevel) const {
  TargetSpec target = kernelTarget(machineLevel);
  auto machine = machineFor(target);
  module.setDataLayout(machine->createDataLayout());
  module.setTargetTriple(target.triple);
  Isa isa = isaOf(kernelTarget(level));
  IRGen gen(module, isa);
  auto planFunc = functionOf(*planned);
  auto region = *planFunc.getOps<plan::RegionOp>().begin();
  llvm::LLVMContext &context = module.getContext();
  auto *function = llvm::Function::Create(regionFunctionType(region, context), llvm::Function::ExternalLinkage,
                                          "kernel", module);
  function->addFnAttr("target-cpu", target.cpu);
  function->addFnAttr("target-features", target.features);
  gen.builder.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", function));
  RegionEmitter emitter(region, gen, function);
  if (!emitContractionKernel(emitter))
    return absl::UnimplementedError("no kernel");
  gen.builder.CreateRet(gen.builder.getInt32(0));

  // entry(void **pointers) spreads the region's parameters.
  auto *wrapper = llvm::Function::Create(llvm::FunctionType::get(gen.builder.getVoidTy(), {gen.pointer()}, false),
                                         llvm::Function::ExternalLinkage, "entry", module);
  gen.builder.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", wrapper));
  llvm::SmallVector<llvm::Value *> arguments;
  for (size_t i = 0; i < function->arg_size(); ++i)
    arguments.push_back(gen.load(gen.pointer(), gen.address(wrapper->getArg(0), gen.index(i), 8)));
  gen.builder.CreateCall(function, arguments);
  gen.builder.CreateRetVoid();

  std::string error;
  llvm::raw_string_ostream stream(error);
  if (llvm::verifyModule(module, &stream))
    return absl::InternalError(error);
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization = false;
  llvm::PassBuilder passes(machine.get(), tuning);
  llvm::LoopAnalysisManager lam;
  llvm::FunctionAnalysisManager fam;
  llvm::CGSCCAnalysisManager cgam;
  llvm::ModuleAnalysisManager mam;
  passes.registerModuleAnalyses(mam);
  passes.registerCGSCCAnalyses(cgam);
  passes.registerFunctionAnalyses(fam);
  passes.registerLoopAnalyses(lam);
  passes.crossRegisterProxies(lam, fam, cgam, mam);
  passes.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, mam);
  return absl::OkStatus();
}

std::string KernelHarness::assembly() const {
  llvm::LLVMContext context;
  llvm::Module module("kernel", context);
  if (absl::Status status = emit(module, level); !status.ok())
    return std::string(status.message());
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager pm;
  auto machine = machineFor(kernelTarget(level));
  machine->addPassesToEmitFile(pm, stream, nullptr, llvm::CodeGenFileType::AssemblyFile);
  pm.run(module);
  return text.str().str();
}

absl::Status KernelHarness::load() {
  auto context = std::make_unique<llvm::LLVMContext>();
  auto module = std::make_unique<llvm::Module>("kernel", *context);
  if (absl::Status status = emit(*module, runnableLevel(level)); !status.ok())
    return status;
  TargetSpec target = kernelTarget(runnableLevel(level));
  machineFor(target); // registers the targets
  llvm::orc::JITTargetMachineBuilder builder((llvm::Triple(target.triple)));
  builder.setCPU(target.cpu).setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  builder.addFeatures(absl::StrSplit(target.features, ','));
  auto created = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(builder)).create();
  if (!created)
    return absl::InternalError(llvm::toString(created.takeError()));
  jit = std::move(*created);
  if (auto error = jit->addIRModule(llvm::orc::ThreadSafeModule(std::move(module), std::move(context))))
    return absl::InternalError(llvm::toString(std::move(error)));
  auto symbol = jit->lookup("entry");
  if (!symbol)
    return absl::InternalError(llvm::toString(symbol.takeError()));
  entry = symbol->toPtr<void (*)(void **)>();

  auto planFunc = functionOf(*planned);
  auto region = *planFunc.getOps<plan::RegionOp>().begin();
  auto place = [&](size_t bytes) {
    buffers.emplace_back(bytes);
    pointers.push_back(buffers.back().data());
    return buffers.back().data();
  };
  for (mlir::Value operand : region.getInputs()) {
    Tensor value = inputs.empty() ? Tensor() : inputs[0];
    if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(operand))
      value = inputs[argument.getArgNumber()];
    else
      value = nn::fromAttr(operand.getDefiningOp<plan::WeightOp>().getValue());
    std::memcpy(place(value.bytes()), value.data(), value.bytes());
  }
  place(*elementCount(resultShape) * byteSize(resultType));
  if (auto scratch = region.getScratch())
    place(llvm::alignTo(scratch->getBytes(), 64));
  std::memset(place(64), 0, 64); // the context
  return absl::OkStatus();
}

void KernelHarness::call(const aotc_parallel *parallel) const {
  constexpr size_t kParallelOffset = 16; // in the context, see regionContextType
  std::memcpy(static_cast<char *>(pointers.back()) + kParallelOffset, &parallel, sizeof(parallel));
  entry(const_cast<void **>(pointers.data()));
}

absl::StatusOr<Tensor> KernelHarness::result() const {
  for (const GuardedBuffer &buffer : buffers)
    if (!buffer.intact())
      return absl::InternalError("wrote before a buffer");
  size_t output = 0;
  auto planFunc = functionOf(*planned);
  output = (*planFunc.getOps<plan::RegionOp>().begin()).getInputs().size();
  Tensor t(resultType, resultShape);
  std::memcpy(t.mutableData(), pointers[output], t.bytes());
  return t;
}

} // namespace aotc::cpu
