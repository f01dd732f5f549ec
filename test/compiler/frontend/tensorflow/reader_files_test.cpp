// Files: binary and text, damaged ones, real ones.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/match.h"
#include "compiler/frontend/tensorflow/proto/graph.pb.h"
#include "google/protobuf/text_format.h"
#include "test/compiler/frontend/tensorflow/reader_testing.h"

#include "gtest/gtest.h"

namespace aotc::tf {
namespace {

namespace fs = std::filesystem;

const std::string kGraph = placeholder("x") + constant("c") + node("y", "Mul", "x c");

std::string binary(const std::string &text) {
  proto::GraphDef graph;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &graph));
  return graph.SerializeAsString();
}

ReadResult readFile(const std::string &path) {
  ReadResult result;
  absl::StatusOr<Model> model = readGraph(path, {}, result.diagnostics);
  EXPECT_EQ(model.ok(), result.diagnostics.errors().empty());
  if (model.ok())
    result.model = *std::move(model);
  else
    EXPECT_TRUE(absl::StartsWith(model.status().message(), path + ": ")) << model.status();
  return result;
}

ReadResult readBytes(const std::string &bytes) {
  std::string path = testing::TempDir() + "/aotc_reader_test.pb";
  std::ofstream(path, std::ios::binary) << bytes;
  ReadResult result = readFile(path);
  fs::remove(path);
  return result;
}

TEST(ReaderFiles, BinaryAndTextAreToldApartByContent) {
  std::string expected = "x() c() y(x c)";
  EXPECT_EQ(readBytes(kGraph).nodes(), expected);
  EXPECT_EQ(readBytes("\n\n# a comment in UTF-8: \xc3\xa4\n" + kGraph).nodes(), expected);
  EXPECT_EQ(readBytes(binary(kGraph)).nodes(), expected);
}

TEST(ReaderFiles, ALongNameDoesNotLookLikeText) {
  for (size_t length : {10, 70, 100, 120, 2000, 20000})
    EXPECT_EQ(readBytes(binary(node(std::string(length, 'a'), "Neg", "x") + placeholder("x"))).errors(), "")
        << length;
}

TEST(ReaderFiles, UnknownFieldsAreAllowed) {
  EXPECT_EQ(readBytes(kGraph + "debug_info { files: 'a.py' }\nfuture: 3\n").errors(), "");
  EXPECT_EQ(readBytes(binary(kGraph) + std::string("\x9a\x06\x02hi")).errors(), "");
}

TEST(ReaderFiles, WhatIsNoGraph) {
  EXPECT_EQ(readBytes("").errors(), "is empty");
  EXPECT_EQ(readBytes(std::string(64, '\0')).errors(),
            "is not a TensorFlow graph, or is damaged: the protocol buffer does not parse");
  EXPECT_EQ(readBytes(std::string("\x08\x01\x12\x7f\x00", 5)).errors(),
            "is not a TensorFlow graph; a SavedModel, which is given as a folder, or an ONNX model perhaps");
  EXPECT_EQ(readBytes("hello world").errors(),
            "is not a TensorFlow graph in text form: line 1, column 7: Expected \"{\", found \"world\".");
  EXPECT_EQ(readBytes("versions { producer: 21 }").errors(), "is not a TensorFlow graph: it has no nodes");
  EXPECT_EQ(readFile("/nonexistent/model.pb").errors(), "cannot be read: No such file or directory");
  EXPECT_EQ(readFile(testing::TempDir()).errors(),
            "is a directory; a model's file is needed");
}

TEST(ReaderFiles, DeepNestingIsRefused) {
  std::string text = "node { name: 'y' op: 'Neg' attr { key: 'a' value { ";
  std::string tail = " } } }";
  for (int i = 0; i < 100000; ++i) {
    text += "func { attr { key: 'a' value { ";
    tail += " } } }";
  }
  EXPECT_FALSE(readBytes(text + tail).model);
  proto::GraphDef graph;
  proto::AttrValue *value = &(*graph.add_node()->mutable_attr())["a"];
  for (int i = 0; i < 200; ++i)
    value = &(*value->mutable_func()->mutable_attr())["a"];
  EXPECT_FALSE(readBytes(graph.SerializeAsString()).model);
}

TEST(ReaderFiles, EveryTruncationIsRefusedOrRead) {
  std::string bytes = binary(kGraph);
  for (size_t size = 0; size < bytes.size(); ++size) {
    ReadResult r = readBytes(bytes.substr(0, size));
    EXPECT_TRUE(r.model || !r.errors().empty()) << size;
  }
}

TEST(ReaderFiles, RandomBytes) {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char &c : bytes)
      c = static_cast<char>(random());
    EXPECT_FALSE(readBytes(bytes).errors().empty());
  }
}

TEST(ReaderFiles, TooManyNodes) {
  std::string bytes;
  for (int i = 0; i < (1 << 22) + 1; ++i)
    bytes.append("\x0a\x00", 2);
  EXPECT_EQ(readBytes(bytes).errors(), "has more than 4194304 nodes");
}

// The names of inputs and outputs in io.json are the default ones.
TEST(ReaderFiles, RealGraphs) {
  const char *given = std::getenv("AOTC_MODELS");
  fs::path folder = given ? given : AOTC_SHARED_MODELS;
  if (!fs::is_directory(folder))
    GTEST_SKIP() << "no models in " << folder;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder)) {
    if (!fs::exists(entry.path() / "model.pb"))
      continue;
    SCOPED_TRACE(entry.path().string());
    ReadResult r = readFile((entry.path() / "model.pb").string());
    ASSERT_TRUE(r.model) << r.errors();
    for (const Node &node : r.model->graph.nodes)
      for (const auto &[name, attr] : node.attrs)
        if (const auto *bad = std::get_if<BadTensor>(&attr))
          ADD_FAILURE() << node.name << "." << name << " " << bad->reason;
    std::ifstream file(entry.path() / "io.json");
    std::stringstream json;
    json << file.rdbuf();
    for (const InputInfo &input : r.model->inputs)
      EXPECT_TRUE(absl::StrContains(json.str(), "\"" + input.name)) << input.name;
    for (const OutputInfo &output : r.model->outputs)
      EXPECT_TRUE(absl::StrContains(json.str(), "\"" + output.name)) << output.name;
  }
}

} // namespace
} // namespace aotc::tf
