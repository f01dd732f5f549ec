// Graphs in short form for tests of the reader.
#ifndef AOTC_TEST_COMPILER_FRONTEND_TENSORFLOW_READER_TESTING_H
#define AOTC_TEST_COMPILER_FRONTEND_TENSORFLOW_READER_TESTING_H

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "compiler/frontend/tensorflow/reader/Reader.h"

namespace aotc::tf {

// A node in text form; `inputs` are separated by spaces, `attrs` are
// "key { value }" separated by semicolons.
inline std::string node(const std::string &name, const std::string &op, const std::string &inputs = "",
                        const std::string &attrs = "", const std::string &field = "node") {
  std::string text = absl::StrCat(field, " { name: '", name, "' op: '", op, "'");
  for (absl::string_view input : absl::StrSplit(inputs, ' ', absl::SkipEmpty()))
    absl::StrAppend(&text, " input: '", input, "'");
  for (absl::string_view attr : absl::StrSplit(attrs, ';', absl::SkipEmpty())) {
    std::pair<std::string, std::string> parts = absl::StrSplit(attr, absl::MaxSplits(' ', 1));
    absl::StrAppend(&text, " attr { key: '", parts.first, "' value ", parts.second, " }");
  }
  return text + " }\n";
}

inline std::string placeholder(const std::string &name) {
  return node(name, "Placeholder", "",
              "dtype { type: DT_FLOAT };shape { shape { dim { size: -1 } dim { size: 4 } } }");
}
inline std::string constant(const std::string &name,
                            const std::string &tensor = "dtype: DT_FLOAT float_val: 1") {
  return node(name, "Const", "", absl::StrCat("value { tensor { ", tensor, " tensor_shape { } } }"));
}

struct ReadResult {
  std::optional<Model> model;
  Diagnostics diagnostics;

  // "name(input input:1)" a node, in order
  std::string nodes() const { return model ? text(model->graph.nodes) : "none"; }
  // "(arguments) nodes -> results" of a body: arguments are "argument0", unless nothing needs them.
  static std::string text(const Body &body) {
    std::vector<Node> nodes = body.nodes;
    std::vector<std::string> arguments, results;
    for (size_t i = 0; i < body.arguments.size(); ++i) {
      arguments.push_back(body.arguments[i] < 0 ? "-" : absl::StrCat("argument", i));
      if (body.arguments[i] >= 0)
        nodes[body.arguments[i]].name = arguments.back();
    }
    for (Edge edge : body.results)
      results.push_back(at(nodes, edge));
    return absl::StrCat("(", absl::StrJoin(arguments, " "), ") ", text(nodes), " -> ", absl::StrJoin(results, " "));
  }
  std::string inputs() const {
    return model ? absl::StrJoin(model->inputs, " ",
                                 [](std::string *out, const InputInfo &i) { *out += i.name; })
                 : "none";
  }
  // "name=node:port" an output
  std::string outputs() const {
    return model ? absl::StrJoin(model->outputs, " ",
                                 [this](std::string *out, const OutputInfo &o) {
                                   absl::StrAppend(out, o.name, "=", at(model->graph.nodes, o.edge));
                                 })
                 : "none";
  }
  // "node: message [remedy]" an error
  std::string errors() const { return text(diagnostics.errors()); }
  std::string notes() const { return text(diagnostics.notes()); }
  const Attr &attr(const std::string &node, const std::string &attr) const {
    for (const Node &n : model->graph.nodes)
      if (n.name == node)
        return n.attrs.at(attr);
    static const Attr none;
    return none;
  }

private:
  static std::string text(const std::vector<Node> &nodes) {
    return absl::StrJoin(nodes, " ", [&](std::string *out, const Node &n) {
      absl::StrAppend(out, n.name, "(", absl::StrJoin(n.inputs, " ", [&](std::string *to, Edge edge) { *to += at(nodes, edge); }), ")");
    });
  }
  static std::string at(const std::vector<Node> &nodes, Edge edge) {
    const std::string &name = nodes[edge.node].name;
    return edge.port ? absl::StrCat(name, ":", edge.port) : name;
  }
  static std::string text(const std::vector<Diagnostic> &list) {
    return absl::StrJoin(list, "\n", [](std::string *out, const Diagnostic &d) {
      absl::StrAppend(out, d.node, d.node.empty() ? "" : ": ", d.message, d.remedy.empty() ? "" : " [",
                      d.remedy, d.remedy.empty() ? "" : "]");
    });
  }
};

inline ReadResult read(const std::string &graph, const ReadOptions &options = {}) {
  ReadResult result;
  absl::StatusOr<Model> model = parseGraph(graph, "test", options, result.diagnostics);
  if (model.ok())
    result.model = *std::move(model);
  return result;
}

} // namespace aotc::tf
#endif
