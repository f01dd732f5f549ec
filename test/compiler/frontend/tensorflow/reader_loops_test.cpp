// Loops of TensorFlow 1 become structured; functional loops and branches of TensorFlow 2 keep their bodies.
#include <gtest/gtest.h>

#include "test/compiler/frontend/tensorflow/reader_testing.h"

namespace aotc::tf {
namespace {

std::string enter(const std::string &name, const std::string &input, const std::string &frame = "f") {
  return node(name, "Enter", input, absl::StrCat("frame_name { s: '", frame, "' }"));
}

// A variable of a loop: NAME.enter, .merge, .switch, .next, .exit; `input` starts it and `again` is its next value.
std::string variable(const std::string &name, const std::string &input, const std::string &again, const std::string &condition,
                     const std::string &frame = "f") {
  return enter(name + ".enter", input, frame) + node(name + ".merge", "Merge", name + ".enter " + name + ".next") +
         node(name + ".switch", "Switch", name + ".merge " + condition) + node(name + ".next", "NextIteration", again) +
         node(name + ".exit", "Exit", name + ".switch");
}

std::string body(const ReadResult &r, const std::string &loop, const std::string &attr) {
  const auto *found = r.model ? std::get_if<BodyPtr>(&r.attr(loop, attr)) : nullptr;
  return found ? ReadResult::text(**found) : "none";
}

const Node &nodeNamed(const std::vector<Node> &nodes, const std::string &name) {
  for (const Node &n : nodes)
    if (n.name == name)
      return n;
  throw std::runtime_error("no node " + name);
}

TEST(ReaderLoops, BecomeStructured) {
  // while (i < limit) { i = i + one; x = x * w; }, with w from around the loop
  ReadResult r = read(placeholder("x") + placeholder("w") + constant("zero") + constant("limit") + constant("one") +
                      enter("limit.enter", "limit") + enter("w.enter", "w") + variable("loop/i", "zero", "add", "loop/cond") +
                      variable("loop/x", "x", "mul", "loop/cond") + node("less", "Less", "loop/i.merge limit.enter") +
                      node("loop/cond", "LoopCond", "less") + node("add", "Add", "loop/i.switch:1 one") +
                      node("mul", "Mul", "loop/x.switch:1 w.enter") + node("y", "Neg", "loop/x.exit"));
  ASSERT_EQ(r.errors(), "");
  EXPECT_EQ(r.outputs(), "y=y");
  EXPECT_EQ(r.inputs(), "x w");
  EXPECT_EQ(nodeNamed(r.model->graph.nodes, "loop").op, "While");
  const auto &loop = nodeNamed(r.model->graph.nodes, "loop");
  ASSERT_EQ(loop.inputs.size(), 5u); // two variables, then what comes from around
  std::string around;
  for (Edge edge : loop.inputs)
    absl::StrAppend(&around, " ", r.model->graph.nodes[edge.node].name);
  EXPECT_EQ(around.substr(0, 7), " x zero");
  EXPECT_EQ(body(r, "loop", "cond"), "(argument0 argument1 argument2 argument3 argument4) argument0() argument1() argument2() argument3() "
                                     "argument4() less(argument1 argument2) -> less");
  EXPECT_EQ(body(r, "loop", "body"),
            "(argument0 argument1 argument2 argument3 argument4) argument0() argument1() argument2() argument3() argument4() "
            "mul(argument0 argument3) add(argument1 argument4) -> mul add argument2 argument3 argument4");
}

TEST(ReaderLoops, Nest) {
  // The inner loop starts from the outer's variable and takes w through both.
  ReadResult r = read(placeholder("x") + placeholder("w") + enter("w.outer", "w", "outer") + enter("w.inner", "w.outer", "inner") +
                      variable("o/x", "x", "i/x.exit", "o/cond", "outer") + node("o/test", "Less", "o/x.merge o/x.merge") +
                      node("o/cond", "LoopCond", "o/test") + variable("i/x", "o/x.switch:1", "mul", "i/cond", "inner") +
                      node("i/test", "Less", "i/x.merge w.inner") + node("i/cond", "LoopCond", "i/test") +
                      node("mul", "Mul", "i/x.switch:1 w.inner") + node("y", "Neg", "o/x.exit"));
  ASSERT_EQ(r.errors(), "");
  EXPECT_EQ(r.nodes(), "x() w() o(x w) y(o)");
  EXPECT_EQ(body(r, "o", "body"), "(argument0 argument1) argument0() argument1() i(argument0 argument1) -> i argument1");
  const Body &outer = *std::get<BodyPtr>(r.attr("o", "body"));
  const Body &inner = *std::get<BodyPtr>(nodeNamed(outer.nodes, "i").attrs.at("body"));
  EXPECT_EQ(ReadResult::text(inner), "(argument0 argument1) argument0() argument1() mul(argument0 argument1) -> mul argument1");
}

TEST(ReaderLoops, FinalValuesThatNobodyTakesAreNoOutputs) {
  std::string loop = placeholder("x") + variable("a", "x", "neg", "cond") + variable("b", "x", "b.switch:1", "cond") +
                     node("test", "Less", "a.merge b.merge") + node("cond", "LoopCond", "test") + node("neg", "Neg", "a.switch:1") +
                     node("pivot", "Identity", "a.switch:1");
  EXPECT_EQ(read(loop + node("y", "Neg", "a.exit")).outputs(), "y=y");
  EXPECT_EQ(read(loop).outputs(), "a.exit=cond b.exit=cond:1"); // unless there are no others
}

TEST(ReaderLoops, BrokenOnes) {
  auto errors = [](const std::string &graph, std::vector<std::string> outputs = {}) {
    ReadOptions options;
    options.outputs = std::move(outputs);
    return read(placeholder("x") + graph, options).errors();
  };
  EXPECT_EQ(errors(enter("e", "x") + node("m", "Merge", "e n") + node("n", "NextIteration", "m") + node("y", "Exit", "m")),
            "e: the loop has no condition");
  EXPECT_EQ(errors(node("y", "Exit", "x")), "y: leaves a loop that nothing enters");
  EXPECT_EQ(errors(node("y", "LoopCond", "x")), "y: is outside of a loop");
  EXPECT_EQ(errors(node("n", "NextIteration", "y") + node("y", "Merge", "x n"), {"y"}), "y: is outside of a loop");
  const std::string good = variable("a", "x", "neg", "cond") + node("test", "Less", "a.merge a.merge") +
                           node("cond", "LoopCond", "test") + node("neg", "Neg", "a.switch:1");
  EXPECT_EQ(errors(good), "");
  EXPECT_EQ(errors(good, {"neg"}), "neg: is inside of a loop [take outputs that leave it]");
  EXPECT_EQ(errors(good + node("y", "Exit", "a.merge"), {"y"}), "y: must take what the loop's condition switches off");
  EXPECT_EQ(errors(good + node("second", "LoopCond", "test") + node("y", "Exit", "second"), {"a.exit", "y"}),
            "second: is the second condition of its loop");
  EXPECT_EQ(errors(good + enter("other", "x", "g") + node("y", "Add", "other neg"), {"y"}), "y: has operands from different loops");
  EXPECT_EQ(errors(enter("e", "x") + node("m", "Merge", "e n n") + node("n", "NextIteration", "m") + node("c", "LoopCond", "m") +
                   node("s", "Switch", "m c") + node("y", "Exit", "s")),
            "m: must have one operand from before the loop and one from its last iteration");
}

TEST(ReaderLoops, DeepNestsAreRefused) {
  std::string graph = placeholder("x");
  std::string last = "x";
  for (int i = 0; i < 100; ++i) {
    graph += enter(absl::StrCat("e", i), last, absl::StrCat("f", i));
    last = absl::StrCat("e", i);
  }
  for (int i = 0; i < 100; ++i) {
    graph += node(absl::StrCat("x", i), "Exit", last);
    last = absl::StrCat("x", i);
  }
  EXPECT_EQ(read(graph + node("y", "Neg", last)).errors(), "e64: loops nest deeper than 64");
}

TEST(ReaderLoops, WithoutFrameConstantsNest) {
  // The inner loop starts from a constant, which knows no frame, before a value of the outer loop enters it.
  ReadResult r = read(placeholder("x") + constant("zero") + enter("o/limit.inner", "o/x.switch:1", "inner") +
                      variable("i/n", "zero", "inc", "i/cond", "inner") + node("i/test", "Less", "i/n.merge o/limit.inner") +
                      node("i/cond", "LoopCond", "i/test") + node("inc", "Add", "i/n.switch:1 i/n.switch:1") +
                      variable("o/x", "x", "i/n.exit", "o/cond", "outer") + node("o/test", "Less", "o/x.merge o/x.merge") +
                      node("o/cond", "LoopCond", "o/test") + node("y", "Neg", "o/x.exit"));
  ASSERT_EQ(r.errors(), "");
  EXPECT_EQ(body(r, "o", "body"), "(argument0 argument1) argument0() argument1() i(argument1 argument0) -> i argument1");
}

std::string switched(const std::string &name, const std::string &input, const std::string &predicate) {
  return node(name, "Switch", input + " " + predicate);
}

TEST(ReaderLoops, ConditionalsBecomeStructured) {
  // p ? (x + w, 1) : (-x, w), where the 1 says by a control input where it is.
  std::string graph = placeholder("x") + placeholder("w") + placeholder("p") + node("pred", "Identity", "p") +
                      switched("x.switch", "x", "pred") + switched("w.switch", "w", "pred") + switched("pivot.switch", "pred", "pred") +
                      node("pivot", "Identity", "pivot.switch:1") + node("sum", "Add", "x.switch:1 w.switch:1") +
                      node("neg", "Neg", "x.switch") + node("one", "Const", "^pivot", "value { tensor { dtype: DT_FLOAT float_val: 1 tensor_shape { } } }") +
                      node("a", "Merge", "neg sum") + node("b", "Merge", "w.switch one") + node("y", "Add", "a b");
  ReadResult r = read(graph);
  ASSERT_EQ(r.errors(), "");
  EXPECT_EQ(r.nodes(), "x() p() pred(p) w() a(p x w pred) y(a a:1)");
  EXPECT_EQ(nodeNamed(r.model->graph.nodes, "a").op, "If");
  EXPECT_EQ(body(r, "a", "then_branch"), "(argument0 argument1 argument2) argument0() argument1() argument2() sum(argument0 argument1) "
                                         "pivot(argument2) one() -> sum one");
  EXPECT_EQ(body(r, "a", "else_branch"), "(argument0 argument1 argument2) argument0() argument1() argument2() neg(argument0) -> neg argument1");
}

TEST(ReaderLoops, ConditionalsNest) {
  // p ? (q ? -x : x) : w
  ReadResult r = read(placeholder("x") + placeholder("w") + placeholder("p") + placeholder("q") + switched("x.outer", "x", "p") +
                      switched("q.outer", "q", "p") + switched("x.inner", "x.outer:1", "q.outer:1") + node("neg", "Neg", "x.inner:1") +
                      node("inner", "Merge", "x.inner neg") + switched("w.outer", "w", "p") + node("y", "Merge", "w.outer inner"));
  ASSERT_EQ(r.errors(), "");
  EXPECT_EQ(body(r, "y", "then_branch").substr(0, 55), "(argument0 argument1 argument2) argument0() argument1()");
  const Body &outer = *std::get<BodyPtr>(r.attr("y", "then_branch"));
  EXPECT_EQ(nodeNamed(outer.nodes, "inner").op, "If");
  EXPECT_EQ(body(r, "y", "else_branch").substr(body(r, "y", "else_branch").find("->")), "-> argument2");
}

TEST(ReaderLoops, OneConditionalAfterAnother) {
  // Both of one predicate, and the second needs the first's result.
  ReadResult r = read(placeholder("x") + placeholder("p") + switched("s", "x", "p") + node("neg", "Neg", "s:1") +
                      node("first", "Merge", "s neg") + switched("t", "first", "p") + node("exp", "Exp", "t:1") +
                      node("y", "Merge", "t exp"));
  ASSERT_EQ(r.errors(), "");
  EXPECT_EQ(r.nodes(), "x() p() first(p x) y(p first)");
}

TEST(ReaderLoops, OtherMergesStay) {
  ReadResult r = read(placeholder("x") + placeholder("p") + placeholder("q") + switched("s", "x", "p") + switched("t", "x", "q") +
                      node("y", "Merge", "s t:1"));
  EXPECT_EQ(r.errors(), "");
  EXPECT_EQ(r.nodes(), "x() p() s(x p) q() t(x q) y(s t:1)");
}

// A library with a function NAME(a, b) -> nodes of the body.
std::string function(const std::string &name, const std::string &nodes, const std::string &result) {
  return absl::StrCat("function { signature { name: '", name,
                      "' input_arg { name: 'a' type: DT_FLOAT } input_arg { name: 'b' type: DT_FLOAT } output_arg { name: 'r' type: "
                      "DT_FLOAT } } ",
                      nodes, " ret { key: 'r' value: '", result, "' } }\n");
}

TEST(ReaderLoops, FunctionsOfBranchesAreBodies) {
  std::string graph =
      placeholder("x") + constant("c", "dtype: DT_BOOL bool_val: true") +
      "library { " + function("neg", node("n", "Neg", "b", "", "node_def"), "n:y:0") + function("same", "", "a") + "}" +
      node("y", "If", "c x x",
           "then_branch { func { name: 'neg' } };else_branch { func { name: 'same' } };Tout { list { type: DT_FLOAT } }");
  ReadResult r = read(graph);
  ASSERT_EQ(r.errors(), "");
  EXPECT_EQ(body(r, "y", "then_branch"), "(- argument1) argument1() y/n(argument1) -> y/n");
  EXPECT_EQ(body(r, "y", "else_branch"), "(argument0 -) argument0() -> argument0");
}

TEST(ReaderLoops, FunctionsOfBranchesAreChecked) {
  auto errors = [](const std::string &library, const std::string &operands = "c x x") {
    return read(placeholder("x") + constant("c") + "library { " + library + "}" +
                node("y", "If", operands,
                     "then_branch { func { name: 'f' } };else_branch { func { name: 'f' } };Tout { list { type: DT_FLOAT } }"))
        .errors();
  };
  EXPECT_EQ(errors(""), "y: runs function 'f', which the file does not define\ny: runs function 'f', which the file does not define");
  EXPECT_EQ(errors(function("f", "", "a"), "c x"), "y: passes 1 arguments to function 'f', which takes 2\n"
                                                   "y: passes 1 arguments to function 'f', which takes 2");
  EXPECT_EQ(errors(function("f", node("n", "If", "a a b", "then_branch { func { name: 'f' } };Tout { list { type: DT_FLOAT } }", "node_def"),
                            "n:output:0")),
            "f: function calls itself: f -> f");
}

} // namespace
} // namespace aotc::tf
