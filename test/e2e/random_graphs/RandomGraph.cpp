#include "test/e2e/random_graphs/RandomGraph.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "test/e2e/random_graphs/Generator.h"

namespace aotc::test {

mlir::OwningOpRef<mlir::ModuleOp> buildRandomGraph(mlir::MLIRContext &context, uint64_t seed,
                                                   int operations) {
  return Generator(context, seed).run(operations);
}

std::vector<Tensor> randomArguments(mlir::func::FuncOp func, uint64_t seed) {
  Random random(seed);
  std::vector<Tensor> arguments;
  for (mlir::Value argument : func.getArguments()) {
    llvm::ArrayRef<int64_t> shape = nn::shapeOf(argument);
    Tensor tensor(nn::dtypeOf(argument), Shape(shape.begin(), shape.end()));
    for (int64_t i = 0; i < tensor.size(); ++i)
      if (isFloat(tensor.dtype()))
        tensor.setF(i, random.uniform());
      else
        tensor.setI(i, random.pick(-100, 100));
    arguments.push_back(std::move(tensor));
  }
  return arguments;
}

std::string difference(const std::vector<Tensor> &actual, const std::vector<Tensor> &expected,
                       double tolerance) {
  if (actual.size() != expected.size())
    return absl::StrCat(actual.size(), " results instead of ", expected.size());
  for (size_t r = 0; r < actual.size(); ++r) {
    const Tensor &a = actual[r], &e = expected[r];
    if (typeString(a) != typeString(e))
      return absl::StrCat("result ", r, " is ", typeString(a), ", expected ", typeString(e));
    double allowed = 0;
    if (isFloat(e.dtype())) {
      double largest = 1;
      for (int64_t i = 0; i < e.size(); ++i)
        largest = std::fmax(largest, std::fabs(e.f(i)));
      allowed = tolerance * largest;
    }
    for (int64_t i = 0; i < e.size(); ++i) {
      bool bothNan = std::isnan(a.f(i)) && std::isnan(e.f(i));
      if (a.f(i) != e.f(i) && !bothNan && !(std::fabs(a.f(i) - e.f(i)) <= allowed))
        return absl::StrCat("result ", r, " (", typeString(e), ") at ", i, " is ", a.f(i), ", expected ",
                            e.f(i));
    }
  }
  return "";
}

} // namespace aotc::test
