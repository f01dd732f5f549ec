#include "test/backends/cpu/KernelText.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace aotc::cpu {

static std::vector<int64_t> orDefault(const std::vector<int64_t> &values, size_t count, int64_t value) {
  return values.empty() ? std::vector<int64_t>(count, value) : values;
}

static std::string tensor(const std::vector<int64_t> &shape, const std::string &element) {
  return absl::StrCat("tensor<", absl::StrJoin(shape, "x"), "x", element, ">");
}

std::vector<int64_t> ConvSpec::result() const {
  size_t n = kernel.size();
  auto s = orDefault(strides, n, 1), d = orDefault(dilations, n, 1), lo = orDefault(low, n, 0),
       hi = orDefault(high, n, 0);
  std::vector<int64_t> shape{input[0]};
  for (size_t i = 0; i < n; ++i)
    shape.push_back((input[i + 1] + lo[i] + hi[i] - ((kernel[i] - 1) * d[i] + 1)) / s[i] + 1);
  shape.push_back(outputs);
  return shape;
}

std::vector<int64_t> MatMulSpec::result() const {
  size_t n = lhs.size();
  std::vector<int64_t> shape;
  for (size_t i = 0; i + 2 < n; ++i)
    shape.push_back(std::max(lhs[i], rhs[i]));
  shape.push_back(transposeLhs ? lhs[n - 1] : lhs[n - 2]);
  shape.push_back(transposeRhs ? rhs[n - 2] : rhs[n - 1]);
  return shape;
}

// The group around `operation`, which computes %p from %a and %b.
static std::string module(const std::string &lhs, const std::string &rhs, bool constantRhs,
                          const std::vector<int64_t> &result, Follow follow, const std::string &element,
                          const std::string &operation) {
  std::string r = tensor(result, element);
  std::vector<int64_t> channels(result.size(), 1), rows = result;
  channels.back() = result.back();
  rows.back() = 1;
  rows[0] = 1;
  std::string c = tensor(channels, element), t = tensor(rows, element);
  std::string bias = absl::StrCat("%bb = nn.broadcast %c : ", c, " -> ", r, "\n%q = nn.binary add %p, %bb : ", r, "\n");
  std::vector<std::string> types{lhs, rhs}, names{"a", "b"};
  std::string body = absl::StrCat(operation, "\n"), last = "p";
  switch (follow) {
  case Follow::Nothing:
    break;
  case Follow::BiasRelu:
    types.push_back(c);
    names.push_back("c");
    absl::StrAppend(&body, bias, "%y = nn.unary relu %q : ", r, " -> ", r, "\n");
    last = "y";
    break;
  case Follow::BiasResidualClamp:
    types.insert(types.end(), {c, r});
    names.insert(names.end(), {"c", "d"});
    absl::StrAppend(&body, bias, "%s = nn.binary add %d, %q : ", r, "\n%y = nn.clamp %s {low = 0.0 : f64, high = 6.0 : f64} : ",
                    r, "\n");
    last = "y";
    break;
  case Follow::General: // every kind of operand, and a value used twice
    types.insert(types.end(), {c, t, r});
    names.insert(names.end(), {"c", "d", "e"});
    absl::StrAppend(&body, "%k = nn.constant dense<0.5> : ", r, "\n%cb = nn.broadcast %c : ", c, " -> ", r,
                    "\n%db = nn.broadcast %d : ", t, " -> ", r, "\n%m = nn.binary mul %p, %cb : ", r,
                    "\n%n = nn.binary add %m, %db : ", r, "\n%o = nn.binary mul %n, %k : ", r,
                    "\n%z = nn.compare gt %o, %e : ", r, " -> ", tensor(result, "i1"),
                    "\n%y = nn.select %z, %o, %n : ", tensor(result, "i1"), ", ", r, "\n");
    last = "y";
    break;
  }
  std::vector<std::string> parameters, inside, outside;
  for (size_t i = 0; i < types.size(); ++i) {
    bool constant = (i == 1 && constantRhs) || (i == 2 && follow != Follow::Nothing);
    parameters.push_back(absl::StrCat("%x", names[i], ": ", types[i], constant ? " {test.constant}" : ""));
    inside.push_back(absl::StrCat("%", names[i], ": ", types[i]));
    outside.push_back(absl::StrCat("%x", names[i]));
  }
  return absl::StrCat("func.func @f(", absl::StrJoin(parameters, ", "), ") -> ", r, " {\n%result = nn.fusion contraction(",
                      absl::StrJoin(outside, ", "), ") : (", absl::StrJoin(types, ", "), ") -> ", r, " {\n^bb0(",
                      absl::StrJoin(inside, ", "), "):\n", body, "nn.yield %", last, " : ", r,
                      "\n}\nreturn %result : ", r, "\n}\n");
}

static std::string array(const std::vector<int64_t> &values) {
  return absl::StrCat("array<i64: ", absl::StrJoin(values, ", "), ">");
}

std::string moduleOf(const ConvSpec &s) {
  size_t n = s.kernel.size();
  std::vector<int64_t> filterShape = s.kernel;
  filterShape.push_back(s.input.back() / s.groups);
  filterShape.push_back(s.outputs);
  std::string in = tensor(s.input, s.element), filter = tensor(filterShape, s.element);
  std::string op = absl::StrCat("%p = nn.conv %a, %b {strides = ", array(orDefault(s.strides, n, 1)),
                                ", dilations = ", array(orDefault(s.dilations, n, 1)),
                                ", padLow = ", array(orDefault(s.low, n, 0)), ", padHigh = ",
                                array(orDefault(s.high, n, 0)), ", groups = ", s.groups, " : i64} : (", in, ", ",
                                filter, ") -> ", tensor(s.result(), s.element));
  return module(in, filter, s.constantFilter, s.result(), s.follow, s.element, op);
}

std::string moduleOf(const ConvTransposeSpec &s) {
  size_t n = s.kernel.size();
  std::vector<int64_t> filterShape = s.kernel;
  filterShape.push_back(s.output.back() / s.groups);
  filterShape.push_back(s.input.back());
  std::string in = tensor(s.input, s.element), filter = tensor(filterShape, s.element);
  std::string op = absl::StrCat("%p = nn.conv_transpose %a, %b {strides = ", array(orDefault(s.strides, n, 1)),
                                ", dilations = ", array(orDefault(s.dilations, n, 1)), ", padLow = ",
                                array(orDefault(s.low, n, 0)), ", groups = ", s.groups, " : i64} : (", in, ", ",
                                filter, ") -> ", tensor(s.output, s.element));
  return module(in, filter, s.constantFilter, s.output, s.follow, s.element, op);
}

std::string moduleOf(const MatMulSpec &s) {
  std::string a = tensor(s.lhs, s.element), b = tensor(s.rhs, s.element);
  std::string op = absl::StrCat("%p = nn.matmul %a, %b {transposeLhs = ", s.transposeLhs ? "true" : "false",
                                ", transposeRhs = ", s.transposeRhs ? "true" : "false", "} : (", a, ", ", b, ") -> ",
                                tensor(s.result(), s.element));
  return module(a, b, s.constantRhs, s.result(), s.follow, s.element, op);
}

} // namespace aotc::cpu
