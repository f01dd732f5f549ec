// Compiles nn functions to objects, runs them in this process and compares
// them with the interpreter.
#ifndef AOTC_TEST_BACKENDS_CPU_CODEGENHARNESS_H
#define AOTC_TEST_BACKENDS_CPU_CODEGENHARNESS_H

#include <memory>
#include <string>
#include <vector>

#include "backends/Backend.h"
#include "ir/Tensor/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace aotc::test {

// A parsed module with one function of nn operations.
struct Program {
  explicit Program(const std::string &text);
  std::shared_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module; // null: the text does not parse
  SelectOptions select;
};

// cpus: "x86-64", "x86-64-v3", "native" for this process, or "aarch64", "riscv64", "x86-64-v4" to look at;
// or a list as --cpu takes it.
Targets targetsFor(const std::string &cpus);
// Fuse, select, schedule, emit; the module is called "m".
absl::StatusOr<EmitResult> compile(const Program &program, const Targets &targets);
absl::StatusOr<EmitResult> compile(const Program &program, const std::string &cpus);
// Names that the object needs from elsewhere.
std::vector<std::string> undefinedSymbols(const std::string &object);

// Seeded arguments: floats in [-3, 3) with a few special values, integers in
// [-100, 100), those of the element type of indices in [0, 3).
std::vector<Tensor> arguments(const Program &program, unsigned seed = 1);

// Empty when the object's results equal the interpreter's: floating point to
// `tolerance` (relative, and absolute below 1), the rest exactly; and when they
// are the same bits, or the same failure, with threads.
std::string difference(const std::string &text, const std::string &cpu, double tolerance = 2e-6);
std::string difference(const Program &program, const std::vector<Tensor> &arguments, const std::string &cpu,
                       double tolerance = 2e-6);

// f(%0: types[0], %1: ...) with one line of body for each result, named %r0, %r1...
std::string function(const std::vector<std::string> &arguments, const std::vector<std::string> &body,
                     const std::vector<std::string> &results);

} // namespace aotc::test
#endif
