// ONNX's own backend tests through compiled objects.
//
//   onnx_backend_test CASES EXPECTED_FAILURES [PART/PARTS] [NAME...]
//
// CASES is what fetch.py writes. A case that fails and isn't listed in EXPECTED_FAILURES is an error, as is a
// listed one that passes. The last line of PART says how many pass; names (or parts of them) select cases.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "compiler/artifact/Loader.h"
#include "compiler/driver/Compile.h"

namespace aotc {
namespace {

struct Case {
  std::string name;
  double rtol, atol;
};

std::vector<std::string> linesOf(const std::string &path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

std::vector<Case> casesOf(const std::string &folder) {
  std::vector<Case> cases;
  for (const std::string &line : linesOf(folder + "/cases.txt")) {
    std::vector<std::string> fields = absl::StrSplit(line, '\t');
    Case c;
    if (fields.size() == 3 && absl::SimpleAtod(fields[1], &c.rtol) && absl::SimpleAtod(fields[2], &c.atol)) {
      c.name = fields[0];
      cases.push_back(c);
    }
  }
  return cases;
}

// "NAME: reason" lines.
std::map<std::string, std::string> expectedFailures(const std::string &path) {
  std::map<std::string, std::string> expected;
  for (const std::string &line : linesOf(path)) {
    std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(": ", 1));
    if (fields.size() == 2 && line[0] != '#')
      expected[fields[0]] = fields[1];
  }
  return expected;
}

absl::StatusOr<std::vector<Tensor>> tensorsOf(const std::string &stem) {
  std::vector<Tensor> tensors;
  for (int i = 0; std::filesystem::exists(absl::StrCat(stem, i, ".npy")); ++i) {
    auto tensor = loadNpy(absl::StrCat(stem, i, ".npy"));
    if (!tensor.ok())
      return tensor.status();
    tensors.push_back(*std::move(tensor));
  }
  return tensors;
}

// As numpy.testing.assert_allclose, with the package's allowance for bfloat16. "" when close.
std::string difference(const Tensor &computed, const Tensor &expected, double rtol, double atol) {
  if (computed.dtype() != expected.dtype() || computed.shape() != expected.shape())
    return absl::StrCat("is ", typeString(computed), ", expected ", typeString(expected));
  if (computed.dtype() == DType::BF16)
    rtol = std::max(rtol, std::ldexp(1.0, -6));
  for (int64_t i = 0; i < computed.size(); ++i) {
    if (!isFloat(computed.dtype())) {
      if (std::abs(static_cast<double>(computed.i(i)) - static_cast<double>(expected.i(i))) >
          atol + rtol * std::abs(static_cast<double>(expected.i(i))))
        return absl::StrCat("has ", computed.i(i), " where ", expected.i(i), " is expected, at element ", i);
      continue;
    }
    double a = computed.f(i), b = expected.f(i);
    bool same = a == b || (std::isnan(a) && std::isnan(b));
    if (!same && !(std::abs(a - b) <= atol + rtol * std::abs(b)))
      return absl::StrCat("has ", a, " where ", b, " is expected, at element ", i);
  }
  return "";
}

// Which inputs are given to the compiler as constants.
enum class Known { None, Small, All };

struct Outcome {
  std::string problem; // empty: passes
  Known known = Known::None;
};

bool isSmall(const Tensor &t) { return t.rank() <= 1 && !isFloat(t.dtype()); }

absl::StatusOr<std::vector<Tensor>> compileAndRun(const std::string &folder, const std::vector<std::string> &names,
                                                  const std::vector<Tensor> &inputs, Known known) {
  CompileOptions options;
  options.modelPath = folder + "/model.onnx";
  options.emit = {Emit::Obj};
  std::map<std::string, Tensor> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (known == Known::All || (known == Known::Small && isSmall(inputs[i]))) {
      options.fixed.push_back({names[i], inputs[i], {}, false});
      continue;
    }
    InputSpec spec;
    spec.name = names[i];
    spec.shape = inputs[i].shape();
    options.inputs.push_back(spec);
    values.emplace(names[i], inputs[i]);
  }
  auto compiled = compileModel(options);
  if (!compiled.ok())
    return compiled.status();
  auto loaded = LoadedModel::load(compiled->object, options.name);
  if (!loaded.ok())
    return loaded.status();
  std::vector<Tensor> arguments;
  for (const TensorInfo &input : compiled->model.inputs)
    arguments.push_back(values.at(input.name));
  return (*loaded)->run(arguments);
}

std::string problemOf(const Case &c, const std::string &folder, Known known) {
  std::vector<std::string> names = linesOf(folder + "/inputs.txt");
  for (int set = 0; std::filesystem::exists(absl::StrCat(folder, "/", set)); ++set) {
    auto inputs = tensorsOf(absl::StrCat(folder, "/", set, "/input_"));
    auto expected = tensorsOf(absl::StrCat(folder, "/", set, "/output_"));
    if (!inputs.ok() || !expected.ok() || inputs->size() != names.size())
      return "the case cannot be read";
    auto results = compileAndRun(folder, names, *inputs, known);
    if (!results.ok())
      return std::string(results.status().message());
    if (results->size() != expected->size())
      return absl::StrCat("yields ", results->size(), " outputs, expected ", expected->size());
    for (size_t i = 0; i < results->size(); ++i)
      if (std::string d = difference((*results)[i], (*expected)[i], c.rtol, c.atol); !d.empty())
        return absl::StrCat("output ", i, " ", d);
  }
  return "";
}

// ONNX's tests pass axes, shapes and the like as inputs; where the compiler says that it must know a value,
// they become constants: first those that look like such, then all.
Outcome outcomeOf(const Case &c, const std::string &folder) {
  Outcome outcome;
  for (Known known : {Known::None, Known::Small, Known::All}) {
    outcome = {problemOf(c, folder, known), known};
    if (outcome.problem.find("must be known at compile time") == std::string::npos &&
        outcome.problem.find("nothing bounds it") == std::string::npos)
      break;
  }
  return outcome;
}

std::string oneLine(std::string text) {
  for (char &c : text)
    if (c == '\n')
      c = ' ';
  return text.substr(0, 400);
}

int run(const std::string &folder, const std::string &list, const std::string &part,
        const std::vector<std::string> &wanted) {
  std::vector<Case> cases = casesOf(folder);
  if (cases.empty()) {
    std::printf("SKIP: %s has no cases; fetch.py says why\n", folder.c_str());
    return 0;
  }
  std::map<std::string, std::string> expected = expectedFailures(list);
  std::vector<std::string> numbers = absl::StrSplit(part, '/');
  size_t index = std::stoul(numbers[0]), parts = std::stoul(numbers[1]), counted = 0, passed = 0, errors = 0;
  std::map<Known, size_t> constants;
  for (size_t i = index; i < cases.size(); i += parts) {
    const Case &c = cases[i];
    auto isMeant = [&](const std::string &name) { return c.name.find(name) != std::string::npos; };
    if (!wanted.empty() && std::none_of(wanted.begin(), wanted.end(), isMeant))
      continue;
    ++counted;
    Outcome outcome = outcomeOf(c, absl::StrCat(folder, "/", c.name));
    passed += outcome.problem.empty();
    constants[outcome.known] += outcome.problem.empty();
    bool isExpected = expected.count(c.name) != 0;
    if (outcome.problem.empty() == isExpected) {
      ++errors;
      std::printf("%s: %s\n", c.name.c_str(),
                  isExpected ? "passes, but is listed as failing" : oneLine(outcome.problem).c_str());
      std::fflush(stdout);
    }
  }
  std::printf("passed %zu of %zu counted (%.1f %%), %zu with shapes and the like as constants, %zu with all inputs\n",
              passed, counted, counted ? 100.0 * passed / counted : 0, constants[Known::Small], constants[Known::All]);
  return errors > 0;
}

} // namespace
} // namespace aotc

int main(int argc, char **argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: onnx_backend_test CASES EXPECTED_FAILURES [PART/PARTS] [NAME...]\n");
    return 2;
  }
  return aotc::run(argv[1], argv[2], argc > 3 ? argv[3] : "0/1", {argv + std::min(argc, 4), argv + argc});
}
