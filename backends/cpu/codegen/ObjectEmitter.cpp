#include "backends/cpu/codegen/ObjectEmitter.h"

#include "absl/strings/str_cat.h"
#include "backends/cpu/IsaCheck.h"
#include "backends/cpu/codegen/Entry.h"
#include "backends/cpu/codegen/Regions.h"
#include "backends/cpu/codegen/Weights.h"
#include "backends/cpu/kernels/Kernels.h"
#include "ir/Interp/Interp.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace aotc;
using namespace aotc::cpu;

namespace {

std::unique_ptr<llvm::TargetMachine> createMachine(const TargetSpec &spec) {
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(spec.triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  if (llvm::Triple triple(spec.triple); triple.isRISCV() && llvm::StringRef(spec.features).contains("+d"))
    options.MCOptions.ABIName = triple.isRISCV64() ? "lp64d" : "ilp32d"; // floats in registers
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(spec.triple, spec.cpu, spec.features, options, llvm::Reloc::PIC_,
                                  std::nullopt, llvm::CodeGenOptLevel::Default));
}

std::string locationName(mlir::Location location) {
  std::string name;
  location->walk([&](mlir::Location inner) {
    if (auto named = mlir::dyn_cast<mlir::NameLoc>(inner); named && name.empty())
      name = named.getName().str();
    return name.empty() ? mlir::WalkResult::advance() : mlir::WalkResult::interrupt();
  });
  return name;
}

// What a region's function depends on: equal text, equal function.
std::string signatureOf(plan::RegionOp region) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << nn::stringifyFusionKind(region.getKind()) << ' ' << region.getRowDims() << ' '
     << bool(region.getScratch());
  if (region.getKernelAttr())
    os << region.getKernelAttr();
  os << region.getBody().front().getArgumentTypes() << region.getResultTypes();
  // Which buffers overlap.
  for (mlir::Value input : region.getInputs()) {
    plan::PlaceAttr in = plan::placeOf(input);
    for (mlir::Attribute attr : region.getPlaces()) {
      auto out = mlir::cast<plan::PlaceAttr>(attr);
      bool meets = in.getSpace() == out.getSpace() && in.getIndex() == out.getIndex() &&
                   in.getOffset() < out.getOffset() + out.getBytes() &&
                   out.getOffset() < in.getOffset() + in.getBytes();
      os << (!meets ? '.' : in.getOffset() == out.getOffset() ? '=' : '~');
    }
  }
  mlir::OpPrintingFlags flags;
  flags.useLocalScope().printGenericOpForm().elideLargeElementsAttrs(1 << 20);
  for (mlir::Operation &op : region.getBody().front()) {
    os << '\n';
    op.print(os, flags);
  }
  return text;
}

// Writes to a string, which is what results hold: objects with their weights are large.
class StringStream : public llvm::raw_pwrite_stream {
public:
  explicit StringStream(std::string &bytes) : raw_pwrite_stream(/*Unbuffered=*/true), bytes(bytes) {}

private:
  void write_impl(const char *from, size_t size) override { bytes.append(from, size); }
  void pwrite_impl(const char *from, size_t size, uint64_t offset) override {
    bytes.replace(offset, size, from, size);
  }
  uint64_t current_pos() const override { return bytes.size(); }

  std::string &bytes;
};

// Whether the region's results are elements of its operands, at other places.
bool movesOnly(plan::RegionOp region) {
  return llvm::all_of(region.getBody().front(), [](mlir::Operation &op) {
    return mlir::isa<nn::ReshapeOp, nn::BroadcastOp, nn::TransposeOp, nn::ConcatOp, nn::SliceOp, nn::ReverseOp,
                     nn::PadOp, nn::YieldOp>(op) ||
           op.hasTrait<mlir::OpTrait::ConstantLike>();
  });
}

// What copying images into zeroed borders reads and writes.
int64_t borderCopyBytes(plan::RegionOp region, const Isa &isa) {
  if (region.getKind() != nn::FusionKind::Contraction || !region.getKernelAttr())
    return 0;
  std::optional<Contraction> c = analyzeContraction(region.getBody().front());
  std::optional<Choice> choice = c ? chooseKernel(*c, isa) : std::nullopt;
  if (!choice || scratchOf(*c, *choice, isa).border == 0)
    return 0;
  return plan::denseBytes(c->lhs.getType()) + c->products() * c->borderedElements() * choice->lhsBytes;
}

class ObjectEmitter {
public:
  ObjectEmitter(std::vector<mlir::func::FuncOp> functions, const EmitOptions &options)
      : options(options), funcs(std::move(functions)), parts{options} {}

  absl::StatusOr<EmitResult> emit() {
    const TargetSpec &lowest = options.targets[0];
    std::unique_ptr<llvm::TargetMachine> machine = createMachine(lowest);
    if (!machine)
      return absl::InvalidArgumentError(absl::StrCat("cannot generate code for ", lowest.triple));
    llvm::Module module(options.name, context);
    module.setTargetTriple(lowest.triple);
    module.setDataLayout(machine->createDataLayout());
    module.setPICLevel(llvm::PICLevel::BigPIC);

    numberFunctions();
    for (const TargetSpec &target : options.targets)
      emitRegions(module, target);
    emitWeights(module);
    Isa isa = isaOf(lowest);
    IRGen gen(module, isa);
    for (auto [number, entry] : llvm::enumerate(options.entries)) {
      EntryParts own{parts, entry, functionsOf(number)};
      if (own.funcs.empty())
        return absl::InternalError(absl::StrCat("the module holds no function of '", entry.name, "'"));
      emitModelInfo(module, own, emitEntry(gen, own));
    }
    if (std::string errors; llvm::verifyModule(module, nullptr)) {
      llvm::raw_string_ostream os(errors);
      llvm::verifyModule(module, &os);
      return absl::InternalError(absl::StrCat("generated code is malformed: ", errors));
    }
    optimize(module, *machine);
    if (options.wantLLVM) {
      llvm::raw_string_ostream os(result.llvmIR);
      module.print(os, nullptr);
    }
    if (options.wantAsm)
      result.assembly = generate(module, *machine, llvm::CodeGenFileType::AssemblyFile, 0);
    constexpr size_t kCodeBytes = 1 << 20; // about
    result.object =
        generate(module, *machine, llvm::CodeGenFileType::ObjectFile, parts.weightsBytes + kCodeBytes);
    if (absl::Status status = patchWeights(result.object); !status.ok())
      return status;
    measureCode(result.object);
    return std::move(result);
  }

private:
  static size_t entryOf(mlir::func::FuncOp func) {
    auto number = func->getAttrOfType<mlir::IntegerAttr>(kEntryAttr);
    return number ? number.getInt() : 0;
  }
  std::vector<mlir::func::FuncOp> functionsOf(size_t entry) {
    std::vector<mlir::func::FuncOp> own;
    llvm::copy_if(funcs, std::back_inserter(own), [&](mlir::func::FuncOp func) { return entryOf(func) == entry; });
    return own;
  }

  // Equal regions share their function.
  void numberFunctions() {
    llvm::StringMap<size_t> known;
    for (mlir::func::FuncOp func : funcs)
      for (auto region : func.getOps<plan::RegionOp>()) {
        if (nn::WhileOp loop = plan::loopOf(region)) {
          report(region, absl::StrCat(options.entries[entryOf(func)].name, "_", loop.getStep().str()));
          continue;
        }
        size_t number = known.try_emplace(signatureOf(region), distinct.size()).first->second;
        if (number == distinct.size())
          distinct.push_back(region);
        parts.functionOf[region] = number;
        report(region, functionName(distinct[number]));
      }
  }

  void emitRegions(llvm::Module &module, const TargetSpec &target) {
    Isa isa = isaOf(target);
    IRGen gen(module, isa);
    std::vector<llvm::Function *> &functions = parts.functions.emplace_back();
    for (plan::RegionOp region : distinct)
      functions.push_back(emitRegion(gen, region, target));
  }

  std::string functionName(plan::RegionOp region) {
    return absl::StrCat(options.name, "_region", region.getIndex());
  }
  // Of the names of a target's functions, where there are several targets.
  std::string suffixOf(const TargetSpec &target) {
    return options.targets.size() == 1 ? "" : absl::StrCat(".", target.cpu);
  }

  // Its name ends with the suffix, or goes on with a stage of the region.
  bool isFunctionOf(const TargetSpec &target, llvm::StringRef symbol) {
    llvm::StringRef rest = symbol.substr(symbol.find('.'));
    return rest.consume_front(suffixOf(target)) && (rest.empty() || rest.starts_with("_stage"));
  }

  llvm::Function *emitRegion(IRGen &gen, plan::RegionOp region, const TargetSpec &target) {
    auto *function =
        llvm::Function::Create(regionFunctionType(region, context), llvm::GlobalValue::InternalLinkage,
                               functionName(region) + suffixOf(target), gen.module);
    function->setDoesNotThrow();
    function->addFnAttr(llvm::Attribute::NoInline);
    compileFor(*function, target);
    gen.builder.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", function));
    RegionEmitter emitter(region, gen, function);
    if (!emitContractionKernel(emitter))
      emitGenericRegion(emitter);
    gen.builder.CreateRet(gen.builder.getInt32(AOTC_OK));
    return function;
  }

  void report(plan::RegionOp region, std::string function) {
    RegionReport report;
    report.name = locationName(region.getLoc());
    report.kind = nn::stringifyFusionKind(region.getKind()).str();
    if (mlir::DictionaryAttr kernel = region.getKernelAttr())
      if (auto name = kernel.getAs<mlir::StringAttr>("name"))
        report.kind += absl::StrCat(" ", name.str());
    region.getBody().walk([&](mlir::Operation *op) { // groups may hold groups
      bool contraction = mlir::isa<nn::MatMulOp, nn::ConvOp, nn::ConvTransposeOp>(op);
      if (contraction || nn::isElementwise(op) || mlir::isa<nn::ReduceOp, nn::PoolOp>(op))
        report.flops += evaluationSteps(op) * (contraction ? 2 : 1);
    });
    for (mlir::Value operand : region->getOperands())
      report.bytes += plan::denseBytes(operand.getType());
    for (mlir::Value output : region->getResults())
      report.bytes += plan::denseBytes(output.getType());
    report.movedBytes = movesOnly(region) ? report.bytes : borderCopyBytes(region, isaOf(options.targets.back()));
    report.function = std::move(function);
    report.entry = entryOf(region->getParentOfType<mlir::func::FuncOp>());
    result.regions.push_back(std::move(report));
  }

  void emitWeights(llvm::Module &module) {
    parts.weightsBytes = result.weightsBytes = weightsBytes(funcs);
    if (parts.weightsBytes == 0)
      return;
    parts.weightsHash = hashWeights(funcs);
    parts.weights = declareWeights(module, options.name, parts.weightsBytes);
  }

  absl::Status patchWeights(std::string &object) {
    if (parts.weightsBytes == 0)
      return absl::OkStatus();
    std::string section = weightsSection(options.name, parts.weightsBytes);
    absl::StatusOr<size_t> offset = findWeights(object, section, parts.weightsBytes);
    if (!offset.ok())
      return offset.status();
    writeWeights(funcs, object.data() + *offset);
    return absl::OkStatus();
  }

  // Loops come vectorised and tiled; what is left is clean-up, hoisting and unrolling.
  static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager callGraph;
    llvm::ModuleAnalysisManager modules;
    llvm::PipelineTuningOptions tuning;
    tuning.LoopVectorization = tuning.SLPVectorization = tuning.LoopInterleaving = false;
    llvm::PassBuilder builder(&machine, tuning);
    // LLVM may call no library function but memcpy, memset and memmove on its own.
    llvm::TargetLibraryInfoImpl library((llvm::Triple(module.getTargetTriple())));
    library.disableAllFunctions();
    for (auto allowed : {llvm::LibFunc_memcpy, llvm::LibFunc_memset, llvm::LibFunc_memmove})
      library.setAvailable(allowed);
    functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(callGraph);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, callGraph, modules);
    builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
  }

  static std::string generate(const llvm::Module &module, llvm::TargetMachine &machine,
                              llvm::CodeGenFileType type, size_t expectedBytes) {
    // Code generation changes the module; text and object both start from the optimised one.
    std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
    std::string bytes;
    bytes.reserve(expectedBytes);
    StringStream os(bytes);
    llvm::legacy::PassManager passes;
    if (machine.addPassesToEmitFile(passes, os, nullptr, type))
      llvm::report_fatal_error("target cannot emit objects"); // CPU targets all can
    passes.run(*copy);
    return bytes;
  }

  void measureCode(llvm::StringRef object) {
    auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "object"));
    if (!file)
      return llvm::consumeError(file.takeError());
    for (const llvm::object::SectionRef &section : (*file)->sections())
      if (section.isText())
        result.codeBytes += section.getSize();
    if (options.targets.size() == 1 || !(*file)->isELF())
      return;
    result.targetCodeBytes.resize(options.targets.size());
    for (llvm::object::ELFSymbolRef symbol : (*file)->symbols())
      for (auto [target, bytes] : llvm::zip(options.targets, result.targetCodeBytes))
        if (isFunctionOf(target, llvm::cantFail(symbol.getName())))
          bytes += symbol.getSize();
  }

  const EmitOptions &options;
  std::vector<mlir::func::FuncOp> funcs;
  llvm::LLVMContext context;
  std::vector<plan::RegionOp> distinct; // of which each has functions
  ObjectParts parts;
  EmitResult result;
};

} // namespace

absl::StatusOr<EmitResult> cpu::emitObject(mlir::ModuleOp module, const EmitOptions &options) {
  auto functions = module.getOps<mlir::func::FuncOp>();
  if (functions.empty())
    return absl::InternalError("the module holds no function");
  return ObjectEmitter({functions.begin(), functions.end()}, options).emit();
}
