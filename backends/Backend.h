// What a backend is: one folder under backends/ that implements this class.
//
// A backend sees two representations. In the select phase it gets functions of
// nn.fusion groups and may annotate each with a kernel, its scratch bytes, and
// repack constant operands (weights). After the schedule phase it gets the
// planned function (plan dialect) and turns it into an object.
#ifndef AOTC_BACKENDS_BACKEND_H
#define AOTC_BACKENDS_BACKEND_H

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace mlir {
class DialectRegistry;
class ModuleOp;
class Operation;
class OpPassManager;
} // namespace mlir

namespace aotc {

// A machine that the object is for; resolved once by the driver, so that
// "native" never reaches a backend.
struct TargetSpec {
  std::string triple;   // e.g. x86_64-unknown-linux-gnu
  std::string cpu;      // LLVM CPU name; before it is resolved also a list of them
  std::string features; // LLVM feature string, "+avx2,-avx512f"
};

// An attribute of a group that says which of its tuningCandidates select takes.
inline constexpr char kTuningAttr[] = "tuning";

// What the user lets kernels do.
struct SelectOptions {
  bool winograd = true;    // 3x3 convolutions by minimal filtering, which rounds differently
  bool preferSize = false; // of the arena, even where that costs time
};

// Targets of one object, which has a variant of its code for each: one
// triple, lowest first, never empty.
using Targets = std::vector<TargetSpec>;

// "x86-64,x86-64-v3"
inline std::string cpuNames(const Targets &targets) {
  std::string names;
  for (const TargetSpec &target : targets)
    names += (names.empty() ? "" : ",") + target.cpu;
  return names;
}

// A dimension of which each call chooses the size.
struct SymbolicDim {
  struct Axis { // that has it
    bool output;
    int64_t tensor, axis;
    int64_t factor; // the extent is a multiple of the size
  };
  std::string name;
  int64_t low = 1, high = 1;
  // Sizes that have a function in the module, largest first, as `aotc.size`. `pieces`: a call for another
  // size is several of those, on consecutive parts of the tensors that have an axis of the dimension.
  std::vector<int64_t> sizes;
  bool pieces = false;
  std::vector<Axis> axes;
};

// A model in the object.
struct EmitEntry {
  std::string name;          // C identifier: prefix of the exported symbols NAME_call and NAME_info
  std::string modelHash;     // SHA-256 of the model in hex
  std::optional<SymbolicDim> symbol;
};

// Of a function of a module with several entries: the number of its own.
inline constexpr char kEntryAttr[] = "aotc.entry";

struct EmitOptions {
  Targets targets;
  std::string name;          // C identifier, of the object
  std::string aotcVersion;
  std::vector<EmitEntry> entries;
  bool wantLLVM = false;     // fill EmitResult::llvmIR
  bool wantAsm = false;      // fill EmitResult::assembly
};

// One kernel's share of the report.
struct RegionReport {
  std::string name;   // source node
  std::string kind;   // fusion kind and kernel
  int64_t flops = 0;  // multiply-adds count twice
  int64_t bytes = 0;  // read and written once each
  // Of operands and results or scratch, that the kernel moves without computing:
  // everything where it only copies, and its copy of an image into a border of zeros.
  int64_t movedBytes = 0;
  std::string function; // emitted function, shared by equal regions
  size_t entry = 0;     // that it belongs to
};

struct EmitResult {
  std::string object;   // bytes of model.o
  std::string llvmIR;
  std::string assembly;
  int64_t codeBytes = 0;
  std::vector<int64_t> targetCodeBytes; // of each target alone, where there are several
  int64_t weightsBytes = 0;
  std::vector<RegionReport> regions;
};

class Backend {
public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;      // the folder's name
  virtual std::string describe() const = 0;  // one line for --help
  // Whether this backend generates code for the triple.
  virtual bool supports(const TargetSpec &target) const = 0;
  // Fills cpu and features for "native", "generic" and the host default, and
  // takes lists of CPUs apart; an error names the known CPUs when one is none.
  virtual absl::StatusOr<Targets> resolve(const TargetSpec &wanted) const = 0;
  virtual void registerDialects(mlir::DialectRegistry &registry) const = 0;
  // Adds passes over func.func: nn.fusion in, nn.fusion with `kernel` and `scratch` out.
  virtual void buildSelectPhase(mlir::OpPassManager &pm, const Targets &targets,
                                const SelectOptions &options) const = 0;
  // Whether kernels for 8-bit weights are faster where the products of two neighbouring weights with bytes of 0 to 255
  // add up to 16 bits at most.
  virtual bool addsPairsIn16Bits(const Targets &targets) const { return false; }
  // Ways to compute an nn.fusion group that differ in time alone and that tuning may measure, beside
  // the one that select takes by itself. What is none of these has no effect in kTuningAttr.
  virtual std::vector<std::string> tuningCandidates(mlir::Operation *group, const Targets &targets,
                                                    const SelectOptions &options) const {
    return {};
  }
  // `module` holds one planned function for each entry, or one for each size of its symbolic dimension, and those that they
  // run. Weights are placed for all.
  virtual absl::StatusOr<EmitResult> emit(mlir::ModuleOp module, const EmitOptions &options) const = 0;
};

// Every folder under backends/ that the build found, in alphabetical order.
const std::vector<std::unique_ptr<Backend>> &registeredBackends();
// The first that supports the target, or null.
const Backend *findBackend(const TargetSpec &target);

} // namespace aotc
#endif
