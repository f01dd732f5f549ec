// Loads .npy arguments, evaluates, prints results as text that tests can check.
#include "tools/aotc-opt/Interpret.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "ir/Interp/Interp.h"
#include "ir/NN/Constants.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"

namespace aotc {
namespace {

constexpr int64_t kPrintedElements = 64;

std::string nameOf(mlir::DictionaryAttr attrs, llvm::StringRef kind, unsigned index) {
  if (attrs)
    if (auto name = attrs.getAs<mlir::StringAttr>("nn.name"))
      return name.str();
  return absl::StrCat(kind.str(), index);
}

absl::Status accepts(const std::string &name, mlir::Type type, const Tensor &tensor) {
  auto ranked = mlir::dyn_cast<mlir::RankedTensorType>(type);
  std::optional<DType> dtype = ranked ? nn::dtypeOf(ranked.getElementType()) : std::nullopt;
  if (!dtype || !ranked.hasStaticShape())
    return absl::InvalidArgumentError(absl::StrCat("argument ", name, " has no type that can be evaluated"));
  Shape shape(ranked.getShape().begin(), ranked.getShape().end());
  if (tensor.dtype() != *dtype || tensor.shape() != shape)
    return absl::InvalidArgumentError(absl::StrCat("argument ", name, " is ", typeString(*dtype, shape),
                                                   ", the file holds ", typeString(tensor)));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Tensor>> loadArguments(mlir::func::FuncOp func, const InterpretOptions &options) {
  unsigned count = func.getNumArguments();
  std::vector<std::optional<Tensor>> slots(count);
  unsigned next = 0;
  for (const std::string &input : options.inputs) {
    size_t equals = input.find('=');
    unsigned slot = next;
    if (equals == std::string::npos) {
      while (slot < count && slots[slot])
        ++slot;
      next = slot + 1;
    } else {
      absl::string_view wanted = absl::StripSuffix(absl::string_view(input).substr(0, equals), ":0");
      for (slot = 0; slot < count; ++slot) {
        std::string name = nameOf(func.getArgAttrDict(slot), "arg", slot);
        if (absl::StripSuffix(name, ":0") == wanted)
          break;
      }
    }
    if (slot >= count)
      return absl::InvalidArgumentError(
          absl::StrCat("--input ", input, ": the function has no such argument (it takes ", count, ")"));
    auto tensor = loadNpy(equals == std::string::npos ? input : input.substr(equals + 1));
    if (!tensor.ok())
      return tensor.status();
    slots[slot] = *std::move(tensor);
  }
  std::vector<Tensor> arguments;
  for (unsigned i = 0; i < count; ++i) {
    std::string name = nameOf(func.getArgAttrDict(i), "arg", i);
    if (!slots[i])
      return absl::InvalidArgumentError(absl::StrCat("argument ", name, " needs --input ", name, "=FILE.npy"));
    if (absl::Status status = accepts(name, func.getArgumentTypes()[i], *slots[i]); !status.ok())
      return status;
    arguments.push_back(*std::move(slots[i]));
  }
  return arguments;
}

void print(const std::string &name, const Tensor &tensor) {
  std::printf("%s: %s", name.c_str(), typeString(tensor).c_str());
  if (tensor.size() <= kPrintedElements) {
    for (int64_t i = 0; i < tensor.size(); ++i) {
      if (isFloat(tensor.dtype()))
        std::printf(" %.9g", tensor.f(i));
      else
        std::printf(" %lld", static_cast<long long>(tensor.i(i)));
    }
  } else {
    double low = INFINITY, high = -INFINITY, sum = 0;
    for (int64_t i = 0; i < tensor.size(); ++i) {
      double value = tensor.f(i);
      low = std::min(low, value);
      high = std::max(high, value);
      sum += value;
    }
    std::printf(" min %.9g max %.9g mean %.9g", low, high, sum / tensor.size());
  }
  std::printf("\n");
}

// Names come from a model file: keep them inside the folder.
std::string fileNameOf(std::string name) {
  for (char &c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-')
      c = '_';
  return name + ".npy";
}

mlir::func::FuncOp entryOf(mlir::ModuleOp module) {
  mlir::func::FuncOp entry;
  for (auto func : module.getOps<mlir::func::FuncOp>())
    if (!func.isExternal() && (!entry || (entry.isPrivate() && func.isPublic())))
      entry = func;
  return entry;
}

} // namespace

absl::Status interpret(const InterpretOptions &options, const mlir::DialectRegistry &registry) {
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  std::string problem;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    if (problem.empty()) {
      llvm::raw_string_ostream(problem) << diagnostic.getLocation() << ": " << diagnostic;
    }
    return mlir::success();
  });
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(options.file, &context);
  if (!module)
    return absl::InvalidArgumentError(problem.empty() ? absl::StrCat("cannot read ", options.file) : problem);
  mlir::func::FuncOp func = entryOf(*module);
  if (!func)
    return absl::InvalidArgumentError(absl::StrCat(options.file, " holds no function to evaluate"));
  auto arguments = loadArguments(func, options);
  if (!arguments.ok())
    return arguments.status();
  auto results = evaluateFunc(func, *arguments);
  if (!results.ok())
    return results.status();
  if (!options.outputDir.empty())
    if (std::error_code error = llvm::sys::fs::create_directories(options.outputDir))
      return absl::InvalidArgumentError(absl::StrCat(options.outputDir, ": ", error.message()));
  for (size_t i = 0; i < results->size(); ++i) {
    std::string name = nameOf(func.getResultAttrDict(i), "result", i);
    print(name, (*results)[i]);
    if (!options.outputDir.empty())
      if (auto status = saveNpy(options.outputDir + "/" + fileNameOf(name), (*results)[i]); !status.ok())
        return status;
  }
  return absl::OkStatus();
}

} // namespace aotc
