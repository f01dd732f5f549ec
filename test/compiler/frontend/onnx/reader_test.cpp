// The reader: names, order, what is left out, and all problems at once.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "test/compiler/frontend/onnx/testing.h"

namespace aotc::onnx {
namespace {

struct Read {
  explicit Read(const std::string &graph, ReadOptions options = {}, const std::string &path = "m.onnx") {
    auto result = parseModel(bytesOf(graph), path, options, diagnostics);
    if (result.ok())
      model = *std::move(result);
  }
  std::string errors() const { return describe(diagnostics); }
  std::string ops() const {
    return absl::StrJoin(model.graph.nodes, " ", [](std::string *out, const Node &n) { absl::StrAppend(out, n.op); });
  }
  std::string inputs() const {
    return absl::StrJoin(model.inputs, " ", [](std::string *out, const InputInfo &i) { absl::StrAppend(out, i.name); });
  }

  Diagnostics diagnostics;
  Model model;
};

TEST(OnnxReader, OrdersAndPrunes) {
  Read r(node("Neg", "a", "y") + node("Abs", "x", "a") + node("Bad", "x", "unused") + input("x", "2,3") + output("y"));
  EXPECT_EQ(r.errors(), "");
  EXPECT_EQ(r.ops(), "Abs Neg");
  EXPECT_EQ(r.model.graph.nodes[0].name, "a"); // of its first output
}

TEST(OnnxReader, ListsAllProblems) {
  Read r(node("Add", "x,z", "y") + node("Neg", "inptu", "w") + node("Abs", "x", "y") + input("x", "2") + output("y") +
         output("w") + output("v"));
  EXPECT_EQ(r.errors(), "y (Abs): output 'y' is defined twice; names of values must differ\n"
                        "v: there is no value of this name to be an output\n"
                        "y (Add): input 'z' is not defined\n"
                        "w (Neg): input 'inptu' is not defined");
}

TEST(OnnxReader, ReportsCycles) {
  Read r(node("Add", "x,b", "a") + node("Neg", "a", "b") + input("x", "2") + output("b"));
  EXPECT_EQ(r.errors(), "a (Add): the graph has a cycle through this node");
}

TEST(OnnxReader, InitializersAreNoInputs) {
  Read r(node("Add", "x,c", "y") + input("x", "2") + input("c", "2", kInt64) + ints("c", {1, 2}) + output("y"));
  EXPECT_EQ(r.inputs(), "x");
  ASSERT_EQ(r.model.graph.initializers.size(), 1u);
}

TEST(OnnxReader, DeclaredInputsStayUnlessOutputsAreChosen) {
  std::string graph = node("Neg", "x", "y") + node("Neg", "z", "w") + input("x", "2") + input("z", "2") +
                      input("spare", "2") + output("y") + output("w");
  EXPECT_EQ(Read(graph).inputs(), "x z spare");
  EXPECT_EQ(Read(graph, {{"y"}, {}}).inputs(), "x");
}

TEST(OnnxReader, CutsAtValues) {
  Read r(node("Neg", "x", "h:0") + node("Abs", "h:0", "y") + input("x", "2") + output("y"), {{}, {"h"}});
  EXPECT_EQ(r.errors(), "");
  EXPECT_EQ(r.ops(), "Abs");
  EXPECT_EQ(r.inputs(), "h:0");
  EXPECT_EQ(Read(node("Neg", "x", "y") + input("x", "2") + output("y"), {{"z"}, {"yy"}}).errors(),
            "yy: the graph has no value of this name to be an input; did you mean 'y'?\n"
            "z: the graph has no value of this name to be an output");
}

TEST(OnnxReader, NamesOfDimensions) {
  Read r(node("Neg", "x", "y") + input("x", "batch,3,unk__12,None,dynamic,DynamicDimension.3,0") + output("y"));
  const InputInfo &x = r.model.inputs[0];
  EXPECT_EQ(*x.shape, (std::vector<int64_t>{-1, 3, -1, -1, -1, -1, -1}));
  EXPECT_EQ(x.symbols, (std::vector<std::string>{"batch", "", "", "", "", "", ""}));
}

TEST(OnnxReader, GraphsInNodesCaptureNames) {
  std::string inner = "attribute { name: 'then_branch' type: GRAPH g { " + node("Add", "x,late", "s") + output("s") +
                      " } }";
  Read r(node("If", "c", "y", inner) + node("Neg", "x", "late") + input("x", "2") + input("c", "", kBool8) +
         output("y"));
  EXPECT_EQ(r.errors(), "");
  EXPECT_EQ(r.ops(), "Neg If");
  auto body = std::get<std::shared_ptr<const Graph>>(r.model.graph.nodes[1].attrs.at("then_branch"));
  EXPECT_EQ(body->captures.size(), 2u);
  EXPECT_EQ(r.model.graph.values[body->captures[1].outer], "late");
}

TEST(OnnxReader, Tensors) {
  Read r("initializer { name: 'i4' data_type: 22 dims: 3 raw_data: '\\x9f\\x07' } "
         "initializer { name: 'f' data_type: 1 dims: 2 float_data: 1 } "
         "initializer { name: 's' data_type: 8 dims: 1 } "
         "sparse_initializer { dims: [2,2] values { name: 'sp' data_type: 1 dims: 1 float_data: 5 } "
         "indices { data_type: 7 dims: [1,2] int64_data: [1,0] } } " +
         output("i4") + output("f") + output("s") + output("sp"));
  EXPECT_EQ(r.errors(), "f: the initializer lists 1 values for FLOAT[2], which takes 2\n"
                        "s: the initializer holds STRING elements, which are not supported");
  const auto &codes = std::get<TypedTensor>(r.model.graph.initializers[0].content);
  EXPECT_EQ(codes.tensor.i(0), -1);
  EXPECT_EQ(codes.tensor.i(1), -7);
  EXPECT_EQ(codes.tensor.i(2), 7);
  EXPECT_EQ(std::get<TypedTensor>(r.model.graph.initializers[3].content).tensor.f(2), 5);
}

TEST(OnnxReader, ExternalDataStaysInTheFolder) {
  namespace fs = std::filesystem;
  fs::path folder = fs::temp_directory_path() / absl::StrCat("aotc-onnx-", getpid());
  fs::create_directories(folder / "sub");
  std::ofstream(folder / "w.bin", std::ios::binary) << std::string(12, '\0') + std::string("\0\0\x80?", 4);
  fs::create_symlink("w.bin", folder / "link.bin");
  fs::create_directory_symlink("sub", folder / "sublink");
  std::ofstream(folder / "sub" / "hard.bin") << "0123456789abcdef";
  fs::create_hard_link(folder / "sub" / "hard.bin", folder / "sub" / "hard2.bin");
  auto error = [&](const std::string &location, const std::string &more = "") {
    Read r("initializer { name: 'w' data_type: 1 dims: 1 data_location: EXTERNAL external_data { key: 'location' value: '" +
               location + "' } " + more + " } " + output("w"),
           {}, (folder / "m.onnx").string());
    return r.errors();
  };
  std::string at12 = "external_data { key: 'offset' value: '12' } external_data { key: 'length' value: '4' }";
  EXPECT_EQ(error("w.bin", at12), "");
  EXPECT_NE(error("w.bin", "external_data { key: 'offset' value: '13' }").find("lie past its end"), std::string::npos);
  for (const char *location : {"/etc/passwd", "../w.bin", "link.bin", "sublink/hard.bin", "sub/hard.bin", "sub", "none"})
    EXPECT_NE(error(location), "") << location;
  fs::remove_all(folder);
}

TEST(OnnxReader, RefusesWhatIsNoModel) {
  Diagnostics diagnostics;
  EXPECT_FALSE(parseModel("", "m", {}, diagnostics).ok());
  EXPECT_FALSE(parseModel(std::string("\x08\x08\x42\x02\x10\x14", 6), "m", {}, diagnostics).ok());
  EXPECT_TRUE(isOnnxModel(bytesOf(output("x"))));
  EXPECT_FALSE(isOnnxModel("node { }"));
}

} // namespace
} // namespace aotc::onnx
