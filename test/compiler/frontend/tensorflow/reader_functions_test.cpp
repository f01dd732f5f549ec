// Inlining of functions.
#include "absl/strings/match.h"
#include "test/compiler/frontend/tensorflow/reader_testing.h"

#include "gtest/gtest.h"

namespace aotc::tf {
namespace {

std::string inner(const std::string &name, const std::string &op, const std::string &inputs = "",
                  const std::string &attrs = "") {
  return node(name, op, inputs, attrs, "node_def");
}

// `args` and `rets` are separated by spaces; a result is "name=what:it:0".
std::string function(const std::string &name, const std::string &args, const std::string &rets,
                     const std::string &body, const std::string &signature = "") {
  std::string text = absl::StrCat("function { signature { name: '", name, "' ", signature);
  for (absl::string_view arg : absl::StrSplit(args, ' ', absl::SkipEmpty()))
    absl::StrAppend(&text, "input_arg { name: '", arg, "' type: DT_FLOAT } ");
  std::string values;
  for (absl::string_view ret : absl::StrSplit(rets, ' ', absl::SkipEmpty())) {
    std::pair<std::string, std::string> parts = absl::StrSplit(ret, '=');
    absl::StrAppend(&text, "output_arg { name: '", parts.first, "' type: DT_FLOAT } ");
    absl::StrAppend(&values, "ret { key: '", parts.first, "' value: '", parts.second, "' } ");
  }
  return absl::StrCat(text, "} ", body, values, "}\n");
}

std::string library(const std::string &functions) { return "library {\n" + functions + "}\n"; }

// A call through PartitionedCall with `results` outputs.
std::string call(const std::string &name, const std::string &callee, const std::string &inputs,
                 int results = 1, const std::string &attrs = "", const std::string &field = "node") {
  std::string types;
  for (int i = 0; i < results; ++i)
    types += " type: DT_FLOAT";
  return node(name, "PartitionedCall", inputs,
              absl::StrCat("f { func { name: '", callee, "' ", attrs, " } };Tout { list {", types, " } }"),
              field);
}

TEST(ReaderFunctions, CallsAreInlined) {
  ReadResult r =
      read(placeholder("x") + constant("c") + call("f", "sub", "x c", 2) + node("y", "Mul", "f:1 f") +
           library(function("sub", "a b", "first=d:z:0 second=b",
                            inner("d", "Sub", "a e:output:0") + inner("e", "Identity", "b") +
                                inner("unused", "Neg", "a"))));
  EXPECT_EQ(r.errors(), "");
  EXPECT_EQ(r.nodes(), "c() x() f/e(c) f/d(x f/e) y(c f/d)");
  EXPECT_EQ(r.outputs(), "y=y");
}

TEST(ReaderFunctions, NodesWhoseOpIsAFunction) {
  ReadResult r = read(
      placeholder("x") + node("f", "twice", "x") + node("g", "twice", "f") +
      library(function("twice", "a", "r=n2:y:0", inner("n1", "Neg", "a") + inner("n2", "Neg", "n1:y:0"))));
  EXPECT_EQ(r.errors(), "");
  EXPECT_EQ(r.nodes(), "x() f/n1(x) f/n2(f/n1) g/n1(f/n2) g/n2(g/n1)");
  EXPECT_EQ(r.outputs(), "g=g/n2");
}

TEST(ReaderFunctions, NestedCallsAndAttributesOfTheCall) {
  std::string deep =
      function("leaf", "a", "r=c:y:0", inner("c", "Cast", "a", "DstT { placeholder: 'T' }")) +
      function("mid", "a", "r=k:output:0",
               call("k", "leaf", "a", 1, "attr { key: 'T' value { placeholder: 'U' } }", "node_def"));
  ReadResult r =
      read(placeholder("x") + call("top", "mid", "x", 1, "attr { key: 'U' value { type: DT_INT64 } }") +
           library(deep));
  EXPECT_EQ(r.errors(), "");
  EXPECT_EQ(r.outputs(), "top=top/k/c");
  EXPECT_EQ(std::get<TypeCode>(r.attr("top/k/c", "DstT")).value, 9);
  EXPECT_EQ(read(placeholder("x") + call("top", "mid", "x") + library(deep)).errors(),
            "top/k/c: attribute 'DstT' refers to 'T', which no call gives");
}

TEST(ReaderFunctions, OutputsByTheNameOfTheOperation) {
  ReadResult r =
      read(placeholder("x") + call("f", "f", "x", 3) +
           library(function("f", "a", "i=t:indices:0 v=t:values:0 s=s:output:1",
                            inner("t", "TopKV2", "a a") + inner("s", "Split", "a a", "num_split { i: 2 }"))));
  EXPECT_EQ(r.errors(), "");
  EXPECT_EQ(r.outputs(), "f=f/t:1 f:1=f/t f:2=f/s:1");
}

TEST(ReaderFunctions, ListsOfTensors) {
  std::string signature = "input_arg { name: 'xs' type: DT_FLOAT number_attr: 'N' } "
                          "output_arg { name: 'ys' type: DT_FLOAT number_attr: 'N' } ";
  std::string body = inner("i", "IdentityN", "xs", "T { list { type: DT_FLOAT type: DT_FLOAT } }") +
                     inner("last", "Neg", "xs:1") + " ret { key: 'ys' value: 'i:output' } ";
  std::string graph = placeholder("x") + placeholder("y") + node("f", "pair", "x y", "N { i: 2 }") +
                      library(function("pair", "", "r=last:y:0", body, signature));
  ReadResult r = read(graph);
  EXPECT_EQ(r.errors(), "");
  EXPECT_EQ(r.outputs(), "f=f/i f:1=f/i:1 f:2=f/last");
  EXPECT_EQ(r.nodes(), "x() y() f/i(x y) f/last(y)");
}

TEST(ReaderFunctions, CutsStopBeforeCalls) {
  ReadResult r = read(placeholder("x") + call("f", "f", "x", 2) + node("y", "Sub", "f f:1") +
                          library(function("f", "a", "p=n:y:0 q=a", inner("n", "Neg", "a"))),
                      {{}, {"f:1"}});
  EXPECT_EQ(r.nodes(), "x() f/n(x) f:1() y(f/n f:1)");
  EXPECT_EQ(r.inputs(), "x f:1");
}

TEST(ReaderFunctions, Recursion) {
  std::string start = placeholder("x") + call("c", "f", "x");
  EXPECT_EQ(read(start + library(function("f", "a", "r=k:output:0", call("k", "f", "a", 1, "", "node_def"))))
                .errors(),
            "f: function calls itself: f -> f");
  EXPECT_EQ(read(start + library(function("f", "a", "r=k:r:0", inner("k", "g", "a")) +
                                 function("g", "a", "r=k:r:0", inner("k", "f", "a"))))
                .errors(),
            "f: function calls itself: f -> g -> f");
}

// f0 calls f1 twice, f1 calls f2 twice...
std::string doubling(int depth) {
  std::string functions = function("f" + std::to_string(depth), "a", "r=n:y:0", inner("n", "Neg", "a"));
  for (int i = 0; i < depth; ++i) {
    std::string next = "f" + std::to_string(i + 1);
    functions +=
        function("f" + std::to_string(i), "a", "r=q:r:0", inner("p", next, "a") + inner("q", next, "p:r:0"));
  }
  return placeholder("x") + node("y", "f0", "x") + library(functions);
}

TEST(ReaderFunctions, ExponentialInliningIsRefused) {
  EXPECT_EQ(read(doubling(10)).model->graph.nodes.size(), 1025u);
  EXPECT_EQ(read(doubling(40)).errors(),
            "y: inlining the function calls up to here takes more than 1048576 nodes or 256 MiB");
  EXPECT_TRUE(absl::StrContains(read(doubling(100)).errors(), "function calls nest deeper than 64"));
}

TEST(ReaderFunctions, LongChainsOfCalls) {
  std::string graph = placeholder("n0") + library(function("same", "a", "r=a", ""));
  const int kCalls = 100000;
  for (int i = 1; i <= kCalls; ++i)
    graph += node(absl::StrCat("n", i), "same", absl::StrCat("n", i - 1));
  EXPECT_EQ(read(graph).outputs(), absl::StrCat("n", kCalls, "=n0"));
}

// The result of "set" does not depend on what it assigns, and "late" reads last in the
// function's list, but first in a run.
TEST(ReaderFunctions, AssignmentsStayInTheOrderOfARun) {
  std::string set = function("set", "v x", "r=x",
                             inner("add", "AssignAddVariableOp", "v x ^late") + inner("late", "ReadVariableOp", "v") +
                                 inner("unused", "Neg", "x"));
  std::string graph = placeholder("x") + node("var", "VarHandleOp") + node("y", "Neg", "x ^first ^second") +
                      node("second", "NoOp", "^c") + call("c", "set", "var x ^first") +
                      node("first", "AssignVariableOp", "var x") + node("other", "AssignVariableOp", "var x") +
                      library(set);
  ReadOptions options;
  options.outputs = {"y"};
  EXPECT_EQ(read(graph, options).nodes(), "x() y(x)");
  options.effects = true;
  EXPECT_EQ(read(graph, options).nodes(), "x() var() first(var x) c/add(var x) y(x)");
}

TEST(ReaderFunctions, Problems) {
  EXPECT_EQ(read(placeholder("x") + call("c", "gone", "x") + node("d", "PartitionedCall", "x")).errors(),
            "c: calls function 'gone', which the file does not define\n"
            "d: does not name the function that it calls");
  std::string neg = function("f", "a", "r=n:y:0", inner("n", "Neg", "a"));
  EXPECT_EQ(read(placeholder("x") + call("c", "f", "x x") + library(neg)).errors(),
            "c: passes 2 arguments to function 'f', which takes 1");
  EXPECT_EQ(read(placeholder("x") + call("c", "f", "x") + library(neg + neg)).errors(),
            "f: another function has the same name");
  EXPECT_EQ(read(placeholder("x") + call("c", "f", "x") +
                 library(function("f", "a a", "r=n:y:0 s=m:y:0 t=^n",
                                  inner("n", "Neg", "a:b:0:1") + inner("n", "Neg", "o"))))
                .errors(),
            "f: function has two arguments 'a'\n"
            "n: another node has the same name (in function 'f')\n"
            "n: input 'a:b:0:1' is malformed (in function 'f')\n"
            "n: input 'o' leads to no node of that name (in function 'f')\n"
            "f: result 's' of the function: input 'm:y:0' leads to no node of that name\n"
            "f: result 't' of the function: is a control input");
  EXPECT_EQ(read(placeholder("x") + call("c", "f", "x") +
                 library(function("f", "a", "r=n:nothing:0", inner("n", "TopKV2", "a a"))))
                .errors(),
            "c/: node 'n' (TopKV2) has no output 'nothing'");
}

} // namespace
} // namespace aotc::tf
