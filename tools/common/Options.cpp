#include "tools/common/Options.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "compiler/artifact/OutputFile.h"
#include "compiler/artifact/PlanDrawing.h"
#include "compiler/artifact/Report.h"
#include "compiler/driver/Pipeline.h"
#include "compiler/driver/StatePairs.h"
#include "tools/common/Progress.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace cl = llvm::cl;

namespace aotc::tools {

cl::OptionCategory &toolCategory() {
  static cl::OptionCategory category("Basic options");
  return category;
}

cl::OptionCategory &compileCategory() {
  static cl::OptionCategory category("Compile options");
  return category;
}

namespace {

std::string toolName = "aotc";
std::vector<std::string> notes; // of the compile, for --diagnostics=json

// libLLVM brings some hundred options of its own, --stop-after among them. They
// go before any of ours is made, so that no user meets one by accident.
struct RemoveForeignOptions {
  RemoveForeignOptions() {
    llvm::SmallVector<cl::Option *> foreign;
    for (auto &entry : cl::getRegisteredOptions())
      if (entry.second->Categories.empty() || entry.second->Categories[0]->getName() != "Generic Options")
        foreign.push_back(entry.second);
    for (cl::Option *option : foreign)
      option->removeArgument();
  }
};
// 101 is the first priority that programs may use; ordinary objects come after it.
[[gnu::init_priority(101)]] RemoveForeignOptions removeForeignOptions;

cl::list<std::string> modelPaths(cl::Positional, cl::desc("MODEL..."), cl::cat(compileCategory()));
cl::list<std::string>
    inputs("input", cl::value_desc("[NAME=]VALUE"), cl::cat(compileCategory()),
           cl::desc("Type of an input, [d,d,...][:DTYPE], or its .npy file; without NAME by position, "
                    "and a NAME may be any node"));
cl::list<std::string> fixedInputs("set", cl::value_desc("NAME=VALUE"), cl::cat(compileCategory()),
                                  cl::desc("Make an input a constant: a number, [n,n,...] or an .npy file"));
cl::list<std::string> bounds("bound", cl::value_desc("NAME=N"), cl::cat(compileCategory()),
                             cl::desc("Largest extent of what node NAME yields, where it depends on data; calls check it"));
cl::list<std::string> customOps("custom-op", cl::value_desc("DECLARATION|FILE"), cl::cat(compileCategory()),
                                cl::desc("Call a C function for an operation: NAME(x: f32[n]; k: int) -> y: f32[n] = symbol"));
cl::list<std::string> customLibraryPaths("custom-library", cl::value_desc("FILE.so"), cl::cat(compileCategory()),
                                         cl::desc("Where shape functions of --custom-op are, and for running the functions"));
cl::list<std::string> signatures("signature", cl::value_desc("NAME"), cl::cat(compileCategory()),
                                cl::desc("Which function of a SavedModel (default: serving_default, or the only one)"));
cl::list<std::string> outputs("output", cl::value_desc("NAME"), cl::cat(compileCategory()),
                              cl::desc("Compute this node (default: the nodes that nobody consumes)"));
cl::list<std::string> specialize("specialize", cl::value_desc("SYMBOL=N,N,..."), cl::cat(compileCategory()),
                                 cl::desc("Sizes of a symbolic dimension that get code of their own"));
cl::list<std::string> states("state", cl::value_desc("IN=OUT[:FILE.npy]"), cl::cat(compileCategory()),
                             cl::desc("Keep output OUT of a call as input IN of the next, in a block of the "
                                      "caller's; zeros at first, or the file's values"));
cl::opt<std::string> triple("target", cl::value_desc("TRIPLE"), cl::cat(compileCategory()),
                            cl::desc("Target triple (default: the host's)"));
cl::opt<std::string>
    cpu("cpu", cl::value_desc("NAME"), cl::cat(compileCategory()),
        cl::desc("Target CPU: native, generic, x86-64-v3, znver3, ... (default: the host's); a list "
                 "puts code for each into one object, which chooses when it is first called"));
cl::opt<std::string> features("features", cl::value_desc("LIST"), cl::cat(compileCategory()),
                              cl::desc("CPU features to add or remove, e.g. +avx2,-fma"));
cl::list<std::string>
    modelNames("name", cl::value_desc("IDENT"), cl::cat(compileCategory()),
              cl::desc("Prefix of the exported symbols (default: the stem of -o, or of MODEL)"));
cl::opt<std::string> seed("seed", cl::value_desc("N"), cl::cat(compileCategory()),
                          cl::desc("Seed of random operators (default 0)"));
cl::opt<bool> noWinograd("no-winograd", cl::cat(compileCategory()),
                         cl::desc("Compute 3x3 convolutions directly, also where minimal filtering is faster"));
enum class Quantization { None, Int8 };
cl::opt<Quantization> quantizeTo("quantize", cl::cat(compileCategory()), cl::init(Quantization::None),
                                 cl::desc("Compute with narrower numbers:"),
                                 cl::values(clEnumValN(Quantization::Int8, "int8", "8-bit integers, with ranges from --calibrate")));
cl::list<std::string> calibrate("calibrate", cl::value_desc("[NAME=]DATA"), cl::cat(compileCategory()),
                                cl::desc("Samples of the inputs for --quantize: .npy, .npz, a folder of them, TFRecord, or "
                                         "random[:N[:SEED]]"));
cl::opt<std::string> calibrateFeature("calibrate-feature", cl::value_desc("NAME"), cl::cat(compileCategory()),
                                      cl::desc("Feature of TFRecord files that is the input"));
cl::opt<Calibrator> calibrator("calibrator", cl::cat(compileCategory()), cl::init(Calibrator::MeanSquareError),
                               cl::desc("How --quantize chooses ranges:"),
                               cl::values(clEnumValN(Calibrator::MeanSquareError, "mse", "least squared error (the default)"),
                                          clEnumValN(Calibrator::MinMax, "min-max", "all values"),
                                          clEnumValN(Calibrator::MovingAverage, "moving-average", "averages of the samples' extremes"),
                                          clEnumValN(Calibrator::Percentile, "percentile", "99.99 % of the values"),
                                          clEnumValN(Calibrator::Entropy, "entropy", "least loss of information")));
cl::opt<std::string> maxLoss("max-loss", cl::value_desc("SHARE"), cl::cat(compileCategory()),
                             cl::desc("Largest error of --quantize, of the outputs' root mean square (default 0.03); what "
                                      "exceeds it keeps regions in float"));
enum class Interface { Float, Int8 };
cl::opt<Interface> interfaceOf("io", cl::cat(compileCategory()), cl::init(Interface::Float),
                               cl::desc("Inputs and outputs of a quantized network:"),
                               cl::values(clEnumValN(Interface::Float, "float", "as the model has them (the default)"),
                                          clEnumValN(Interface::Int8, "int8", "8-bit where they are quantized; the header has scales and zero points")));
cl::opt<std::string> tuneSeconds("tune", cl::ValueOptional, cl::value_desc("SECONDS"), cl::cat(compileCategory()),
                                 cl::desc("Measure kernels that --tuning-file does not know, about so long "
                                          "(default 10), and add what is fastest"));
cl::opt<std::string> tuningFile("tuning-file", cl::value_desc("FILE"), cl::cat(compileCategory()),
                                cl::desc("Choose kernels as measured before"));
enum class Prefer { Speed, Size };
cl::opt<Prefer> prefer("prefer", cl::cat(compileCategory()), cl::init(Prefer::Speed),
                       cl::desc("What counts more:"),
                       cl::values(clEnumValN(Prefer::Speed, "speed", "time (the default)"),
                                  clEnumValN(Prefer::Size, "size", "memory: a smaller arena")));
cl::opt<std::string> dumpDir("dump-ir", cl::value_desc("DIR"), cl::cat(compileCategory()),
                             cl::desc("Write the IR after every phase to DIR, numbered, weights elided"));
cl::opt<std::string> report("report", cl::value_desc("FILE.json"), cl::cat(compileCategory()),
                            cl::desc("Write sizes, arena, work of every region and compile time"));
cl::opt<std::string> planDrawing("plan-drawing", cl::value_desc("FILE.svg"), cl::cat(compileCategory()),
                                 cl::desc("Draw the arena: one rectangle a buffer, kernels by offset"));
cl::opt<bool> time("time", cl::cat(compileCategory()), cl::desc("Print the time of every phase"));
enum class DiagnosticsForm { Text, JSON };
cl::opt<DiagnosticsForm> diagnosticsForm("diagnostics", cl::cat(compileCategory()), cl::init(DiagnosticsForm::Text),
                                         cl::desc("Problems and notes on standard error:"),
                                         cl::values(clEnumValN(DiagnosticsForm::Text, "text", "a line each (the default)"),
                                                    clEnumValN(DiagnosticsForm::JSON, "json", "one JSON object")));
enum class Frontends { All, TensorFlow, ONNX };
cl::opt<Frontends> listOps("list-ops", cl::ValueOptional, cl::cat(compileCategory()),
                           cl::desc("List the operations that models may use:"),
                           cl::values(clEnumValN(Frontends::All, "", "of all formats"),
                                      clEnumValN(Frontends::TensorFlow, "tf", "TensorFlow's"),
                                      clEnumValN(Frontends::ONNX, "onnx", "ONNX's")));
cl::opt<bool> isVerbose("v", cl::cat(compileCategory()), cl::desc("Say what is being done"));

void printVersion(llvm::raw_ostream &os) {
  os << "aotc " << kVersion << " (LLVM " << LLVM_VERSION_STRING << ")\n";
}

// LLVM's parser says "TOOL: what is wrong.  Try: ...\nTOOL: Did you mean '--x'?": one line of ours.
std::string oneLine(std::string text) {
  std::string hint;
  if (size_t meant = text.find("Did you mean "); meant != std::string::npos)
    hint = absl::StrCat("; did you mean ", text.substr(meant + 13, text.find('\n', meant) - meant - 13));
  text = text.substr(0, text.find('\n'));
  if (size_t colon = text.find(": "); colon != std::string::npos)
    text = text.substr(colon + 2);
  if (size_t end = text.find(".  Try: "); end != std::string::npos)
    text = text.substr(0, end);
  return absl::StrCat(text, hint.empty() ? absl::StrCat("; see ", toolName, " --help") : hint);
}

void printTimes(const ModelInfo &model) {
  double total = 0;
  for (const PhaseTime &p : model.phases) {
    std::fprintf(stderr, "%10.3f s  %s\n", p.seconds, p.phase.c_str());
    total += p.seconds;
  }
  std::fprintf(stderr, "%10.3f s  total\n", total);
}

} // namespace

std::optional<ExitCode> parseCommandLine(int argc, char **argv, const std::string &overview) {
  toolName = llvm::sys::path::filename(argv[0]).str();
  cl::HideUnrelatedOptions({&toolCategory(), &compileCategory()});
  cl::SetVersionPrinter(printVersion);
  // extrahelp keeps a reference, and --help exits from within the parser.
  static std::string more = "\nPHASES (for --stop-after and --dump-ir, in order):\n\n";
  for (const Phase &p : pipeline())
    absl::StrAppend(&more, "  ", p.name, std::string(10 - p.name.size(), ' '), p.help, "\n");
  absl::StrAppend(&more, "\n", kExitCodesHelp);
  cl::extrahelp moreHelp(more);
  std::string errors;
  llvm::raw_string_ostream stream(errors);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &stream))
    // A wrong value of a flag has been reported by the flag itself.
    return stream.str().empty() ? ExitCode::Usage : fail(usageError(oneLine(stream.str())));
  if (listOps.getNumOccurrences() > 0) {
    std::string tf = listTensorFlowOps(), onnx = listONNXOps();
    absl::Status status = print(listOps == Frontends::TensorFlow ? tf
                                : listOps == Frontends::ONNX     ? onnx
                                                                 : "TensorFlow:\n" + tf + "\nONNX:\n" + onnx);
    return status.ok() ? ExitCode::Ok : fail(status);
  }
  if (modelPaths.empty())
    return fail(usageError(absl::StrCat("no model given; see ", toolName, " --help")));
  return std::nullopt;
}

// An input with a symbolic dimension takes its values from an --input of its own.
static void joinValues(std::vector<InputSpec> &specs) {
  for (InputSpec &shape : specs) {
    if (shape.name.empty() || llvm::all_of(shape.symbols, [](const std::string &symbol) { return symbol.empty(); }))
      continue;
    auto file = llvm::find_if(specs, [&](const InputSpec &other) { return other.name == shape.name && !other.npyPath.empty(); });
    if (file != specs.end())
      std::swap(shape.valuesPath, file->npyPath);
  }
  llvm::erase_if(specs, [](const InputSpec &spec) { return spec.npyPath.empty() && !spec.shape; });
}

// What belongs to one model: all, or, of several models, what comes between it and the next.
class ModelArguments {
public:
  explicit ModelArguments(size_t model)
      : begin(modelPaths.getPosition(model)),
        end(model + 1 < modelPaths.size() ? modelPaths.getPosition(model + 1) : UINT_MAX), isOnly(modelPaths.size() == 1) {}

  std::vector<std::string> of(const cl::list<std::string> &option) const {
    std::vector<std::string> own;
    for (unsigned i = 0; i < option.size(); ++i)
      if (isOnly || (option.getPosition(i) > begin && option.getPosition(i) < end))
        own.push_back(option[i]);
    return own;
  }
  // The only one; "" where there is none.
  absl::StatusOr<std::string> one(const cl::list<std::string> &option) const {
    std::vector<std::string> own = of(option);
    if (own.size() > 1)
      return usageError(absl::StrCat("--", option.ArgStr.str(), " ", own[1], ": given twice for one model"));
    return own.empty() ? "" : own[0];
  }

private:
  const unsigned begin, end;
  const bool isOnly;
};

// Before several models, an option belongs to none.
static absl::Status checkPositions() {
  for (const cl::list<std::string> &option : {std::cref(inputs), std::cref(fixedInputs), std::cref(bounds), std::cref(signatures),
                                              std::cref(outputs), std::cref(specialize), std::cref(states), std::cref(calibrate), std::cref(modelNames)})
    for (unsigned i = 0; i < option.size() && modelPaths.size() > 1; ++i)
      if (option.getPosition(i) < modelPaths.getPosition(0))
        return usageError(absl::StrCat("--", option.ArgStr.str(), " ", option[i], ": of several models, give it after the one that it is for"));
  return absl::OkStatus();
}

static std::string pathOf(size_t model) {
  std::string path = modelPaths[model];
  while (path.size() > 1 && path.back() == '/') // of a folder, whose name counts
    path.pop_back();
  return path;
}

// The names of several models: their files', with the signature where a file occurs again.
static absl::Status nameModels(std::vector<CompileOptions> &all) {
  for (auto [i, o] : llvm::enumerate(all)) {
    const size_t same = llvm::count_if(all, [&, &o = o](const CompileOptions &other) { return stemOf(other.modelPath) == stemOf(o.modelPath); });
    if (ModelArguments(i).of(modelNames).empty() && same > 1 && !o.signature.empty())
      o.name = makeIdentifier(absl::StrCat(stemOf(o.modelPath), "_", o.signature));
    for (size_t k = 0; k < i; ++k)
      if (all[k].name == o.name)
        return usageError(absl::StrCat("two models have the name '", o.name, "'; give --name after each"));
  }
  return absl::OkStatus();
}

static absl::StatusOr<CompileOptions> optionsOf(size_t model);

absl::StatusOr<std::vector<CompileOptions>> allCompileOptions() {
  if (absl::Status status = checkPositions(); !status.ok())
    return status;
  std::vector<CompileOptions> all;
  for (size_t i = 0; i < modelPaths.size(); ++i) {
    absl::StatusOr<CompileOptions> options = optionsOf(i);
    if (!options.ok())
      return options.status();
    all.push_back(*std::move(options));
  }
  if (all.size() == 1)
    return all;
  for (auto [option, isGiven] : {std::pair("--tune", tuneSeconds.getNumOccurrences() > 0), std::pair("--plan-drawing", !planDrawing.empty())})
    if (isGiven)
      return usageError(absl::StrCat(option, ": give one model"));
  if (absl::Status status = nameModels(all); !status.ok())
    return status;
  for (CompileOptions &o : all)
    if (!o.dumpDir.empty())
      absl::StrAppend(&o.dumpDir, "/", o.name);
  return all;
}

absl::StatusOr<CompileOptions> compileOptions() {
  if (modelPaths.size() > 1)
    return usageError(absl::StrCat(modelPaths[1], ": give one model"));
  return optionsOf(0);
}

static absl::StatusOr<std::optional<QuantizeOptions>> quantizeOptions(const std::vector<std::string> &data) {
  std::optional<QuantizeOptions> o;
  if (quantizeTo == Quantization::None) {
    for (const cl::Option *option : std::initializer_list<const cl::Option *>{&calibrateFeature, &calibrator, &maxLoss})
      if (option->getNumOccurrences() > 0)
        return usageError(absl::StrCat("--", option->ArgStr.str(), " is of no use without --quantize=int8"));
    if (!data.empty())
      return usageError("--calibrate is of no use without --quantize=int8");
    return o;
  }
  if (data.empty())
    return usageError("--quantize needs samples of the inputs: give --calibrate DATA, or --calibrate random where there are none");
  o.emplace();
  for (const std::string &text : data) {
    size_t equals = text.find('=');
    bool named = equals != std::string::npos && equals > 0;
    o->samples.push_back({named ? withoutPort0(text.substr(0, equals)) : "", named ? text.substr(equals + 1) : text});
  }
  o->feature = calibrateFeature;
  o->calibrator = calibrator;
  if (!maxLoss.empty() && (!absl::SimpleAtod(maxLoss.getValue(), &o->maxLoss) || !(o->maxLoss >= 0)))
    return usageError(absl::StrCat("--max-loss ", maxLoss.getValue(), ": give a share of at least 0, as 0.03"));
  return o;
}

static absl::StatusOr<CompileOptions> optionsOf(size_t model) {
  const ModelArguments arguments(model);
  CompileOptions o;
  o.modelPath = pathOf(model);
  absl::StatusOr<std::string> signature = arguments.one(signatures), modelName = arguments.one(modelNames);
  if (!signature.ok() || !modelName.ok())
    return signature.ok() ? modelName.status() : signature.status();
  o.signature = *signature;
  for (const std::string &text : arguments.of(inputs)) {
    absl::StatusOr<InputSpec> spec = parseInputSpec("--input", text);
    if (!spec.ok())
      return spec.status();
    o.inputs.push_back(*spec);
  }
  joinValues(o.inputs);
  for (const std::string &text : arguments.of(fixedInputs)) {
    absl::StatusOr<FixedInput> fixed = parseFixedInput(text);
    if (!fixed.ok())
      return fixed.status();
    for (const FixedInput &other : o.fixed)
      if (other.name == fixed->name)
        return usageError(absl::StrCat("--set ", text, ": '", fixed->name, "' has a value already"));
    o.fixed.push_back(*std::move(fixed));
  }
  absl::StatusOr<CustomOps> custom = readCustomOps(customOps, customLibraryPaths);
  if (!custom.ok())
    return custom.status();
  o.customOps = *std::move(custom);
  o.customLibraries = customLibraryPaths;
  absl::StatusOr<std::optional<QuantizeOptions>> quantization = quantizeOptions(arguments.of(calibrate));
  if (!quantization.ok())
    return quantization.status();
  o.quantize = *std::move(quantization);
  o.byteInterface = interfaceOf == Interface::Int8;
  for (const std::string &text : arguments.of(bounds)) {
    size_t equals = text.rfind('=');
    int64_t most = 0;
    if (equals == std::string::npos || equals == 0 || !absl::SimpleAtoi(text.substr(equals + 1), &most) || most < 1 || most > INT32_MAX)
      return usageError(absl::StrCat("--bound ", text, ": give NODE=N with N from 1 to 2^31-1"));
    o.bounds.emplace_back(withoutPort0(text.substr(0, equals)), most);
  }
  for (const std::string &text : arguments.of(outputs))
    o.outputs.push_back(withoutPort0(text));
  for (const std::string &text : arguments.of(specialize)) {
    std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
    for (absl::string_view item : absl::StrSplit(parts.second, ',')) {
      int64_t size;
      if (!absl::SimpleAtoi(item, &size))
        return usageError(absl::StrCat("--specialize ", text, ": give SYMBOL=N,N,..."));
      o.specialize.emplace_back(parts.first, size);
    }
  }
  for (const std::string &text : arguments.of(states)) {
    absl::StatusOr<StatePair> state = parseStatePair(text);
    if (!state.ok())
      return state.status();
    o.states.push_back(*state);
  }
  o.target = {triple, cpu, features};
  o.select.winograd = !noWinograd;
  o.select.preferSize = prefer == Prefer::Size;
  o.tuningFile = tuningFile;
  if (tuneSeconds.getNumOccurrences() > 0) {
    o.tuneSeconds = 10;
    if (!tuneSeconds.empty() &&
        (!absl::SimpleAtod(tuneSeconds.getValue(), &*o.tuneSeconds) || !(*o.tuneSeconds >= 0 && *o.tuneSeconds <= 86400)))
      return usageError(absl::StrCat("--tune=", tuneSeconds.getValue(), ": give a number of seconds from 0 to 86400"));
  }
  o.name = modelName->empty() ? makeIdentifier(stemOf(o.modelPath)) : *modelName;
  if (!isIdentifier(o.name))
    return usageError(
        absl::StrCat("--name ", o.name, ": not a C identifier, or a word that C or C++ reserves"));
  if (!seed.empty() && !absl::SimpleAtoi(seed.getValue(), &o.seed))
    return usageError(absl::StrCat("--seed ", seed.getValue(), ": give a number from 0 to 2^64-1"));
  o.dumpDir = dumpDir;
  return o;
}

// Outputs that are chosen do not leave out those that are state.
static void addStateOutputs(CompileOptions &o) {
  for (const StatePair &state : o.states)
    if (!o.outputs.empty() && !llvm::is_contained(o.outputs, state.output))
      o.outputs.push_back(state.output);
}

const std::vector<std::string> &customLibraries() { return customLibraryPaths; }

bool nameGiven() { return !modelNames.empty(); }

// One report, or an array of those of several models.
static std::string reportOf(const std::vector<CompileResult> &results) {
  std::vector<std::string> reports;
  for (const CompileResult &result : results)
    reports.push_back(writeReport(result.model));
  return reports.size() == 1 ? reports[0] : absl::StrCat("[\n", absl::StrJoin(reports, ",\n"), "]\n");
}

absl::StatusOr<CompileResult> compile(CompileOptions options, bool quiet) {
  const std::string name = options.name;
  return compile(std::vector<CompileOptions>{std::move(options)}, name, quiet);
}

absl::StatusOr<CompileResult> compile(std::vector<CompileOptions> models, const std::string &objectName, bool quiet) {
  for (CompileOptions &options : models)
    addStateOutputs(options);
  const CompileOptions &options = models[0];
  OutputFiles files;
  std::string tuned = options.tuneSeconds ? options.tuningFile : "";
  for (const std::string &path : {report.getValue(), planDrawing.getValue(), tuned})
    if (!path.empty())
      if (absl::Status s = files.open(path); !s.ok())
        return s;
  absl::StatusOr<std::vector<CompileResult>> results;
  {
    Progress progress(!quiet && !isVerbose && diagnosticsForm == DiagnosticsForm::Text);
    auto show = [&](size_t number, size_t count, const std::string &name) {
      progress.phase(number, count, name);
      if (isVerbose && !quiet)
        std::fprintf(stderr, "%s: [%zu/%zu] %s\n", toolName.c_str(), number, count, name.c_str());
    };
    for (CompileOptions &each : models) {
      each.progress = show;
      each.detail = [&](const std::string &what) { progress.detail(what); };
    }
    results = compileModels(models, objectName);
  }
  if (!results.ok())
    return results.status();
  CompileResult *result = &results->front();
  for (const CompileResult &each : *results)
    notes.insert(notes.end(), each.notes.begin(), each.notes.end());
  if (!quiet && diagnosticsForm == DiagnosticsForm::Text) {
    for (const std::string &note : notes)
      std::fprintf(stderr, "%s\n", note.c_str());
    if (isVerbose)
      for (const TargetSpec &target : result->model.targets)
        std::fprintf(stderr, "%s: target %s, cpu %s, features %s\n", toolName.c_str(), target.triple.c_str(),
                     target.cpu.c_str(), target.features.c_str());
    if (time)
      for (const CompileResult &each : *results)
        printTimes(each.model);
  }
  if (!report.empty())
    if (absl::Status s = files.write(report, reportOf(*results)); !s.ok())
      return s;
  if (!planDrawing.empty())
    if (absl::Status s = files.write(planDrawing, drawPlan(result->model)); !s.ok())
      return s;
  if (!tuned.empty())
    if (absl::Status s = files.write(tuned, result->tuning); !s.ok())
      return s;
  if (absl::Status s = files.commit(); !s.ok())
    return s;
  return std::move(*result);
}

absl::Status print(const std::string &text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return absl::OkStatus();
  return ioError(absl::StrCat("standard output cannot be written: ", std::strerror(errno)));
}

ExitCode fail(const absl::Status &status) {
  std::string message(status.message());
  ExitCode code = exitCodeOf(status);
  if (diagnosticsForm == DiagnosticsForm::JSON) {
    std::fprintf(stderr, "%s\n", diagnosticsJSON(status, notes).c_str());
    return code;
  }
  if (code == ExitCode::Model)
    std::fprintf(stderr, "%s\n", message.c_str());
  else
    std::fprintf(stderr, "%s: error: %s\n", toolName.c_str(), printable(message).c_str());
  return code;
}

int exitCode(const absl::Status &status) {
  const bool isSilent = status.ok() && diagnosticsForm == DiagnosticsForm::Text;
  return static_cast<int>(isSilent ? ExitCode::Ok : fail(status));
}

std::string stemOf(const std::string &path) { return llvm::sys::path::stem(path).str(); }

} // namespace aotc::tools
