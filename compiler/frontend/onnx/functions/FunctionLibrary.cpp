#include "compiler/frontend/onnx/functions/FunctionLibrary.h"

#include <algorithm>
#include <cassert>

#include "compiler/frontend/onnx/functions/library.pb.h"
#include "compiler/frontend/onnx/reader/Build.h"
#include "google/protobuf/text_format.h"

namespace aotc::onnx {

extern const char *const kLibraryText;

namespace {

struct Body {
  int64_t since;
  std::vector<proto::AttributeCondition> when;
  std::vector<bool> operands; // empty: any
  Function function;
};

using Key = std::pair<std::string, std::string>; // name, domain
using Library = std::map<Key, std::vector<Body>>;

const Library &library() {
  static const Library all = [] {
    Library bodies;
    proto::FunctionLibrary message;
    [[maybe_unused]] bool parsed = google::protobuf::TextFormat::ParseFromString(kLibraryText, &message);
    assert(parsed && "library.txtpb is not what its schema says");
    Decoder decoder("");
    Diagnostics diagnostics;
    for (proto::LibraryBody &entry : *message.mutable_body()) {
      Body body{entry.since_version(), {entry.when().begin(), entry.when().end()},
                {entry.operand().begin(), entry.operand().end()},
                buildFunction(*entry.mutable_function(), decoder, diagnostics)};
      bodies[Key(body.function.name, body.function.domain)].push_back(std::move(body));
    }
    assert(!diagnostics.hasErrors() && "a body in library.txtpb is broken");
    return bodies;
  }();
  return all;
}

bool holds(const proto::AttributeCondition &condition, const Node &node, const Function &function) {
  auto given = node.attrs.find(condition.name());
  if (condition.has_present())
    return condition.present() == (given != node.attrs.end());
  auto byDefault = function.defaults.find(condition.name());
  const Attr *value = given != node.attrs.end()               ? &given->second
                      : byDefault != function.defaults.end() ? &byDefault->second
                                                               : nullptr;
  auto *text = value ? std::get_if<std::string>(value) : nullptr;
  return text && *text == condition.s();
}

bool fits(const Body &body, const Node &node, const std::vector<bool> &present) {
  for (size_t i = 0; i < body.operands.size(); ++i)
    if (body.operands[i] != (i < present.size() && present[i]))
      return false;
  return std::all_of(body.when.begin(), body.when.end(),
                     [&](const auto &condition) { return holds(condition, node, body.function); });
}

} // namespace

const Function *findLibraryFunction(const Node &node, int64_t opset, const std::vector<bool> &present) {
  auto found = library().find(Key(node.op, node.domain));
  if (found == library().end())
    return nullptr;
  const Function *best = nullptr;
  for (const Body &body : found->second) // oldest first
    if (body.since <= opset && fits(body, node, present))
      best = &body.function;
  return best;
}

std::vector<LibraryOp> libraryOps() {
  std::vector<LibraryOp> ops;
  for (const auto &[key, bodies] : library())
    ops.push_back({key.second, key.first, bodies.front().since});
  return ops;
}

} // namespace aotc::onnx
