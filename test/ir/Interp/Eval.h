// Evaluates operations given as text; results are compared as text as well.
#ifndef AOTC_TEST_IR_INTERP_EVAL_H
#define AOTC_TEST_IR_INTERP_EVAL_H

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ir/Tensor/Tensor.h"

namespace aotc::test {

// t("f32", {2}, {1, 2}); values convert as Tensor::setF does.
Tensor t(const char *type, Shape shape, const std::vector<double> &values);

// "f32[2] 1 2.5 nan", six significant digits.
std::string show(const Tensor &tensor);

// Evaluates one operation, e.g. "nn.unary neg %0 : tensor<2xf32> -> tensor<2xf32>".
// %0, %1... are `arguments` in order.
absl::StatusOr<std::vector<Tensor>> evaluate(const std::string &operation,
                                             const std::vector<Tensor> &arguments, uint64_t callSeed = 0);

// The same, as text: show() of the results joined by "; ", or the error.
std::string eval(const std::string &operation, const std::vector<Tensor> &arguments = {});

// Parses a whole function and evaluates it.
absl::StatusOr<std::vector<Tensor>> evaluateFunction(const std::string &function,
                                                     const std::vector<Tensor> &arguments);

} // namespace aotc::test
#endif
