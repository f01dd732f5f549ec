// aotc: compiles a model into an object file and its header.
#include "absl/strings/str_cat.h"
#include "compiler/artifact/OutputFile.h"
#include "tools/common/Options.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace cl = llvm::cl;
using namespace aotc;

namespace {

constexpr char kOverview[] = "aotc compiles a trained neural network into an object file and a C header.\n\n"
                             "Example: aotc digits.pb -o digits.o && cc main.c digits.o -lm";

cl::opt<std::string> outputPath("o", cl::value_desc("FILE"), cl::cat(tools::toolCategory()),
                                cl::desc("The object (default: MODEL's stem with .o)"));
cl::opt<std::string> headerPath("header", cl::value_desc("FILE"), cl::cat(tools::toolCategory()),
                                cl::desc("The header (default: -o with .h)"));
cl::opt<bool> selfContained("self-contained", cl::cat(tools::toolCategory()),
                            cl::desc("Copy aotc/abi.h into the header instead of including it"));
cl::list<std::string> emit("emit", cl::CommaSeparated, cl::value_desc("KIND,..."),
                           cl::cat(tools::toolCategory()),
                           cl::desc("What to write: obj, header, nn (simplified IR, FILE.nn.mlir), plan "
                                    "(FILE.plan.mlir), llvm (FILE.ll), asm (FILE.s); default obj,header"));
cl::opt<std::string> stopAfter("stop-after", cl::value_desc("PHASE"), cl::cat(tools::toolCategory()),
                               cl::desc("Print the IR after PHASE and stop, weights elided"));

absl::StatusOr<Emit> parseEmit(const std::string &text) {
  const std::pair<const char *, Emit> kinds[] = {{"obj", Emit::Obj},   {"header", Emit::Header},
                                                 {"nn", Emit::NN},     {"plan", Emit::Plan},
                                                 {"llvm", Emit::LLVM}, {"asm", Emit::Asm}};
  for (auto [name, kind] : kinds)
    if (text == name)
      return kind;
  return usageError(
      absl::StrCat("--emit ", text, ": no such kind; give some of obj,header,nn,plan,llvm,asm"));
}

std::string withExtension(const std::string &path, const char *extension) {
  llvm::SmallString<128> result(path);
  llvm::sys::path::replace_extension(result, extension);
  return result.str().str();
}

// The files that a compile writes, and where in the result their bytes are.
struct Output {
  Emit kind;
  std::string path;
  std::string CompileResult::*bytes;
};

std::vector<Output> outputsOf(const CompileOptions &options, const std::string &object) {
  const Output all[] = {{Emit::Obj, object, &CompileResult::object},
                        {Emit::Header,
                         headerPath.empty() ? withExtension(object, ".h") : headerPath.getValue(),
                         &CompileResult::header},
                        {Emit::NN, withExtension(object, ".nn.mlir"), &CompileResult::nn},
                        {Emit::Plan, withExtension(object, ".plan.mlir"), &CompileResult::plan},
                        {Emit::LLVM, withExtension(object, ".ll"), &CompileResult::llvmIR},
                        {Emit::Asm, withExtension(object, ".s"), &CompileResult::assembly}};
  std::vector<Output> result;
  for (const Output &output : all)
    if (options.wants(output.kind))
      result.push_back(output);
  return result;
}

absl::Status run() {
  absl::StatusOr<std::vector<CompileOptions>> models = tools::allCompileOptions();
  if (!models.ok())
    return models.status();
  std::vector<Emit> kinds;
  for (const std::string &text : emit) {
    absl::StatusOr<Emit> kind = parseEmit(text);
    if (!kind.ok())
      return kind.status();
    if (models->size() > 1 && (*kind == Emit::NN || *kind == Emit::Plan))
      return usageError(absl::StrCat("--emit ", text, ": give one model"));
    kinds.push_back(*kind);
  }
  if (models->size() > 1 && outputPath.empty())
    return usageError("several models make one object; give -o FILE");
  std::string object = outputPath.empty() ? tools::stemOf(models->front().modelPath) + ".o" : outputPath.getValue();
  const std::string objectName = makeIdentifier(tools::stemOf(object));
  if (models->size() == 1 && !tools::nameGiven())
    models->front().name = objectName;
  for (CompileOptions &options : *models) {
    if (!kinds.empty())
      options.emit = kinds;
    options.stopAfter = stopAfter;
    options.selfContained = selfContained;
  }

  std::vector<Output> outputs = stopAfter.empty() ? outputsOf(models->front(), object) : std::vector<Output>{};
  OutputFiles files;
  for (const Output &output : outputs) {
    for (CompileOptions &options : *models) {
      if (output.kind == Emit::Header)
        options.headerFile = llvm::sys::path::filename(output.path).str();
      if (llvm::sys::fs::equivalent(output.path, options.modelPath))
        return usageError(absl::StrCat(output.path, ": this output would overwrite the model"));
    }
    if (absl::Status status = files.open(output.path); !status.ok())
      return status;
  }
  const std::string name = models->size() == 1 ? models->front().name : objectName;
  absl::StatusOr<CompileResult> result = tools::compile(*std::move(models), name, /*quiet=*/false);
  if (!result.ok())
    return result.status();
  if (!result->stoppedIR.empty())
    if (absl::Status status = tools::print(result->stoppedIR); !status.ok())
      return status;
  for (const Output &output : outputs)
    if (absl::Status status = files.write(output.path, (*result).*output.bytes); !status.ok())
      return status;
  return files.commit();
}

} // namespace

int main(int argc, char **argv) {
#ifdef __GLIBC__
  // Weights that are no longer needed go back to the system at once, and not into a heap that stays.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
  if (std::optional<ExitCode> code = tools::parseCommandLine(argc, argv, kOverview))
    return static_cast<int>(*code);
  return tools::exitCode(run());
}
