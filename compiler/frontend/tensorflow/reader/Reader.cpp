#include "compiler/frontend/tensorflow/reader/Reader.h"

#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/reader/Assemble.h"
#include "compiler/frontend/tensorflow/reader/Load.h"

namespace aotc::tf {
namespace {

absl::StatusOr<Model> finish(absl::StatusOr<GraphDefPtr> graphDef, const std::string &path,
                             const ReadOptions &options, Diagnostics &diagnostics) {
  if (!graphDef.ok()) {
    diagnostics.error("", "", std::string(graphDef.status().message()));
    return absl::Status(graphDef.status().code(), absl::StrCat(path, ": ", graphDef.status().message()));
  }
  std::optional<Model> model = buildModel(*graphDef, options, diagnostics);
  if (model) {
    model->graph.path = path;
    return std::move(*model);
  }
  const Diagnostic &first = diagnostics.errors().front();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", first.node, first.node.empty() ? "" : ": ", first.message));
}

} // namespace

std::optional<Model> buildModel(const GraphDefPtr &graphDef, const ReadOptions &options, Diagnostics &diagnostics) {
  // Each step needs what the one before has checked.
  auto errorCount = [&] { return diagnostics.errors().size() + diagnostics.droppedErrors(); };
  const size_t before = errorCount();
  Scope scope(*graphDef);
  Library library(*graphDef, diagnostics, &options.declaredOutputs);
  bool resolved = scope.resolve(diagnostics);
  bool calls = library.checkCalls(scope);
  if (!resolved || !calls || errorCount() != before)
    return std::nullopt;
  Selection selection = select(scope, library, options, diagnostics);
  if (errorCount() != before)
    return std::nullopt;
  std::optional<FlatGraph> flat = flatten(scope, library, selection, diagnostics);
  if (!flat)
    return std::nullopt;
  return assemble(graphDef, scope, selection, std::move(*flat), diagnostics);
}

absl::StatusOr<Model> readGraph(const std::string &path, const ReadOptions &options,
                                Diagnostics &diagnostics) {
  return finish(loadGraphDef(path), path, options, diagnostics);
}

absl::StatusOr<Model> parseGraph(absl::string_view bytes, const std::string &path, const ReadOptions &options,
                                 Diagnostics &diagnostics) {
  return finish(parseGraphDef(bytes), path, options, diagnostics);
}

} // namespace aotc::tf
