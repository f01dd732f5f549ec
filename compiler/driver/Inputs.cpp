#include "compiler/driver/Inputs.h"

#include <map>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "compiler/driver/Errors.h"
#include "compiler/driver/FixedInputs.h"
#include "llvm/ADT/STLExtras.h"

namespace aotc {
namespace {

// "[?,28,28]": what a user can copy into --input, `known` where the file knows.
std::string shapeHint(const PartialShape &declared) {
  if (!declared)
    return "[d,d,...]";
  return absl::StrCat("[",
                      absl::StrJoin(*declared, ",",
                                    [](std::string *out, int64_t d) {
                                      d < 0 ? absl::StrAppend(out, "N") : absl::StrAppend(out, d);
                                    }),
                      "]");
}

class InputResolver {
public:
  InputResolver(const std::vector<InputSpec> &specs, const std::vector<DeclaredInput> &inputs, const std::string &file,
                Diagnostics &diagnostics, std::vector<std::string> &notes)
      : specs(specs), inputs(inputs), file(file), diagnostics(diagnostics), notes(notes) {}

  std::vector<ResolvedInput> resolve() {
    std::vector<const InputSpec *> chosen(inputs.size(), nullptr);
    size_t position = 0;
    for (const InputSpec &spec : specs) {
      size_t i = matchSpec(spec, inputs, position);
      if (i >= inputs.size()) {
        reportSpare(spec);
        continue;
      }
      if (chosen[i])
        diagnostics.error(inputs[i].name, "", "two --input options are for this input", "give one");
      chosen[i] = &spec;
    }
    std::vector<std::optional<DType>> types;
    std::vector<std::optional<PartialShape>> shapes; // nullopt: reported
    for (size_t i = 0; i < inputs.size(); ++i) {
      types.push_back(resolveType(inputs[i], chosen[i]));
      shapes.push_back(givenShape(inputs[i], chosen[i]));
    }
    for (size_t i = 0; i < inputs.size(); ++i)
      if (shapes[i]) {
        learnSymbols(inputs[i], *shapes[i]);
        learnLeading(inputs[i], *shapes[i]);
      }
    std::vector<ResolvedInput> result;
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::optional<Shape> shape = shapes[i] ? finishShape(inputs[i], *shapes[i]) : std::nullopt;
      result.push_back({types[i].value_or(DType::F32), shape.value_or(Shape{1}), types[i] && shape, std::nullopt});
    }
    if (!assumed.empty())
      notes.push_back(absl::StrCat(printable(file), ": unknown leading dimension taken as ", leadingExtent(), " for ",
                                   absl::StrJoin(assumed, ", "), "; set another with --input"));
    return result;
  }

private:
  void reportSpare(const InputSpec &spec) {
    if (!spec.name.empty()) { // the reader has reported names that the graph does not have
      notes.push_back(absl::StrCat(printable(file), ": the outputs do not depend on input '",
                                   printable(spec.name), "'; it is ignored"));
      return;
    }
    std::string names = absl::StrJoin(
        inputs, ", ", [](std::string *out, const DeclaredInput &i) { absl::StrAppend(out, i.name); });
    diagnostics.error(
        "", "",
        absl::StrCat("more --input options without a name than the model's ", inputs.size(), " inputs"),
        absl::StrCat("the inputs are ", names));
  }

  // Both: nullopt when a problem was reported.
  std::optional<DType> resolveType(const DeclaredInput &input, const InputSpec *spec) {
    std::optional<DType> wanted = spec ? spec->dtype : std::nullopt;
    if (!input.type && input.typeName.empty()) {
      if (!wanted)
        diagnostics.error(input.name, "", "the file does not tell this tensor's type",
                          absl::StrCat("give --input ", input.name, "=", shapeHint(input.shape), ":DTYPE"));
      return wanted;
    }
    if (!input.type) {
      diagnostics.error(input.name, "", absl::StrCat("inputs of type ", input.typeName, " are not supported"),
                        "cut the graph after it with --input NODE=[d,d,...]:DTYPE");
      return std::nullopt;
    }
    if (wanted && *wanted != *input.type) {
      diagnostics.error(input.name, "",
                        absl::StrCat("the input is ", std::string(name(*input.type)), ", ",
                                     spec->npyPath.empty() ? "--input" : spec->npyPath, " gives ",
                                     std::string(name(*wanted))));
      return std::nullopt;
    }
    return *input.type;
  }

  // What is declared with what the spec adds; nullopt when a problem was reported.
  std::optional<PartialShape> givenShape(const DeclaredInput &input, const InputSpec *spec) {
    PartialShape shape = input.shape;
    if (!spec || !spec->shape)
      return shape;
    if (shape && !compatible(*shape, *spec->shape)) {
      diagnostics.error(input.name, "",
                        absl::StrCat("the model declares shape ", shapeHint(shape), ", ",
                                     spec->npyPath.empty() ? "--input" : spec->npyPath, " gives ",
                                     shapeHint(spec->shape)));
      return std::nullopt;
    }
    if (!shape)
      return spec->shape;
    for (size_t d = 0; d < shape->size(); ++d)
      if ((*shape)[d] < 0)
        (*shape)[d] = (*spec->shape)[d];
    return shape;
  }

  static std::string symbolOf(const DeclaredInput &input, size_t d) {
    return d < input.symbols.size() ? input.symbols[d] : "";
  }

  void learnSymbols(const DeclaredInput &input, const PartialShape &shape) {
    for (size_t d = 0; shape && d < shape->size(); ++d) {
      std::string symbol = symbolOf(input, d);
      if (symbol.empty() || (*shape)[d] < 0)
        continue;
      auto [known, fresh] = symbols.try_emplace(symbol, Meaning{(*shape)[d], input.name});
      if (!fresh && known->second.extent != (*shape)[d])
        diagnostics.error(input.name, "",
                          absl::StrCat("dimension '", symbol, "' is ", (*shape)[d], " here and ", known->second.extent,
                                       " in input '", known->second.input, "'"),
                          "give the same number for both");
    }
  }

  // Leading dimensions that the model leaves open are mostly one batch.
  void learnLeading(const DeclaredInput &input, const PartialShape &shape) {
    if (input.shape && !input.shape->empty() && input.shape->front() < 0 && shape && shape->front() >= 0)
      leading.insert(shape->front());
  }
  int64_t leadingExtent() const { return leading.size() == 1 ? *leading.begin() : 1; }

  std::optional<Shape> finishShape(const DeclaredInput &input, PartialShape shape) {
    for (size_t d = 0; shape && d < shape->size(); ++d) {
      int64_t &extent = (*shape)[d];
      auto known = symbols.find(symbolOf(input, d));
      if (extent < 0 && known != symbols.end())
        extent = known->second.extent;
      if (extent < 0 && d == 0) {
        extent = leadingExtent();
        assumed.push_back(absl::StrCat("'", input.name, "'"));
        if (!symbolOf(input, d).empty())
          symbols.try_emplace(symbolOf(input, d), Meaning{extent, input.name});
      }
    }
    if (!shape || absl::c_any_of(*shape, [](int64_t d) { return d < 0; })) {
      diagnostics.error(input.name, "", shape ? "the shape has unknown dimensions" : "the shape is unknown",
                        absl::StrCat("give --input ", input.name, "=", shapeHint(shape),
                                     shape ? " with numbers for N" : " with numbers for d, [] for a scalar"));
      return std::nullopt;
    }
    if (!elementCount(*shape, 8)) {
      diagnostics.error(input.name, "", absl::StrCat("the shape ", toString(*shape), " is too large"));
      return std::nullopt;
    }
    return *shape;
  }

  static bool compatible(const std::vector<int64_t> &declared, const std::vector<int64_t> &given) {
    if (declared.size() != given.size())
      return false;
    for (size_t d = 0; d < given.size(); ++d)
      if (declared[d] >= 0 && given[d] >= 0 && declared[d] != given[d])
        return false;
    return true;
  }

  struct Meaning {
    int64_t extent;
    std::string input; // which told it
  };

  const std::vector<InputSpec> &specs;
  const std::vector<DeclaredInput> &inputs;
  const std::string &file;
  Diagnostics &diagnostics;
  std::vector<std::string> &notes;
  std::map<std::string, Meaning> symbols; // never the empty one
  std::set<int64_t> leading;        // extents given for leading dimensions that the model leaves open
  std::vector<std::string> assumed; // inputs whose batch was not given
};

} // namespace

std::vector<std::string> namedInputs(const std::vector<InputSpec> &specs, const std::vector<FixedInput> &fixed) {
  std::vector<std::string> names;
  for (const InputSpec &spec : specs)
    if (!spec.name.empty())
      names.push_back(spec.name);
  for (const FixedInput &input : fixed)
    names.push_back(input.name);
  return names;
}

absl::StatusOr<std::vector<InputSpec>> readSpecs(std::vector<InputSpec> specs) {
  for (InputSpec &spec : specs) {
    if (spec.npyPath.empty())
      continue;
    absl::StatusOr<Tensor> tensor = loadNpy(spec.npyPath);
    if (!tensor.ok())
      return ioError(std::string(tensor.status().message()));
    spec.shape = tensor->shape();
    spec.dtype = tensor->dtype();
  }
  return specs;
}

std::vector<ResolvedInput> resolveInputs(const std::vector<InputSpec> &specs, const std::vector<FixedInput> &fixed,
                                         const std::vector<DeclaredInput> &inputs, const std::string &file,
                                         Diagnostics &diagnostics, std::vector<std::string> &notes) {
  std::vector<ResolvedInput> result(inputs.size());
  std::vector<DeclaredInput> open;
  std::vector<size_t> numbers; // of those that are open
  std::vector<bool> isNeeded(fixed.size());
  for (auto [i, input] : llvm::enumerate(inputs)) {
    auto found = llvm::find_if(fixed, [&, &input = input](const FixedInput &f) { return f.name == withoutPort0(input.name); });
    if (found == fixed.end()) {
      open.push_back(input);
      numbers.push_back(i);
      continue;
    }
    isNeeded[found - fixed.begin()] = true;
    if (llvm::any_of(specs, [&, &input = input](const InputSpec &spec) { return spec.name == withoutPort0(input.name); }))
      diagnostics.error(input.name, "", "both --input and --set are for this input", "give one");
    result[i].value = fixedValue(*found, input, diagnostics);
    result[i].known = result[i].value.has_value();
    if (result[i].known)
      result[i] = {result[i].value->dtype(), result[i].value->shape(), true, result[i].value};
  }
  for (size_t k = 0; k < fixed.size(); ++k)
    if (!isNeeded[k]) // the reader has reported names that the graph does not have
      notes.push_back(absl::StrCat(printable(file), ": the outputs do not depend on input '", printable(fixed[k].name), "'; --set of it is ignored"));
  for (auto [i, settled] : llvm::zip(numbers, InputResolver(specs, open, file, diagnostics, notes).resolve()))
    result[i] = settled;
  return result;
}

} // namespace aotc
