#include "test/backends/cpu/CodegenHarness.h"

#include <cmath>
#include <limits>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "compiler/artifact/Loader.h"
#include "ir/Interp/Interp.h"
#include "ir/NN/Constants.h"
#include "ir/Plan/Plan.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/fuse/Passes.h"
#include "passes/schedule/Passes.h"
#include "test/runtime/Parallel.h"
#include "llvm/Object/ObjectFile.h"

namespace aotc::test {

static mlir::func::FuncOp functionOf(mlir::ModuleOp module) {
  return *module.getOps<mlir::func::FuncOp>().begin();
}

Program::Program(const std::string &text) {
  mlir::DialectRegistry registry;
  registry.insert<nn::NNDialect, plan::PlanDialect, mlir::func::FuncDialect>();
  context = std::make_shared<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
  module = mlir::parseSourceString<mlir::ModuleOp>(text, context.get());
}

Targets targetsFor(const std::string &cpu) {
  TargetSpec wanted;
  if (cpu == "aarch64" || cpu == "riscv64")
    wanted = {cpu + "-unknown-linux-gnu", "generic", cpu == "riscv64" ? "+m,+a,+f,+d,+c,+v" : ""};
  else
    wanted = {"", cpu, ""};
  return *findBackend(wanted)->resolve(wanted);
}

absl::StatusOr<EmitResult> compile(const Program &program, const Targets &targets) {
  mlir::OwningOpRef<mlir::ModuleOp> module = program.module.get().clone();
  const Backend *backend = findBackend(targets[0]);
  mlir::PassManager manager(program.context.get());
  mlir::OpPassManager &pm = manager.nest<mlir::func::FuncOp>();
  pm.addPass(passes::createFuse());
  backend->buildSelectPhase(pm, targets, program.select);
  pm.addPass(passes::createPlaceConcats());
  pm.addPass(passes::createSchedule());
  pm.addPass(passes::createVerifyPlan());
  if (mlir::failed(manager.run(*module)))
    return absl::InternalError("a pass failed");
  EmitOptions options;
  options.entries = {{"m", "", std::nullopt}};
  options.targets = targets;
  options.name = "m";
  options.aotcVersion = "test";
  options.wantLLVM = true;
  return backend->emit(*module, options);
}

absl::StatusOr<EmitResult> compile(const Program &program, const std::string &cpus) {
  return compile(program, targetsFor(cpus));
}

std::vector<std::string> undefinedSymbols(const std::string &object) {
  std::vector<std::string> names;
  auto file = cantFail(llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "m.o")));
  for (const llvm::object::SymbolRef &symbol : file->symbols())
    if (cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined)
      if (std::string name = cantFail(symbol.getName()).str(); !name.empty())
        names.push_back(name);
  return names;
}

std::vector<Tensor> arguments(const Program &program, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> reals(-3, 3);
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const double specials[] = {0.0, -0.0, inf, -inf, nan, 1e-30, 80, -95};
  std::vector<Tensor> tensors;
  mlir::func::FuncOp func = functionOf(program.module.get());
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    auto tensor = mlir::cast<mlir::RankedTensorType>(type);
    Tensor t(*nn::dtypeOf(tensor.getElementType()),
             Shape(tensor.getShape().begin(), tensor.getShape().end()));
    auto limit = func.getArgAttrOfType<mlir::IntegerAttr>(i, "test.limit");
    bool special = !func.getArgAttr(i, "test.finite");
    for (int64_t k = 0; k < t.size(); ++k) {
      if (limit)
        t.setI(k, generator() % limit.getInt());
      else if (!isFloat(t.dtype()))
        t.setI(k, t.dtype() == DType::I1 ? generator() % 2 : generator() % 200 - 100);
      else if (special && generator() % 8 == 0)
        t.setF(k, specials[generator() % std::size(specials)]);
      else
        t.setF(k, reals(generator));
    }
    tensors.push_back(std::move(t));
  }
  return tensors;
}

static bool near(double got, double want, double tolerance) {
  if (std::isnan(want))
    return std::isnan(got);
  if (std::isinf(want))
    return got == want;
  return std::abs(got - want) <= tolerance * std::max(1.0, std::abs(want));
}

static std::string differenceInBits(const absl::StatusOr<std::vector<Tensor>> &got,
                                    const absl::StatusOr<std::vector<Tensor>> &want) {
  if (got.status() != want.status())
    return absl::StrCat(got.status().ToString(), " and ", want.status().ToString());
  for (size_t r = 0; got.ok() && r < got->size(); ++r)
    if ((*got)[r].raw() != (*want)[r].raw())
      return absl::StrCat("result ", r, " is another");
  return "";
}

std::string difference(const Program &program, const std::vector<Tensor> &arguments, const std::string &cpu,
                       double tolerance) {
  if (!program.module)
    return "the module does not parse";
  auto want = evaluateFunc(functionOf(program.module.get()), arguments, 7);
  auto emitted = compile(program, cpu);
  if (!emitted.ok())
    return std::string(emitted.status().message());
  for (const std::string &name : undefinedSymbols(emitted->object))
    if (!isAllowedExternal(name))
      return "needs " + name;
  auto model = LoadedModel::load(emitted->object, "m");
  if (!model.ok())
    return std::string(model.status().message());
  LoadedModel::CallOptions options;
  options.seed = 7;
  auto got = (*model)->run(arguments, options);
  for (const aotc_parallel *parallel : {lastTaskFirst(), threeThreads()}) {
    options.parallel = parallel;
    if (std::string problem = differenceInBits(got, (*model)->run(arguments, options)); !problem.empty())
      return "with threads: " + problem;
  }
  if (!want.ok() || !got.ok())
    return want.ok() == got.ok()
               ? ""
               : absl::StrCat("got ", got.status().ToString(), ", want ", want.status().ToString());
  for (size_t r = 0; r < want->size(); ++r) {
    const Tensor &x = (*got)[r], &y = (*want)[r];
    if (x.dtype() != y.dtype() || x.shape() != y.shape())
      return absl::StrCat("result ", r, " has another type");
    // Narrow types may round to the neighbour.
    double allowed = x.dtype() == DType::F16    ? 1e-3
                     : x.dtype() == DType::BF16 ? 8e-3
                     : x.dtype() == DType::F64  ? 1e-12
                                                : tolerance;
    for (int64_t i = 0; i < x.size(); ++i)
      if (isFloat(x.dtype()) ? !near(x.f(i), y.f(i), allowed) : x.i(i) != y.i(i))
        return absl::StrCat("result ", r, " element ", i, ": got ", x.f(i), ", want ", y.f(i));
  }
  return "";
}

std::string difference(const std::string &text, const std::string &cpu, double tolerance) {
  Program program(text);
  return program.module ? difference(program, test::arguments(program), cpu, tolerance)
                        : "the module does not parse";
}

std::string function(const std::vector<std::string> &arguments, const std::vector<std::string> &body,
                     const std::vector<std::string> &results) {
  std::vector<std::string> parameters, names;
  for (size_t i = 0; i < arguments.size(); ++i)
    parameters.push_back(absl::StrCat("%", i, ": ", arguments[i]));
  for (size_t i = 0; i < results.size(); ++i)
    names.push_back(absl::StrCat("%r", i));
  return absl::StrCat("func.func @f(", absl::StrJoin(parameters, ", "), ") -> (",
                      absl::StrJoin(results, ", "), ") {\n", absl::StrJoin(body, "\n"), "\nreturn ",
                      absl::StrJoin(names, ", "), " : ", absl::StrJoin(results, ", "), "\n}\n");
}

} // namespace aotc::test
