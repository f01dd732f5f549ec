#include "compiler/driver/Quantize.h"

#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "compiler/driver/Errors.h"
#include "compiler/driver/Trial.h"
#include "ir/NN/Constants.h"
#include "ir/NN/Quant.h"
#include "ir/NN/State.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "passes/fold/Passes.h"
#include "passes/quantize/Interface.h"
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

// How far tensors are from others, over many samples.
class Loss {
public:
  void add(absl::Span<const Tensor> reference, absl::Span<const Tensor> other) {
    errors.resize(reference.size());
    for (size_t i = 0; i < reference.size(); ++i) {
      if (!isFloat(reference[i].dtype()) || reference[i].size() != other[i].size())
        continue;
      for (int64_t e = 0; e < reference[i].size(); ++e) {
        double a = reference[i].f(e), b = other[i].f(e);
        if (!std::isfinite(a) || !std::isfinite(b))
          continue;
        errors[i].noise += (a - b) * (a - b);
        errors[i].signal += a * a;
      }
    }
  }
  // Of the output with the largest one: the root mean square of the error over that of the reference.
  double value() const {
    double worst = 0;
    for (const Error &e : errors)
      if (e.noise > 0)
        worst = std::max(worst, e.signal > 0 ? std::sqrt(e.noise / e.signal) : 1.0);
    return worst;
  }

private:
  struct Error {
    double noise = 0, signal = 0;
  };
  std::vector<Error> errors;
};

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
    for (auto step : {&Quantizer::openData, &Quantizer::measureRanges, &Quantizer::measureNoise, &Quantizer::chooseRegions})
      if (absl::Status status = (this->*step)(); !status.ok())
        return status;
    passes::Decisions chosen = decisions(points, floatCount);
    for (auto [observer, info] : llvm::zip(outputObservers, c.result.model.outputs)) {
      Range range = observer.range(o.calibrator);
      chosen.results.push_back(info.dtype == DType::F32 ? std::optional(passes::scaleFor(range.low, range.high)) : std::nullopt);
    }
    note();
    passes::insertQuantization(networkOf(*c.module), chosen);
    return absl::OkStatus();
  }

private:
  static constexpr int64_t kSamplesOfLoss = 64; // whose outputs are kept
  struct Noise {
    double noise = 0, signal = 0;
    std::vector<float> offsets;
    double share() const { return signal > 0 ? noise / signal : 0; }
  };

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

  // Runs a variant of the network on the first `count` samples.
  absl::Status overSamples(const char *what, const Trial &trial, int64_t count,
                           llvm::function_ref<void(int64_t, const std::vector<Tensor> &, const std::vector<Tensor> &)> use) {
    for (int64_t i = 0; i < count; ++i) {
      if (c.options.detail)
        c.options.detail(absl::StrCat(what, " ", i + 1, " of ", count));
      absl::StatusOr<std::vector<Tensor>> inputs = samples->sample(i);
      if (!inputs.ok())
        return dataError(inputs.status());
      absl::StatusOr<std::vector<Tensor>> outputs = trial.run(*inputs);
      if (!outputs.ok())
        return absl::Status(outputs.status().code(), absl::StrCat("--calibrate: sample ", i, ": ", outputs.status().message()));
      use(i, *inputs, *outputs);
    }
    return absl::OkStatus();
  }

  // From runs of the network with the points as its first results.
  absl::Status measureRanges() {
    mlir::OwningOpRef<mlir::ModuleOp> copy(c.module->clone());
    mlir::func::FuncOp func = networkOf(*copy);
    passes::Points inCopy = passes::findPoints(func); // the same, in the same order
    llvm::SmallVector<mlir::Value> results;
    std::vector<size_t> argumentOf; // of a point that is one, its number; otherwise it is the next result
    for (mlir::Value value : inCopy.values) {
      auto argument = mlir::dyn_cast<mlir::BlockArgument>(value);
      argumentOf.push_back(argument ? argument.getArgNumber() : SIZE_MAX);
      if (!argument)
        results.push_back(value);
    }
    passes::prependResults(func, results);
    absl::StatusOr<Trial> trial = Trial::compile(c, *copy);
    if (!trial.ok())
      return trial.status();
    std::vector<RangeObserver> observers(points.setCount);
    if (c.options.byteInterface)
      outputObservers.resize(c.result.model.outputs.size());
    absl::Status status = overSamples("sample", *trial, samples->count(), [&](int64_t i, const auto &inputs, const auto &outputs) {
      size_t result = 0;
      for (size_t p = 0; p < points.values.size(); ++p) {
        bool isState = argumentOf[p] != SIZE_MAX && argumentOf[p] >= inputs.size();
        if (isState) // what calls keep is not among the inputs; a sample starts with its initial value
          continue;
        const Tensor &tensor = argumentOf[p] == SIZE_MAX ? outputs[result++] : inputs[argumentOf[p]];
        observers[points.sets[p]].observe(tensor.template as<float>(), tensor.size());
      }
      for (size_t k = 0; k < outputObservers.size(); ++k)
        if (const Tensor &tensor = outputs[results.size() + k]; tensor.dtype() == DType::F32)
          outputObservers[k].observe(tensor.template as<float>(), tensor.size());
      if (i < kSamplesOfLoss)
        reference.emplace_back(outputs.begin() + static_cast<int64_t>(results.size()), outputs.end());
    });
    for (const RangeObserver &observer : observers) {
      ranges.push_back(observer.range(o.calibrator));
      scales.push_back(passes::scaleFor(ranges.back().low, ranges.back().high));
    }
    return status;
  }

  // What quantizing the input and the weights of each contraction changes, one at a time.
  absl::Status measureNoise() {
    mlir::OwningOpRef<mlir::ModuleOp> copy(c.module->clone());
    mlir::func::FuncOp func = networkOf(*copy);
    passes::Points inCopy = passes::findPoints(func);
    std::vector<Scale> inputs;
    for (size_t input : points.inputs)
      inputs.push_back(scales[points.sets[input]]);
    passes::insertProbes(func, decisions(inCopy, 0), inCopy.contractions, inputs);
    absl::StatusOr<Trial> trial = Trial::compile(c, *copy);
    if (!trial.ok())
      return trial.status();
    const auto count = static_cast<int64_t>(std::min<size_t>(reference.size(), kSamplesOfLoss));
    noise.resize(points.contractions.size());
    absl::Status status = overSamples("noise of sample", *trial, count, [&](int64_t, const auto &, const auto &outputs) {
      for (size_t i = 0; i < points.contractions.size(); ++i) {
        const Tensor &mean = outputs[3 * i + 2];
        noise[i].noise += outputs[3 * i].f(0);
        noise[i].signal += outputs[3 * i + 1].f(0);
        noise[i].offsets.resize(mean.size());
        for (int64_t n = 0; n < mean.size(); ++n)
          noise[i].offsets[n] += static_cast<float>(mean.f(n) / static_cast<double>(count));
      }
    });
    for (Noise &n : noise) // infinities in the data
      if (!llvm::all_of(n.offsets, [](float x) { return std::isfinite(x); }))
        n.offsets.clear();
    for (nn::GatherOp gather : points.tables)
      noise.push_back(noiseOfTable(gather));
    worstFirst.resize(noise.size());
    std::iota(worstFirst.begin(), worstFirst.end(), 0);
    std::stable_sort(worstFirst.begin(), worstFirst.end(), [&](size_t a, size_t b) { return noise[a].share() > noise[b].share(); });
    return status;
  }

  static Noise noiseOfTable(nn::GatherOp gather) {
    Tensor table = *nn::constantOf(gather.getOperand());
    passes::QuantizedWeights bytes = passes::quantizeWeights(table, /*transposed=*/false, /*exactPairs=*/false);
    Noise result;
    for (int64_t i = 0; i < table.size(); ++i) {
      double x = table.f(i), error = x - static_cast<double>(bytes.codes.i(i)) * bytes.scales[i % bytes.scales.size()];
      if (!std::isfinite(x))
        continue;
      result.noise += error * error;
      result.signal += x * x;
    }
    return result;
  }

  // The smallest number of the worst regions that have to stay in f32.
  absl::Status chooseRegions() {
    absl::StatusOr<double> all = lossOf(0);
    if (!all.ok())
      return all.status();
    loss = *all;
    size_t tooFew = 0, enough = noise.size();
    if (loss <= o.maxLoss)
      return absl::OkStatus();
    while (tooFew + 1 < enough) {
      size_t middle = (tooFew + enough) / 2;
      absl::StatusOr<double> now = lossOf(middle);
      if (!now.ok())
        return now.status();
      (*now <= o.maxLoss ? enough : tooFew) = middle;
      if (*now <= o.maxLoss)
        loss = *now;
    }
    floatCount = enough;
    if (enough == noise.size())
      loss = 0;
    return absl::OkStatus();
  }

  // Of the network whose `floats` worst contractions stay in f32.
  absl::StatusOr<double> lossOf(size_t floats) {
    mlir::OwningOpRef<mlir::ModuleOp> copy(c.module->clone());
    mlir::func::FuncOp func = networkOf(*copy);
    passes::insertQuantization(func, decisions(passes::findPoints(func), floats));
    if (absl::Status status = integrate(c, *copy, /*roundBias=*/true); !status.ok())
      return status;
    absl::StatusOr<Trial> trial = Trial::compile(c, *copy);
    if (!trial.ok())
      return trial.status();
    Loss result;
    std::string what = absl::StrCat("loss with ", floats, " float regions, sample");
    absl::Status status = overSamples(what.c_str(), *trial, static_cast<int64_t>(reference.size()),
                                      [&](int64_t i, const auto &, const auto &outputs) { result.add(reference[i], outputs); });
    return status.ok() ? absl::StatusOr<double>(result.value()) : status;
  }

  // For these points, which may be those of a copy.
  passes::Decisions decisions(const passes::Points &at, size_t floats) const {
    passes::Decisions d;
    d.exactPairs = c.backend->addsPairsIn16Bits(c.result.model.targets);
    std::vector<bool> isFloat(at.contractions.size() + at.tables.size(), false), hasReader(at.values.size(), false), isRead(at.values.size(), false);
    for (size_t i = 0; i < floats; ++i)
      isFloat[worstFirst[i]] = true;
    for (size_t i = 0; i < at.contractions.size(); ++i) {
      isRead[at.inputs[i]] = true;
      if (isFloat[i])
        continue;
      hasReader[at.inputs[i]] = true;
      d.contractions[at.contractions[i]] = i < noise.size() ? noise[i].offsets : std::vector<float>();
    }
    for (size_t i = 0; i < at.tables.size(); ++i)
      if (!isFloat[at.contractions.size() + i])
        d.tables.push_back(at.tables[i]);
    // A value that only contractions in f32 read keeps its digits.
    for (size_t p = 0; p < at.values.size(); ++p)
      if (hasReader[p] || !isRead[p])
        d.points[at.values[p]] = scales[at.sets[p]];
    return d;
  }

  void note() {
    QuantizationInfo info;
    info.calibrator = std::string(name(o.calibrator));
    info.samples = samples->count();
    info.loss = loss;
    info.maxLoss = o.maxLoss;
    for (size_t i = 0; i < noise.size(); ++i) {
      QuantizedRegion region = i < points.contractions.size() ? contractionAt(i) : tableAt(i - points.contractions.size());
      region.signal = noise[i].signal;
      region.noise = noise[i].noise;
      region.isFloat = llvm::is_contained(llvm::ArrayRef(worstFirst).take_front(floatCount), i);
      if (region.isFloat)
        region.why = "the loss exceeds --max-loss without";
      info.regions.push_back(std::move(region));
    }
    c.result.model.quantization = std::move(info);
    if (floatCount > 0)
      c.result.notes.push_back(absl::StrFormat("--quantize: %d of %d regions stay in float to keep the loss under --max-loss %g",
                                               floatCount, noise.size(), o.maxLoss));
  }

  QuantizedRegion contractionAt(size_t i) const {
    unsigned set = points.sets[points.inputs[i]];
    return {nodeName(points.contractions[i]->getLoc()), ranges[set].low, ranges[set].high, scales[set].scale, scales[set].zero,
            0, 0, false, ""};
  }

  // With the largest of its columns' scales.
  QuantizedRegion tableAt(size_t i) const {
    nn::GatherOp gather = points.tables[i];
    Tensor table = *nn::constantOf(gather.getOperand());
    passes::QuantizedWeights bytes = passes::quantizeWeights(table, /*transposed=*/false, /*exactPairs=*/false);
    auto [low, high] = std::minmax_element(table.as<float>(), table.as<float>() + table.size());
    return {nodeName(gather.getLoc()), *low, *high, *std::max_element(bytes.scales.begin(), bytes.scales.end()), 0,
            0, 0, false, ""};
  }

  Compilation &c;
  const QuantizeOptions &o;
  passes::Points points;
  std::optional<Samples> samples;
  std::vector<RangeObserver> outputObservers; // of the outputs that are to be bytes
  std::vector<Range> ranges;                // of sets
  std::vector<Scale> scales;
  std::vector<std::vector<Tensor>> reference; // outputs of the float network
  std::vector<Noise> noise;                   // of contractions, then of tables
  std::vector<size_t> worstFirst;             // their numbers
  size_t floatCount = 0;                      // how many of those stay in f32
  double loss = 0;
};

} // namespace

bool hasQuantizedOps(mlir::ModuleOp module) {
  return module
      .walk([](mlir::Operation *op) {
        return mlir::isa<nn::QuantizeOp, nn::DequantizeOp>(op) ? mlir::WalkResult::interrupt() : mlir::WalkResult::advance();
      })
      .wasInterrupted();
}

// What the interface has become, and what stays float.
static void describeInterface(Compilation &c) {
  mlir::func::FuncOp func = networkOf(*c.module);
  auto describe = [&](std::vector<TensorInfo> &tensors, const char *kind, auto typeOf, auto scaleOf) {
    for (auto [i, info] : llvm::enumerate(tensors)) {
      info.scale = scaleOf(func, i);
      info.dtype = *nn::dtypeOf(mlir::cast<mlir::RankedTensorType>(typeOf(i)).getElementType());
      if (info.dtype == DType::F32)
        c.result.notes.push_back(absl::StrCat("--io=int8: ", kind, " '", printable(info.name), "' stays float; it is not quantized"));
    }
  };
  describe(c.result.model.inputs, "input", [&](size_t i) { return func.getArgumentTypes()[i]; }, nn::argumentScale);
  describe(c.result.model.outputs, "output", [&](size_t i) { return func.getResultTypes()[i]; }, nn::resultScale);
}

absl::Status quantize(Compilation &c) {
  if (c.options.byteInterface && c.result.model.symbol)
    return usageError("--io=int8: give the symbolic dimension a number with --input");
  if (c.options.quantize)
    if (absl::Status status = Quantizer(c).run(); !status.ok())
      return status;
  const bool isQuantized = hasQuantizedOps(*c.module);
  if (c.options.byteInterface && !isQuantized && !c.options.quantize)
    return usageError("--io=int8: the model has no 8-bit integers; give --quantize=int8 and --calibrate DATA");
  if (isQuantized) {
    if (c.options.byteInterface)
      passes::narrowInputs(networkOf(*c.module));
    if (absl::Status status = integrate(c, *c.module, /*roundBias=*/c.options.quantize.has_value()); !status.ok())
      return status;
    if (c.options.byteInterface)
      passes::narrowOutputs(networkOf(*c.module));
  }
  if (c.options.byteInterface)
    describeInterface(c);
  nn::releaseUnusedConstants(*c.module);
  return absl::OkStatus();
}

} // namespace aotc
