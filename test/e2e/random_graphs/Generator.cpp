#include "test/e2e/random_graphs/Generator.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "mlir/IR/BuiltinOps.h"

namespace aotc::test {

using mlir::Value;

mlir::OwningOpRef<mlir::ModuleOp> Generator::run(int operations) {
  b.getContext()->loadDialect<mlir::func::FuncDialect, nn::NNDialect>();
  auto module = b.create<mlir::ModuleOp>();
  b.setInsertionPointToEnd(module.getBody());
  llvm::SmallVector<mlir::Type> inputs;
  for (int64_t i = random.pick(1, 2); i > 0; --i)
    inputs.push_back(type({random.pick(1, 2), random.pick(3, 9), random.pick(3, 9), random.pick(1, 9)}));
  inputs.push_back(type({random.pick(1, 9), random.pick(1, 24)}));
  inputs.push_back(type({random.pick(1, 5), random.pick(1, 9)}, DType::I32));
  auto func = b.create<mlir::func::FuncOp>("main", b.getFunctionType(inputs, {}));
  b.setInsertionPointToStart(func.addEntryBlock());
  for (Value argument : func.getArguments())
    keep(argument, 1);
  int total = 0;
  for (const Row &row : table())
    total += row.weight;
  for (int made = 0; made < operations;) {
    Value x = anyValue(isFloat);
    int64_t at = random.pick(0, total - 1);
    const Row *row = table().begin();
    for (; at >= row->weight; ++row)
      at -= row->weight;
    if ((this->*row->maker)(x))
      ++made;
  }
  finish(func);
  return module;
}

// Returns what nothing else uses, and now and then an inner value, an input or
// a value twice.
void Generator::finish(mlir::func::FuncOp func) {
  llvm::SmallVector<Value> results;
  for (Value value : values)
    if ((value.use_empty() && !mlir::isa<mlir::BlockArgument>(value)) || random.chance(3))
      results.push_back(value);
  if (random.chance(10))
    results.push_back(values[random.pick(0, static_cast<int64_t>(values.size()) - 1)]);
  b.create<mlir::func::ReturnOp>(results);
  func.setType(b.getFunctionType(func.getArgumentTypes(), mlir::ValueRange(results).getTypes()));
  for (unsigned i = 0; i < func.getNumArguments(); ++i)
    func.setArgAttr(i, "nn.name", b.getStringAttr(absl::StrCat("in", i)));
  for (unsigned i = 0; i < func.getNumResults(); ++i)
    func.setResultAttr(i, "nn.name", b.getStringAttr(absl::StrCat("out", i)));
}

Value Generator::keep(Value x, double magnitude) {
  if (isFloat(x) && magnitude > kMaxMagnitude) {
    x = b.create<nn::ClampOp>(x.getType(), x, llvm::APFloat(-kMaxMagnitude), llvm::APFloat(kMaxMagnitude));
    magnitude = kMaxMagnitude;
  }
  bounds[x] = magnitude;
  values.push_back(x);
  return x;
}

Value Generator::anyValue(llvm::function_ref<bool(Value)> suits) {
  llvm::SmallVector<Value> fitting;
  llvm::copy_if(values, std::back_inserter(fitting), suits);
  if (fitting.empty())
    return {};
  auto n = static_cast<int64_t>(fitting.size());
  return fitting[random.chance(60) ? random.pick(std::max<int64_t>(0, n - 3), n - 1) : random.pick(0, n - 1)];
}

Value Generator::constant(llvm::ArrayRef<int64_t> dims, double magnitude) {
  Tensor tensor(floats, Shape(dims.begin(), dims.end()));
  bool splat = random.chance(15);
  double value = random.uniform();
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.setF(i, magnitude * (splat ? value : random.uniform()));
  Value result = nn::makeConstant(b, b.getLoc(), tensor);
  bounds[result] = magnitude;
  return result;
}

Value Generator::splat(Value like, double value) {
  Value result = nn::makeSplat(b, b.getLoc(), typeOf(like), value);
  bounds[result] = std::fabs(value);
  return result;
}

Value Generator::indices(Dims rows, llvm::ArrayRef<int64_t> extents) {
  Shape dims(rows.begin(), rows.end());
  dims.push_back(static_cast<int64_t>(extents.size()));
  Tensor tensor(random.chance(50) ? DType::I32 : DType::I64, dims);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.setI(i, random.pick(0, extents[i % extents.size()] - 1));
  return nn::makeConstant(b, b.getLoc(), tensor);
}

Value Generator::broadcastTo(Value x, llvm::ArrayRef<int64_t> dims) {
  Value result = b.create<nn::BroadcastOp>(typeOf(x).clone(dims), x);
  bounds[result] = bound(x);
  return result;
}

Value Generator::partner(Value x) {
  Value other = anyValue([&](Value y) { return y.getType() == x.getType(); });
  if (random.chance(40) && other != x)
    return other;
  if (random.chance(20))
    return constant(shape(x));
  Dims dims = shape(x);
  for (size_t d = 0; d < dims.size(); ++d)
    if (random.chance(d + 1 < dims.size() ? 80 : 15))
      dims[d] = 1;
  Value small = anyValue([&](Value y) { return isFloat(y) && shape(y) == dims; });
  if (!small)
    small = constant(dims);
  return shape(small) == shape(x) ? small : broadcastTo(small, shape(x));
}

Value Generator::perChannel(Value x, double magnitude) {
  Dims dims(rank(x), 1);
  dims.back() = shape(x).back();
  return broadcastTo(constant(dims, magnitude), shape(x));
}

Generator::Window Generator::window(Value x, bool dilated) {
  Window w;
  Dims dims = shape(x);
  for (int64_t extent : llvm::ArrayRef<int64_t>(dims).drop_front().drop_back()) {
    w.extents.push_back(random.pick(1, std::min<int64_t>(3, extent)));
    w.strides.push_back(random.pick(1, 2));
    w.dilations.push_back(dilated && extent >= 5 && random.chance(20) ? 2 : 1);
    w.low.push_back(random.pick(0, w.extents.back() - 1));
    w.high.push_back(random.pick(0, w.extents.back() - 1));
  }
  return w;
}

} // namespace aotc::test
