// Compiles one contraction group through aotc-cpu-select and the kernel
// generator, runs it in this process and compares it with the interpreter.
#ifndef AOTC_TEST_BACKENDS_CPU_KERNELHARNESS_H
#define AOTC_TEST_BACKENDS_CPU_KERNELHARNESS_H

#include <memory>
#include <string>
#include <vector>

#include "aotc/abi.h"
#include "backends/Backend.h"
#include "ir/Tensor/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace llvm {
class Module;
namespace orc { class LLJIT; }
} // namespace llvm

namespace aotc::cpu {

// "x86-64", "x86-64-v3", "avx-vnni", "x86-64-v4", "avx512-vnni", "aarch64", "aarch64-i8mm", "riscv64", "scalar" (no vector unit).
TargetSpec kernelTarget(const std::string &level);
// Where kernels made for `level` run in this process: the level itself or, as
// LLVM splits or widens vectors that a machine lacks, the host's level. Empty
// on hosts that are not x86-64.
std::string runnableLevel(const std::string &level);

// Memory whose last byte is followed by a page that cannot be touched, and
// whose first bytes follow a pattern that writes would destroy.
class GuardedBuffer {
public:
  explicit GuardedBuffer(size_t bytes);
  ~GuardedBuffer();
  GuardedBuffer(GuardedBuffer &&other) noexcept;
  GuardedBuffer(const GuardedBuffer &) = delete;
  char *data() const { return begin; }
  bool intact() const; // nothing was written before the first byte

private:
  char *map = nullptr, *begin = nullptr;
  size_t mapped = 0;
};

class KernelHarness {
public:
  // `module` holds one function with one nn.fusion group. Arguments with the
  // attribute `test.constant` become constants; all values are seeded. `level`
  // may name others after a '+', with which the kernel shares its panels:
  // "x86-64-v3+x86-64-v4".
  static absl::StatusOr<std::unique_ptr<KernelHarness>> create(mlir::MLIRContext *context, const std::string &module,
                                                               const std::string &level);
  ~KernelHarness();

  const std::string &kernelName() const { return kernel; } // empty: the generic path's
  // The result by the interpreter, before and after the select phase.
  absl::StatusOr<Tensor> reference() const;
  absl::StatusOr<Tensor> referenceAfterSelect() const;
  std::string assembly() const; // for the level itself
  // Compiles for this process; call() then runs the kernel once.
  absl::Status load();
  void call(const aotc_parallel *parallel = nullptr) const;
  absl::StatusOr<Tensor> result() const; // fails when memory outside was written

private:
  KernelHarness() = default;
  absl::Status select();
  // For the machine of another level than the kernel was chosen for.
  absl::Status emit(llvm::Module &module, const std::string &machineLevel) const;

  std::string level;
  Targets targets; // of the level, then of those that share its panels
  mlir::OwningOpRef<mlir::ModuleOp> original, selected, planned;
  std::string kernel;
  std::vector<Tensor> inputs;
  std::vector<GuardedBuffer> buffers; // inputs of the region, output, scratch
  Shape resultShape;
  DType resultType = DType::F32;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::vector<void *> pointers;
  void (*entry)(void **) = nullptr;
};

} // namespace aotc::cpu
#endif
