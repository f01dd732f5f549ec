// Choice of inputs and outputs, and what is wrong with graphs.
#include "compiler/frontend/common/NearestName.h"
#include "test/compiler/frontend/tensorflow/reader_testing.h"

#include "gtest/gtest.h"

namespace aotc::tf {
namespace {

TEST(Reader, KeepsWhatOutputsNeedInOrder) {
  // The consumer comes first in the file; the second placeholder and the
  // control input do not matter.
  ReadResult r = read(node("y", "Relu", "sum ^done") + node("sum", "Add", "x:0 c") + placeholder("unused") +
                      placeholder("x") + constant("c") + node("done", "NoOp"));
  EXPECT_EQ(r.errors(), "");
  EXPECT_EQ(r.nodes(), "x() c() sum(x c) y(sum)");
  EXPECT_EQ(r.inputs(), "x");
  EXPECT_EQ(r.outputs(), "y=y");
  EXPECT_EQ(*r.model->inputs[0].shape, (std::vector<int64_t>{-1, 4}));
  EXPECT_EQ(nameOf(r.model->inputs[0].type), "DT_FLOAT");
}

TEST(Reader, DefaultInputsAreInFileOrder) {
  ReadResult r = read(placeholder("b") + placeholder("a") + node("y", "Sub", "a b"));
  EXPECT_EQ(r.inputs(), "b a");
}

TEST(Reader, DefaultOutputsLeaveOutTrainingAndConstants) {
  ReadResult r =
      read(placeholder("x") + constant("w") + node("w/read", "Identity", "w") + node("y", "Mul", "x w") +
           node("z", "Neg", "x") + node("save", "SaveV2", "w w w w") + node("a", "Assign", "w w") +
           node("s", "ScalarSummary", "w w") + node("check", "Assert", "w"));
  EXPECT_EQ(r.outputs(), "y=y z=z");
}

TEST(Reader, BookkeepingDoesNotHideTheOnlyOutput) {
  ReadResult r = read(placeholder("x") + node("y", "Neg", "x") + node("s", "HistogramSummary", "y y"));
  EXPECT_EQ(r.outputs(), "y=y");
}

TEST(Reader, AConstantGraphHasAnOutput) {
  EXPECT_EQ(read(constant("c") + node("y", "Identity", "c")).outputs(), "y=y");
  EXPECT_EQ(read(node("n", "NoOp")).errors(), "the graph has no outputs: all its nodes are consumed, or "
                                              "serve training only [choose with --output NAME]");
}

TEST(Reader, EveryPortOfALeafIsAnOutput) {
  ReadResult r =
      read(placeholder("x") + constant("k", "dtype: DT_INT32 int_val: 2") + node("t", "TopKV2", "x k") +
           node("s", "Split", "k x", "num_split { i: 3 }") + node("b", "FusedBatchNormV3", "x k k k k"));
  EXPECT_EQ(r.outputs(), "t=t t:1=t:1 s=s s:1=s:1 s:2=s:2 b=b");
}

TEST(Reader, NamedOutputs) {
  std::string graph = placeholder("x") + node("a", "Neg", "x") + node("s", "Unpack", "a", "num { i: 2 }") +
                      node("y", "Neg", "s:1");
  EXPECT_EQ(read(graph, {{"s:1", "a:0", "x"}, {}}).outputs(), "s:1=s:1 a=a x=x");
  EXPECT_EQ(read(graph, {{"s:2"}, {}}).errors(), "s: has no output 2; it has 2");
  EXPECT_EQ(read(graph, {{"^a", "q", "yy"}, {}}).errors(),
            "output '^a' is not a tensor name [names look like node, node:0 or node:1]\n"
            "output 'q': the graph has no such node\n"
            "output 'yy': the graph has no such node [did you mean 'y'?]");
}

TEST(Reader, NamesAreFoundByTheirLastPart) {
  EXPECT_EQ(nearestName("softmax", {"model/dense/Softmax", "model/softplus"}), "model/dense/Softmax");
  EXPECT_EQ(nearestName("conv2d_imput", {"conv2d_input", "dense"}), "conv2d_input");
  EXPECT_EQ(nearestName("completely", {"different"}), "");
}

TEST(Reader, InputsCutAnywhere) {
  std::string graph = placeholder("x") +
                      node("s", "Split", "x x", "num_split { i: 2 };T { type: DT_DOUBLE }") +
                      node("y", "Sub", "s s:1") + node("z", "Less", "y y");
  ReadResult r = read(graph, {{}, {"s:1"}});
  EXPECT_EQ(r.nodes(), "x() s(x x) s:1() y(s s:1) z(y y)");
  EXPECT_EQ(r.inputs(), "x s:1");
  EXPECT_TRUE(r.model->inputs[1].named);
  EXPECT_EQ(nameOf(r.model->inputs[1].type), "DT_DOUBLE");
  EXPECT_FALSE(r.model->inputs[1].shape);

  r = read(graph, {{}, {"y:0"}});
  EXPECT_EQ(r.nodes(), "y() z(y y)");
  EXPECT_EQ(r.model->graph.nodes[0].op, "Placeholder");
  r = read(graph, {{"z"}, {"z", "x"}});
  EXPECT_EQ(r.nodes(), "z()");
  EXPECT_EQ(nameOf(r.model->inputs[0].type), "DT_BOOL");
  EXPECT_EQ(r.notes(), "x: no output depends on this input; it is ignored");
  EXPECT_EQ(read(graph, {{}, {"y", "y:0"}}).errors(), "y: is named twice as an input");
  EXPECT_EQ(read(graph, {{}, {"yy"}}).errors(), "input 'yy': the graph has no such node [did you mean 'y'?]");
}

TEST(Reader, PlaceholderWithDefaultIsAnInputOnlyWhenNamed) {
  std::string graph = constant("c") + node("p", "PlaceholderWithDefault", "c", "dtype { type: DT_FLOAT }") +
                      node("y", "Neg", "p");
  EXPECT_EQ(read(graph).inputs(), "");
  EXPECT_EQ(read(graph, {{}, {"p"}}).inputs(), "p");
}

TEST(Reader, CutsTakeTheRecordedShape) {
  ReadResult r =
      read(placeholder("x") + node("a", "Neg", "x", "_output_shapes { list { shape { dim { size: 7 } } } }") +
               node("y", "Neg", "a"),
           {{}, {"a"}});
  EXPECT_EQ(*r.model->inputs[0].shape, std::vector<int64_t>{7});
}

TEST(Reader, RankZeroPlaceholdersOfOldProducersAreUnknown) {
  std::string graph =
      node("x", "Placeholder", "", "dtype { type: DT_FLOAT };shape { shape { } }") + node("y", "Neg", "x");
  EXPECT_FALSE(read(graph + "versions { producer: 21 }").model->inputs[0].shape);
  EXPECT_TRUE(read(graph + "versions { producer: 440 }").model->inputs[0].shape);
}

TEST(Reader, CollectsAllProblems) {
  ReadResult r = read(node("a", "Neg", "gone") + node("a", "Neg", "a:x") + node("b", "Neg", "^") +
                      node("", "Neg", "a") + node("c", "", "a") + node("p", "Add", "q a") +
                      node("q", "Neg", "p") + node("self", "Neg", "self"));
  EXPECT_EQ(r.errors(), "a: another node has the same name\n"
                        "node number 3 has no name\n"
                        "c: has no operation\n"
                        "a: input 'gone' leads to no node of that name\n"
                        "a: input 'a:x' is malformed\n"
                        "b: input '^' is malformed\n"
                        "p: is part of a cycle: p -> q -> p\n"
                        "self: is part of a cycle: self -> self");
}

TEST(Reader, MalformedInputs) {
  for (const char *input : {":0", "x:", "x:-1", "x:1x", "x:99999999999", "^x:1", "x: 1"})
    EXPECT_NE(read(placeholder("x") + "node { name: 'y' op: 'Neg' input: '" + input + "' }").errors(), "")
        << input;
}

TEST(Reader, CyclesThroughControlEdgesAndUnneededNodes) {
  EXPECT_EQ(read(placeholder("x") + node("y", "Neg", "x") + node("a", "NoOp", "^b") + node("b", "NoOp", "^a"))
                .errors(),
            "a: is part of a cycle: a -> b -> a");
  std::string ring;
  for (int i = 0; i < 20; ++i)
    ring += node(absl::StrCat("n", i), "Neg", absl::StrCat("n", (i + 19) % 20));
  EXPECT_EQ(read(ring).errors(),
            "n0: is part of a cycle: n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> n6 -> n7 -> ... -> n0");
}

TEST(Reader, PortsBeyondTheLast) {
  std::string graph =
      placeholder("x") + node("t", "TopKV2", "x x") + node("y", "Add", "t:1 x:1") + node("z", "Neg", "t:2");
  EXPECT_EQ(read(graph).errors(), "y: takes output 1 of node 'x' (Placeholder), which has 1 unless --custom-op declares more\n"
                                  "z: takes output 2 of node 't' (TopKV2), which has 2");
  EXPECT_EQ(read(placeholder("x") + node("s", "Split", "x x") + node("y", "Neg", "s")).errors(),
            "y: the number of outputs of node 's' (Split) is not known");
}

TEST(Reader, ImpossibleShapes) {
  auto graph = [](const std::string &dims) {
    return node("x", "Placeholder", "", "dtype { type: DT_FLOAT };shape { shape { " + dims + " } }") +
           node("y", "Neg", "x");
  };
  EXPECT_EQ(read(graph("dim { size: -7 }")).errors(), "x: has the impossible shape [-7]");
  EXPECT_EQ(read(graph("dim { size: 4611686018427387904 } dim { size: 16 }")).errors(),
            "x: has the impossible shape [4611686018427387904,16]");
}

TEST(Reader, MessagesAreOneLine) {
  EXPECT_EQ(read(node("a\\n\\033[1m", "Neg", "b\\tc")).errors(),
            "a\\x0a\\x1b[1m: input 'b\\x09c' leads to no node of that name");
  EXPECT_LT(read(node("a", "Neg", std::string(100000, 'b'))).errors().size(), 2000u);
}

TEST(Reader, LongChains) {
  std::string graph = placeholder("n0");
  const int kNodes = 300000;
  for (int i = 1; i <= kNodes; ++i)
    absl::StrAppend(&graph, "node{name:'n", i, "'op:'Neg'input:'n", i - 1, "'}");
  ReadResult r = read(graph);
  ASSERT_TRUE(r.model) << r.errors();
  EXPECT_EQ(r.model->graph.nodes.size(), kNodes + 1u);
  EXPECT_EQ(r.outputs(), absl::StrCat("n", kNodes, "=n", kNodes));
}

} // namespace
} // namespace aotc::tf
