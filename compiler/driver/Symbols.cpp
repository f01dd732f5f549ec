#include "compiler/driver/Symbols.h"

#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "compiler/driver/Errors.h"
#include "ir/NN/Samples.h"
#include "ir/NN/State.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc {
namespace {

// Sizes of a network whose samples depend on each other, each of which needs code of its own.
constexpr int64_t kMaxSizes = 64;
// Sizes that have code where others are put together of them.
constexpr int64_t kMaxSteps = 8;

std::vector<InputSpec> withSize(const std::vector<InputSpec> &inputs, int64_t size) {
  std::vector<InputSpec> result = inputs;
  for (InputSpec &spec : result)
    for (size_t d = 0; d < spec.symbols.size(); ++d)
      if (!spec.symbols[d].empty())
        (*spec.shape)[d] = size;
  return result;
}

// Imports the model for single sizes into one module.
class SizeImporter {
public:
  SizeImporter(Compilation &c, absl::Status (*importOne)(Compilation &)) : c(c), importOne(importOne) {}

  absl::Status add(int64_t size) {
    if (functions.count(size))
      return absl::OkStatus();
    mlir::OwningOpRef<mlir::ModuleOp> before = std::move(c.module);
    c.inputs = withSize(c.options.inputs, size);
    std::vector<std::string> notes = std::move(c.result.notes);
    c.result.notes.clear();
    if (absl::Status status = importOne(c); !status.ok())
      return status;
    if (!functions.empty()) // each size says the same
      c.result.notes = std::move(notes);
    auto all = c.module->getOps<mlir::func::FuncOp>();
    if (llvm::range_size(all) != 1)
      return modelError(absl::StrCat(c.options.modelPath, ": a model with a loop over data cannot have a symbolic dimension; give a number"));
    auto function = *all.begin();
    function.setName(absl::StrCat("size_", size));
    function->setAttr("aotc.size", mlir::IntegerAttr::get(mlir::IntegerType::get(&c.context, 64), size));
    if (before) {
      function->remove();
      before->push_back(function);
      c.module = std::move(before);
    }
    functions[size] = function;
    return absl::OkStatus();
  }
  mlir::func::FuncOp at(int64_t size) { return functions.at(size); }

  // Leaves the functions of these sizes, largest first.
  void keep(const std::set<int64_t> &sizes) {
    for (auto &[size, function] : functions) { // ascending
      function->remove();
      if (sizes.count(size))
        c.module->getBody()->push_front(function);
      else
        function->destroy();
    }
  }

private:
  Compilation &c;
  absl::Status (*importOne)(Compilation &);
  std::map<int64_t, mlir::func::FuncOp> functions;
};

// Which dimensions of the interface have the symbol.
absl::Status describe(Compilation &c, SizeImporter &importer, int64_t size, int64_t other) {
  mlir::func::FuncOp one = importer.at(size), two = importer.at(other);
  SymbolicDim &symbol = *c.result.model.symbol;
  auto add = [&](bool output, int64_t number, mlir::Type a, mlir::Type b) {
    std::optional<int64_t> dim = nn::sampleDim(a, size, b, other);
    if (dim && *dim >= 0)
      symbol.axes.push_back({output, number, *dim, mlir::cast<mlir::RankedTensorType>(a).getShape()[*dim] / size});
    return dim.has_value();
  };
  for (auto [i, types] : llvm::enumerate(llvm::zip(one.getArgumentTypes(), two.getArgumentTypes())))
    if (!add(false, i, std::get<0>(types), std::get<1>(types)))
      return modelError(absl::StrCat(c.options.modelPath, ": an input's shape is not in proportion to '", symbol.name, "'"));
  for (auto [i, types] : llvm::enumerate(llvm::zip(one.getResultTypes(), two.getResultTypes())))
    if (!add(true, i, std::get<0>(types), std::get<1>(types)))
      return modelError(absl::StrCat(c.options.modelPath, ": the shape of output ", i, " is not in proportion to '", symbol.name, "'"));
  return absl::OkStatus();
}

std::string nameOf(mlir::Operation *op) {
  std::string name, type;
  op->getLoc()->walk([&](mlir::Location inner) {
    if (auto named = mlir::dyn_cast<mlir::NameLoc>(inner); named && name.empty())
      name = named.getName().str();
    if (auto fused = mlir::dyn_cast<mlir::FusedLoc>(inner); fused && type.empty())
      if (auto text = mlir::dyn_cast_or_null<mlir::StringAttr>(fused.getMetadata()))
        type = text.str();
    return mlir::WalkResult::advance();
  });
  return name.empty() ? "the graph" : absl::StrCat("node '", printable(name), "' (", printable(type), ")");
}

} // namespace

absl::StatusOr<std::optional<SymbolRange>> findSymbol(const CompileOptions &o) {
  std::optional<SymbolRange> range;
  auto error = [](auto... parts) { return usageError(absl::StrCat(parts...)); };
  for (const InputSpec &spec : o.inputs)
    for (const SymbolRange &given : spec.ranges) {
      if (range && range->name != given.name)
        return error("--input: two symbols, '", range->name, "' and '", given.name, "'; one object has one");
      if (range && (range->low != given.low || range->high != given.high))
        return error("--input: '", given.name, "' has two ranges");
      range = given;
    }
  for (const InputSpec &spec : o.inputs)
    for (const std::string &symbol : spec.symbols)
      if (!symbol.empty() && (!range || range->name != symbol))
        return error("--input: the symbol '", symbol, "' has no range; give it once, as ", symbol, ":1..64");
  if (!range) {
    if (!o.specialize.empty())
      return error("--specialize ", o.specialize.front().first, ": no --input has this symbol");
    return range;
  }
  for (const auto &[name, size] : o.specialize)
    if (name != range->name || size < range->low || size > range->high)
      return error("--specialize ", name, "=", size, ": the symbol is ", range->name, ":", range->low, "..", range->high);
  if (!o.states.empty())
    return error("--state: a model with the symbolic dimension '", range->name, "' cannot have state");
  if (o.tuneSeconds)
    return error("--tune: tune a model of one size; a symbolic dimension takes its choices from --tuning-file");
  return range;
}

absl::Status importSizes(Compilation &c, const SymbolRange &range, absl::Status (*importOne)(Compilation &)) {
  SizeImporter importer(c, importOne);
  SymbolicDim &symbol = c.result.model.symbol.emplace();
  symbol.name = range.name;
  symbol.low = range.low;
  symbol.high = range.high;
  // Two small sizes show what the samples have to do with each other, and the largest whether that stays so.
  const int64_t one = 2, other = 3;
  for (int64_t size : {range.high, one, other})
    if (absl::Status status = importer.add(size); !status.ok())
      return status;
  mlir::func::FuncOp largest = importer.at(range.high);
  if (nn::stateCount(largest) > 0 || nn::hasExtents(largest))
    return modelError(absl::StrCat(c.options.modelPath, ": a model with ", nn::hasExtents(largest) ? "extents that depend on data" : "state",
                                   " cannot have the symbolic dimension '", range.name, "'; give a number"));
  std::optional<nn::Mixing> mixing = nn::findMixing(importer.at(one), one, importer.at(other), other);
  if (!mixing && range.high != one)
    mixing = nn::findMixing(importer.at(one), one, largest, range.high);
  std::set<int64_t> sizes{range.high};
  for (const auto &[name, size] : c.options.specialize)
    sizes.insert(size);
  symbol.pieces = !mixing;
  if (mixing) {
    if (range.high - range.low >= kMaxSizes)
      return modelError(absl::StrCat(c.options.modelPath, ": ", nameOf(mixing->op), " ", mixing->reason, ", so that each size of '", range.name,
                                     "' needs code of its own, and there are more than ", kMaxSizes, "; give a smaller range"));
    for (int64_t size = range.low; size <= range.high; ++size)
      sizes.insert(size);
  } else {
    int64_t factor = 2; // between sizes
    while (std::pow(static_cast<double>(factor), static_cast<double>(kMaxSteps - 1)) < static_cast<double>(range.high))
      factor *= 2;
    for (int64_t size = 1; size < range.high; size *= factor)
      sizes.insert(size);
  }
  for (int64_t size : sizes)
    if (absl::Status status = importer.add(size); !status.ok())
      return status;
  if (absl::Status status = describe(c, importer, range.high, range.high == one ? other : one); !status.ok())
    return status;
  importer.keep(sizes);
  symbol.sizes.assign(sizes.rbegin(), sizes.rend());
  return absl::OkStatus();
}

} // namespace aotc
