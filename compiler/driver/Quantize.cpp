#include "compiler/driver/Quantize.h"

#include "absl/strings/str_cat.h"
#include "compiler/driver/Errors.h"
#include "compiler/driver/Trial.h"
#include "ir/NN/Constants.h"
#include "ir/NN/State.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "passes/fold/Passes.h"
#include "passes/quantize/Passes.h"
#include "passes/quantize/Rewrite.h"
#include "passes/simplify/Passes.h"

namespace aotc {
namespace {

mlir::func::FuncOp networkOf(mlir::ModuleOp module) { return *module.getOps<mlir::func::FuncOp>().begin(); }

// Numbers to integers, after which nothing stands for a constant that is read as a float.
absl::Status integrate(Compilation &c, mlir::ModuleOp module, bool roundBias) {
  return c.runPasses(module, "quantize", [&](mlir::OpPassManager &pm) {
    passes::QuantizedOpsOptions options;
    options.roundBias = roundBias;
    pm.addPass(passes::createQuantizedOps(options));
    pm.addPass(passes::createSimplify()); // the moves that have met
    pm.addPass(passes::createQuantizedOps(options));
    pm.addPass(passes::createConstantFold());
    pm.addPass(passes::createShrinkConstants());
    pm.addPass(mlir::createCSEPass());
  });
}

class Quantizer {
public:
  explicit Quantizer(Compilation &c) : c(c), o(*c.options.quantize) {}

  absl::Status run() {
    if (c.result.model.symbol)
      return usageError("--quantize: a network with a symbolic dimension cannot be quantized; give the dimension a number with --input");
    points = passes::findPoints(networkOf(*c.module));
    if (points.contractions.empty()) {
      c.result.notes.push_back("--quantize: no convolution or product with constant weights; everything stays as it is");
      return absl::OkStatus();
    }
    if (absl::Status status = openData(); !status.ok())
      return status;
    if (absl::Status status = calibrate(); !status.ok())
      return status;
    passes::Decisions decisions = decide();
    passes::insertQuantization(networkOf(*c.module), decisions);
    return absl::OkStatus();
  }

private:
  absl::Status openData() {
    std::vector<SampleInput> inputs;
    for (auto [i, info] : llvm::enumerate(c.result.model.inputs)) {
      std::optional<int64_t> bound = i < c.result.indexBounds.size() ? c.result.indexBounds[i] : std::nullopt;
      inputs.push_back({info.name, info.dtype, info.shape, bound});
    }
    absl::StatusOr<Samples> opened = openSamples("--calibrate", inputs, o.samples, o.feature);
    if (!opened.ok())
      return dataError(opened.status());
    samples.emplace(*std::move(opened));
    return absl::OkStatus();
  }

  // Ranges of all points, from runs of the network with the points as its first results.
  absl::Status calibrate() {
    mlir::OwningOpRef<mlir::ModuleOp> copy(c.module->clone());
    mlir::func::FuncOp func = networkOf(*copy);
    passes::Points inCopy = passes::findPoints(func); // the same, in the same order
    auto *end = func.front().getTerminator();
    llvm::SmallVector<mlir::Value> results;
    std::vector<size_t> argumentOf; // of a point that is one, its number; results otherwise
    for (mlir::Value value : inCopy.values) {
      auto argument = mlir::dyn_cast<mlir::BlockArgument>(value);
      argumentOf.push_back(argument ? argument.getArgNumber() : SIZE_MAX);
      if (!argument)
        results.push_back(value);
    }
    for (mlir::Value value : llvm::reverse(results)) {
      end->insertOperands(0, value);
      func.insertResult(0, value.getType(), mlir::DictionaryAttr::get(&c.context));
    }
    absl::StatusOr<Trial> trial = Trial::compile(c, *copy);
    if (!trial.ok())
      return trial.status();
    observers.resize(points.setCount);
    for (int64_t i = 0; i < samples->count(); ++i) {
      report(absl::StrCat("sample ", i + 1, " of ", samples->count()));
      absl::StatusOr<std::vector<Tensor>> inputs = samples->sample(i);
      if (!inputs.ok())
        return dataError(inputs.status());
      absl::StatusOr<std::vector<Tensor>> outputs = trial->run(*inputs);
      if (!outputs.ok())
        return absl::Status(outputs.status().code(), absl::StrCat("--calibrate: sample ", i, ": ", outputs.status().message()));
      size_t result = 0;
      for (size_t p = 0; p < points.values.size(); ++p) {
        const Tensor &tensor = argumentOf[p] == SIZE_MAX ? (*outputs)[result++] : (*inputs)[argumentOf[p]];
        observers[points.sets[p]].observe(tensor.as<float>(), tensor.size());
      }
    }
    return absl::OkStatus();
  }

  passes::Decisions decide() const {
    passes::Decisions decisions;
    decisions.exactPairs = c.backend->addsPairsIn16Bits(c.result.model.targets);
    std::vector<passes::Scale> scales;
    for (const RangeObserver &observer : observers) {
      Range range = observer.range(o.calibrator);
      scales.push_back(passes::scaleFor(range.low, range.high));
    }
    for (size_t p = 0; p < points.values.size(); ++p)
      decisions.points[points.values[p]] = scales[points.sets[p]];
    decisions.contractions.insert(points.contractions.begin(), points.contractions.end());
    return decisions;
  }

  void report(const std::string &what) {
    if (c.options.detail)
      c.options.detail(what);
  }

  Compilation &c;
  const QuantizeOptions &o;
  passes::Points points;
  std::optional<Samples> samples;
  std::vector<RangeObserver> observers; // of sets
};

} // namespace

bool hasQuantizedOps(mlir::ModuleOp module) {
  return module
      .walk([](mlir::Operation *op) {
        return mlir::isa<nn::QuantizeOp, nn::DequantizeOp>(op) ? mlir::WalkResult::interrupt() : mlir::WalkResult::advance();
      })
      .wasInterrupted();
}

absl::Status quantize(Compilation &c) {
  if (c.options.quantize)
    if (absl::Status status = Quantizer(c).run(); !status.ok())
      return status;
  if (!hasQuantizedOps(*c.module))
    return absl::OkStatus();
  absl::Status status = integrate(c, *c.module, /*roundBias=*/c.options.quantize.has_value());
  nn::releaseUnusedConstants(*c.module);
  return status;
}

} // namespace aotc
