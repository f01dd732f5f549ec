#include "compiler/driver/Tune.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "compiler/artifact/Loader.h"
#include "compiler/driver/Errors.h"
#include "compiler/driver/TuningFile.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/schedule/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

#include <chrono>
#include <ctime>
#include <random>

namespace aotc {
namespace {

using Clock = std::chrono::steady_clock;

// CPU time of this thread: others on the machine don't count.
double threadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::string hashOf(const std::string &text) { return absl::StrFormat("%016x", llvm::xxh3_64bits(text)); }

// What decides on the code besides the kernel: "znver4/0123456789abcdef".
std::string cpuKey(const TargetSpec &target) {
  return absl::StrCat(target.cpu, "/", hashOf(absl::StrCat(target.triple, " ", target.features)));
}

// What a kernel computes, for people, and a hash of all of it.
std::string kernelKey(nn::FusionOp group) {
  std::string text, key;
  llvm::raw_string_ostream os(text), keyStream(key);
  mlir::OpPrintingFlags flags;
  flags.useLocalScope().printGenericOpForm().elideLargeElementsAttrs(16);
  for (mlir::Operation &op : group.getBody().front()) {
    op.print(os, flags);
    if (llvm::isa<nn::MatMulOp, nn::ConvOp, nn::ConvTransposeOp>(op)) {
      keyStream << op.getName();
      for (mlir::Value operand : op.getOperands())
        keyStream << ' ' << operand.getType();
    }
  }
  for (mlir::Value input : group.getInputs())
    os << input.getType() << nn::isConstant(input);
  os << group.getResultTypes();
  return absl::StrCat(key, " ", hashOf(text));
}

double elementsOf(mlir::Value value) {
  return static_cast<double>(mlir::cast<mlir::ShapedType>(value.getType()).getNumElements());
}

// One kernel of the network: groups that it computes, and ways to do so.
struct Kernel {
  llvm::SmallVector<nn::FusionOp, 4> groups;
  std::vector<std::string> candidates;
  // Its share in the network's time: multiply-adds.
  double weight() {
    mlir::Value result = groups[0].getResult(0);
    double work = static_cast<double>(groups.size());
    for (mlir::Value input : groups[0].getInputs()) // the largest constant is the filter
      if (nn::isConstant(input))
        work = std::max(work, static_cast<double>(groups.size()) * elementsOf(input) * elementsOf(result));
    int64_t columns = nn::shapeOf(result).empty() ? 1 : nn::shapeOf(result).back();
    return work / static_cast<double>(std::max<int64_t>(columns, 1));
  }
};

Tensor randomTensor(const aotc_tensor_info &info, DType dtype, std::mt19937 &random) {
  Tensor tensor(dtype, Shape(info.shape, info.shape + info.rank));
  std::uniform_real_distribution<double> values(-1, 1);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.setF(i, values(random));
  return tensor;
}

class Tuner {
public:
  explicit Tuner(Compilation &c) : c(c), evict(size_t(1) << 21) {}

  // Of the ways to compute the group the fastest; empty: the cost model's.
  absl::StatusOr<std::string> fastest(Kernel &kernel, double seconds) {
    struct Way {
      std::string candidate, object;
      std::unique_ptr<LoadedModel> model;
      std::unique_ptr<PreparedCall> call;
      double best = std::numeric_limits<double>::max();
    };
    std::vector<Way> ways;
    std::vector<std::string> names{""};
    names.insert(names.end(), kernel.candidates.begin(), kernel.candidates.end());
    for (const std::string &name : names) {
      absl::StatusOr<std::string> object = compile(kernel.groups[0], name);
      if (!object.ok())
        return object.status();
      if (llvm::any_of(ways, [&](const Way &way) { return way.object == *object; }))
        continue; // the cost model's own
      absl::StatusOr<std::unique_ptr<LoadedModel>> model = LoadedModel::load(*object, kName);
      if (!model.ok())
        return model.status();
      std::mt19937 random(1);
      std::vector<Tensor> inputs;
      for (uint32_t i = 0; i < (*model)->info().num_inputs; ++i)
        inputs.push_back(randomTensor((*model)->info().inputs[i], inputTypes[i], random));
      auto call = std::make_unique<PreparedCall>(**model, inputs, LoadedModel::CallOptions());
      ways.push_back({name, *std::move(object), *std::move(model), std::move(call)});
    }
    constexpr int kFewestRounds = 5;
    constexpr double kLeastGain = 0.03; // less is noise: the cost model's choice stays
    if (ways.size() == 1)
      return "";
    std::chrono::duration<double> budget(seconds);
    Clock::time_point end = Clock::now() + std::chrono::duration_cast<Clock::duration>(budget);
    for (int round = 0; round < kFewestRounds || Clock::now() < end; ++round)
      for (Way &way : ways) {
        cool();
        double start = threadSeconds();
        if ((*way.call)() != AOTC_OK)
          return internalError("a kernel failed while it was timed");
        way.best = std::min(way.best, threadSeconds() - start);
      }
    const Way *best = &ways[0];
    for (const Way &way : ways)
      if (way.best < best->best && way.best < (1 - kLeastGain) * ways[0].best)
        best = &way;
    gain += static_cast<double>(kernel.groups.size()) * (ways[0].best - best->best);
    total += static_cast<double>(kernel.groups.size()) * ways[0].best;
    return best->candidate;
  }

  double gain = 0, total = 0; // seconds a call of the network, of the kernels measured

private:
  static constexpr char kName[] = "tuned";

  absl::StatusOr<std::string> compile(nn::FusionOp group, const std::string &candidate) {
    absl::StatusOr<std::string> object = compileAlone(group, candidate);
    nn::releaseUnusedConstants(*c.module); // the panels of this candidate
    return object;
  }

  // The object of the group as a network.
  absl::StatusOr<std::string> compileAlone(nn::FusionOp group, const std::string &candidate) {
    mlir::OpBuilder b(&c.context);
    mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(group.getLoc());
    llvm::SmallVector<mlir::Value> arguments;
    llvm::SmallVector<mlir::Type> types;
    for (mlir::Value input : llvm::SetVector<mlir::Value>(group.getInputs().begin(), group.getInputs().end()))
      if (!nn::isConstant(input)) {
        arguments.push_back(input);
        types.push_back(input.getType());
      }
    inputTypes.clear();
    for (mlir::Value argument : arguments)
      inputTypes.push_back(nn::dtypeOf(argument));
    b.setInsertionPointToStart(module->getBody());
    auto func = b.create<mlir::func::FuncOp>(group.getLoc(), "main", b.getFunctionType(types, group.getResultTypes()));
    mlir::Block *block = func.addEntryBlock();
    b.setInsertionPointToStart(block);
    mlir::IRMapping mapping;
    for (auto [from, to] : llvm::zip(arguments, block->getArguments()))
      mapping.map(from, to);
    for (mlir::Value input : group.getInputs())
      if (!mapping.contains(input))
        mapping.map(input, b.clone(*input.getDefiningOp())->getResult(0));
    mlir::Operation *copy = b.clone(*group, mapping);
    if (!candidate.empty())
      copy->setAttr(kTuningAttr, b.getStringAttr(candidate));
    b.create<mlir::func::ReturnOp>(group.getLoc(), copy->getResults());

    absl::Status status = c.runPasses(*module, "select", [&](mlir::OpPassManager &pm) {
      c.backend->buildSelectPhase(pm, c.result.model.targets, c.options.select);
      pm.addPass(passes::createSchedule());
    });
    if (!status.ok())
      return status;
    EmitOptions options;
    options.targets = c.result.model.targets;
    options.name = kName;
    options.aotcVersion = kVersion;
    options.entries = {{kName, c.result.model.modelHash, std::nullopt}};
    absl::StatusOr<EmitResult> emitted = c.backend->emit(*module, options);
    if (!emitted.ok())
      return internalError(std::string(emitted.status().message()));
    return std::move(emitted->object);
  }

  // In a network other kernels have been at the caches.
  void cool() {
    for (size_t i = 0; i < evict.size(); i += 64)
      evict[i] = static_cast<char>(evict[i] + 1);
  }

  Compilation &c;
  std::vector<char> evict;
  std::vector<DType> inputTypes;
};

// Only code for this very machine can be timed here.
absl::Status checkHost(const Compilation &c) {
  TargetSpec host{"", "native", ""};
  absl::StatusOr<Targets> native = c.backend->resolve(host);
  const Targets &targets = c.result.model.targets;
  bool same = native.ok() && targets.size() == 1 && targets[0].triple == (*native)[0].triple &&
              targets[0].cpu == (*native)[0].cpu && targets[0].features == (*native)[0].features;
  return same ? absl::OkStatus()
              : usageError(absl::StrCat("--tune measures on this machine, but the code is for ", cpuNames(targets),
                                        "; tune with --cpu=native, or on such a machine"));
}

absl::StatusOr<TuningFile> readFile(const Compilation &c) {
  const std::string &path = c.options.tuningFile;
  auto content = llvm::MemoryBuffer::getFile(path);
  if (!content && c.options.tuneSeconds && content.getError() == std::errc::no_such_file_or_directory)
    return TuningFile();
  if (!content)
    return ioError(absl::StrCat(path, ": cannot be read: ", content.getError().message()));
  return TuningFile::parse(path, (*content)->getBuffer().str());
}

} // namespace

absl::Status tune(Compilation &c) {
  if (c.options.tuningFile.empty())
    return c.options.tuneSeconds ? usageError("--tune needs --tuning-file=FILE to keep what it finds")
                                 : absl::OkStatus();
  if (c.result.model.targets.size() != 1)
    return usageError("--tuning-file is for code for one CPU; give --cpu a single name");
  if (c.options.tuneSeconds)
    if (absl::Status status = checkHost(c); !status.ok())
      return status;
  absl::StatusOr<TuningFile> file = readFile(c);
  if (!file.ok())
    return file.status();

  std::string cpu = cpuKey(c.result.model.targets[0]);
  llvm::MapVector<std::string, Kernel, std::map<std::string, unsigned>> kernels;
  c.module->walk([&](nn::FusionOp group) {
    std::vector<std::string> candidates =
        c.backend->tuningCandidates(group, c.result.model.targets, c.options.select);
    if (candidates.empty())
      return;
    Kernel &kernel = kernels[kernelKey(group)];
    kernel.groups.push_back(group);
    kernel.candidates = std::move(candidates);
  });

  if (c.options.tuneSeconds) {
    double weights = 0;
    for (auto &[key, kernel] : kernels)
      weights += file->find(cpu, key) ? 0 : kernel.weight();
    Tuner tuner(c);
    int measured = 0;
    for (auto &[key, kernel] : kernels) {
      if (file->find(cpu, key))
        continue;
      absl::StatusOr<std::string> choice = tuner.fastest(kernel, *c.options.tuneSeconds * kernel.weight() / weights);
      if (!choice.ok())
        return choice.status();
      file->set(cpu, key, *choice);
      ++measured;
    }
    c.result.notes.push_back(absl::StrFormat("tuning: measured %d of %d kernels, %.1f us of %.1f us saved", measured,
                                             kernels.size(), tuner.gain * 1e6, tuner.total * 1e6));
    c.result.tuning = file->write();
  }

  size_t unknown = 0, stale = 0;
  for (auto &[key, kernel] : kernels) {
    std::optional<std::string> choice = file->find(cpu, key);
    unknown += !choice;
    if (!choice || choice->empty())
      continue;
    for (nn::FusionOp group : kernel.groups)
      if (llvm::is_contained(c.backend->tuningCandidates(group, c.result.model.targets, c.options.select), *choice))
        group->setAttr(kTuningAttr, mlir::StringAttr::get(&c.context, *choice));
      else
        ++stale;
  }
  if (unknown + stale > 0)
    c.result.notes.push_back(absl::StrCat(c.options.tuningFile, ": ", unknown + stale, " of ", kernels.size(),
                                          " kernels keep the cost model's choice: no fitting entry for this CPU"));
  return absl::OkStatus();
}

} // namespace aotc
