// Variants of the network that the quantize phase compiles for this machine and runs. Private to the driver.
#ifndef AOTC_COMPILER_DRIVER_TRIAL_H
#define AOTC_COMPILER_DRIVER_TRIAL_H

#include <memory>

#include "compiler/artifact/Loader.h"
#include "compiler/driver/State.h"

namespace aotc {

class Trial {
public:
  // Compiles a module, which it takes apart, whose first function is the network.
  static absl::StatusOr<Trial> compile(Compilation &c, mlir::ModuleOp module);
  // All results of the function: outputs, then state. Inputs are those of the function but for the state,
  // which has its initial value.
  absl::StatusOr<std::vector<Tensor>> run(absl::Span<const Tensor> inputs) const { return model->run(inputs); }

private:
  explicit Trial(std::unique_ptr<LoadedModel> model) : model(std::move(model)) {}
  std::unique_ptr<LoadedModel> model;
};

} // namespace aotc
#endif
