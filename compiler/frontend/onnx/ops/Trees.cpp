// Family Trees (ai.onnx.ml): ensembles of decision trees. All trees go down a level at a time.
#include "compiler/frontend/onnx/ops/MlScores.h"

#include <cmath>
#include <map>

namespace aotc::onnx {
namespace {

using nn::BinaryFn;
using nn::CompareFn;

enum class Mode : uint8_t { LessEqual, Less, GreaterEqual, Greater, Equal, NotEqual, Member, Leaf };

// Nodes of all trees; a leaf goes to itself.
struct Forest {
  struct Node {
    int64_t feature = 0;
    double split = 0;
    Mode mode = Mode::Leaf;
    int64_t onTrue = 0, onFalse = 0;
    bool missingIsTrue = false;
    std::vector<double> members; // of Mode::Member
  };
  struct Weight {
    int64_t node, target;
    double value;
  };
  std::vector<Node> nodes;
  std::vector<int64_t> roots;
  std::vector<Weight> weights; // of leaves
  int64_t targets = 0;
};

constexpr int64_t kMaxDepth = 512; // levels; each becomes operations of its own
constexpr int64_t kMaxTable = int64_t(1) << 24;

// The longest way down, or nullopt: some way is longer than any sensible one, or goes round.
std::optional<int64_t> depthOf(const Forest &forest) {
  std::vector<int64_t> level(forest.nodes.size(), -1), open(forest.roots);
  int64_t deepest = 0;
  size_t visited = 0;
  std::vector<int64_t> depths(open.size(), 0);
  while (!open.empty()) {
    int64_t node = open.back(), depth = depths.back();
    open.pop_back();
    depths.pop_back();
    // A tree has no two ways to a node.
    if (depth > kMaxDepth || ++visited > forest.nodes.size())
      return std::nullopt;
    deepest = std::max(deepest, depth);
    const Forest::Node &n = forest.nodes[node];
    if (n.mode == Mode::Leaf)
      continue;
    open.insert(open.end(), {n.onTrue, n.onFalse});
    depths.insert(depths.end(), {depth + 1, depth + 1});
  }
  return deepest;
}

bool isConsistent(const Forest &forest, int64_t features) {
  auto isNode = [&](int64_t i) { return i >= 0 && i < static_cast<int64_t>(forest.nodes.size()); };
  for (const Forest::Node &n : forest.nodes)
    if (n.mode != Mode::Leaf && (!isNode(n.onTrue) || !isNode(n.onFalse) || n.feature < 0 || n.feature >= features))
      return false;
  for (int64_t root : forest.roots)
    if (!isNode(root))
      return false;
  for (const Forest::Weight &w : forest.weights)
    if (!isNode(w.node) || w.target < 0 || w.target >= forest.targets)
      return false;
  return !forest.roots.empty() && forest.targets > 0 && features > 0;
}

// Numbers of all nodes, looked up by node.
class Tables {
public:
  Tables(ImportBuilder &b, const Forest &forest) : b(b), forest(forest) {}

  template <typename Field> Value look(DType type, Value node, Field field) {
    Tensor table(type, Shape{static_cast<int64_t>(forest.nodes.size())});
    for (size_t i = 0; i < forest.nodes.size(); ++i)
      table.setF(i, static_cast<double>(field(forest.nodes[i])));
    return b.gather(b.constant(table), node, 0);
  }
  Value isMode(Value node, Mode mode) {
    return b.compare(CompareFn::Ne, look(DType::I32, node, [&](const Forest::Node &n) { return n.mode == mode; }), 0);
  }
  // Whether `x` is one of the members of its node.
  Value isMember(Value node, Value x) {
    size_t most = 1;
    for (const Forest::Node &n : forest.nodes)
      most = std::max(most, n.members.size());
    int64_t width = most, count = forest.nodes.size();
    if (count > kMaxTable / width)
      return b.error("has too many members");
    Tensor table(ImportBuilder::dtype(x), Shape{count, width});
    for (int64_t i = 0; i < count; ++i)
      for (int64_t k = 0; k < width; ++k) { // nothing equals NaN
        const auto &members = forest.nodes[i].members;
        table.setF(i * width + k, k < static_cast<int64_t>(members.size()) ? members[k] : std::nan(""));
      }
    Value same = b.compare(CompareFn::Eq, b.gather(b.constant(table), node, 0), b.expandDims(x, 2));
    return b.reduce(nn::ReduceFn::Any, same, {2}, false);
  }

private:
  ImportBuilder &b;
  const Forest &forest;
};

Value goesTrue(ImportBuilder &b, Tables &tables, const Forest &forest, Value node, Value x) {
  static constexpr CompareFn kCompare[] = {CompareFn::Le, CompareFn::Lt, CompareFn::Ge,
                                           CompareFn::Gt, CompareFn::Eq, CompareFn::Ne};
  std::map<Mode, size_t> modes;
  bool anyMissing = false;
  for (const Forest::Node &n : forest.nodes) {
    if (n.mode != Mode::Leaf)
      ++modes[n.mode];
    anyMissing |= n.missingIsTrue;
  }
  Value split = tables.look(ImportBuilder::dtype(x), node, [](const Forest::Node &n) { return n.split; }), result;
  for (auto [mode, count] : modes) {
    Value holds = mode == Mode::Member ? tables.isMember(node, x)
                                       : b.compare(kCompare[static_cast<size_t>(mode)], x, split);
    result = result ? b.select(tables.isMode(node, mode), holds, result) : holds;
  }
  if (anyMissing) {
    Value tracks = b.compare(
        CompareFn::Ne, tables.look(DType::I32, node, [](const Forest::Node &n) { return n.missingIsTrue; }), 0);
    result = b.binary(BinaryFn::Or, result, b.binary(BinaryFn::And, b.unary(nn::UnaryFn::IsNan, x), tracks));
  }
  return result;
}

// What the leaves say together: [batch, targets].
Value aggregate(NodeImport &n, const Forest &forest, Value leaves, DType type, const std::string &how) {
  ImportBuilder &b = n.b;
  int64_t count = forest.nodes.size();
  if (count > kMaxTable / forest.targets)
    return n.error("has too many nodes and targets");
  bool extremum = how == "MIN" || how == "MAX";
  double absent = !extremum ? 0 : how == "MIN" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
  Tensor table(type, Shape{count, forest.targets});
  for (int64_t i = 0; i < table.size(); ++i)
    table.setF(i, absent);
  for (const Forest::Weight &w : forest.weights) {
    int64_t at = w.node * forest.targets + w.target;
    table.setF(at, extremum ? w.value : table.f(at) + w.value);
  }
  Value each = b.gather(b.constant(table), leaves, 0); // [batch, trees, targets]
  nn::ReduceFn fn = how == "MIN" ? nn::ReduceFn::Min : how == "MAX" ? nn::ReduceFn::Max : nn::ReduceFn::Sum;
  Value all = b.reduce(fn, each, {1}, false);
  if (how == "AVERAGE")
    return b.binary(BinaryFn::Div, all, static_cast<double>(forest.roots.size()));
  return extremum ? b.select(b.unary(nn::UnaryFn::IsInf, all), b.scalar(type, 0), all) : all;
}

Value evaluate(NodeImport &n, const Forest &forest, DType type, const std::string &how) {
  ImportBuilder &b = n.b;
  Value x = n.rank(0) == 1 ? b.expandDims(n.in(0), 0) : n.in(0);
  if (ImportBuilder::rank(x) != 2 || !isConsistent(forest, ImportBuilder::shape(x)[1]))
    return n.error("needs features [batch, features] and trees whose nodes fit together");
  auto depth = depthOf(forest);
  if (!depth)
    return n.error("has trees of more than " + llvm::Twine(kMaxDepth) + " levels, or nodes in a circle");
  x = b.cast(x, type);
  int64_t trees = forest.roots.size();
  Value node = b.broadcastTo(b.cast(b.indices(DType::I64, forest.roots), DType::I32), {ImportBuilder::shape(x)[0], trees});
  Tables tables(b, forest);
  for (int64_t level = 0; level < *depth && node; ++level) {
    Value value = b.gather(x, tables.look(DType::I32, node, [](const Forest::Node &n) { return n.feature; }), 1, 1);
    Value onTrue = tables.look(DType::I32, node, [](const Forest::Node &n) { return n.onTrue; });
    Value onFalse = tables.look(DType::I32, node, [](const Forest::Node &n) { return n.onFalse; });
    node = b.select(goesTrue(b, tables, forest, node, value), onTrue, onFalse);
  }
  return aggregate(n, forest, node, type, how);
}

// --- TreeEnsemble of ai.onnx.ml 5

std::optional<Forest> forestOfV5(NodeImport &n) {
  Forest forest;
  DimVector features = n.integers("nodes_featureids"), trueIds = n.integers("nodes_truenodeids");
  DimVector falseIds = n.integers("nodes_falsenodeids"), trueLeafs = n.integers("nodes_trueleafs");
  DimVector falseLeafs = n.integers("nodes_falseleafs"), leafTargets = n.integers("leaf_targetids");
  DimVector tracks = n.integers("nodes_missing_value_tracks_true");
  auto splits = n.tensor("nodes_splits"), modes = n.tensor("nodes_modes"), weights = n.tensor("leaf_weights");
  auto members = n.tensor("membership_values");
  size_t inner = features.size(), leaves = leafTargets.size();
  if (!splits || !modes || !weights || splits->size() != static_cast<int64_t>(inner) ||
      modes->size() != static_cast<int64_t>(inner) || weights->size() != static_cast<int64_t>(leaves) ||
      trueIds.size() != inner || falseIds.size() != inner || trueLeafs.size() != inner || falseLeafs.size() != inner ||
      (!tracks.empty() && tracks.size() != inner)) {
    n.error("has lists of nodes or leaves of different lengths");
    return std::nullopt;
  }
  int64_t member = 0;
  for (size_t i = 0; i < inner; ++i) {
    Forest::Node node;
    node.feature = features[i];
    node.split = splits->f(i);
    int64_t mode = modes->i(i);
    if (mode < 0 || mode >= static_cast<int64_t>(Mode::Leaf)) {
      n.error("has a node of mode " + llvm::Twine(mode));
      return std::nullopt;
    }
    node.mode = static_cast<Mode>(mode);
    auto target = [&](int64_t id, int64_t isLeaf) { return isLeaf && id >= 0 ? id + static_cast<int64_t>(inner) : id; };
    node.onTrue = target(trueIds[i], trueLeafs[i]);
    node.onFalse = target(falseIds[i], falseLeafs[i]);
    node.missingIsTrue = !tracks.empty() && tracks[i] != 0;
    if (node.mode == Mode::Member) // sets in the order of their nodes, NaN between them
      for (; members && member < members->size(); ++member) {
        if (std::isnan(members->f(member))) {
          ++member;
          break;
        }
        node.members.push_back(members->f(member));
      }
    forest.nodes.push_back(std::move(node));
  }
  for (size_t i = 0; i < leaves; ++i) {
    Forest::Node leaf;
    leaf.onTrue = leaf.onFalse = static_cast<int64_t>(inner + i);
    forest.nodes.push_back(leaf);
    forest.weights.push_back({static_cast<int64_t>(inner + i), leafTargets[i], weights->f(i)});
  }
  forest.targets = n.integer("n_targets", 1);
  DimVector roots = n.integers("tree_roots");
  forest.roots.assign(roots.begin(), roots.end());
  return forest;
}

Results treeEnsemble(NodeImport &n) {
  auto forest = forestOfV5(n);
  if (!forest)
    return Value();
  static const std::vector<std::string> how{"AVERAGE", "SUM", "MIN", "MAX"};
  int64_t which = n.integer("aggregate_function", 1), transform = n.integer("post_transform", 0);
  if (which < 0 || which > 3 || transform < 0 || transform > 4)
    return n.error("has an unknown aggregate_function or post_transform");
  return transformScores(n, evaluate(n, *forest, n.dtype(0), how[which]), kPostTransforms[transform]);
}

// --- TreeEnsembleRegressor and TreeEnsembleClassifier

// `what`: "target" or "class".
std::optional<Forest> forestOf(NodeImport &n, const std::string &what, int64_t targets) {
  Forest forest;
  forest.targets = targets;
  DimVector trees = n.integers("nodes_treeids"), ids = n.integers("nodes_nodeids");
  DimVector features = n.integers("nodes_featureids"), trueIds = n.integers("nodes_truenodeids");
  DimVector falseIds = n.integers("nodes_falsenodeids"), tracks = n.integers("nodes_missing_value_tracks_true");
  auto splits = realsOf(n, "nodes_values");
  std::vector<std::string> modes = n.texts("nodes_modes");
  DimVector weightTrees = n.integers(what + "_treeids"), weightNodes = n.integers(what + "_nodeids");
  DimVector weightTargets = n.integers(what + "_ids");
  auto weights = realsOf(n, what + "_weights");
  size_t count = trees.size(), leaves = weightTrees.size();
  if (ids.size() != count || features.size() != count || trueIds.size() != count || falseIds.size() != count ||
      splits.size() != count || modes.size() != count || (!tracks.empty() && tracks.size() != count) ||
      weightNodes.size() != leaves || weightTargets.size() != leaves || weights.size() != leaves) {
    n.error("has lists of nodes or leaves of different lengths");
    return std::nullopt;
  }
  std::map<std::pair<int64_t, int64_t>, int64_t> position; // of a tree's node
  std::map<int64_t, int64_t> roots;
  for (size_t i = 0; i < count; ++i) {
    position.emplace(std::pair(trees[i], ids[i]), static_cast<int64_t>(i));
    roots.emplace(trees[i], static_cast<int64_t>(i)); // a tree's first node
  }
  auto find = [&](int64_t tree, int64_t id) {
    auto found = position.find({tree, id});
    return found == position.end() ? -1 : found->second;
  };
  static const std::map<std::string, Mode> names{
      {"BRANCH_LEQ", Mode::LessEqual}, {"BRANCH_LT", Mode::Less},   {"BRANCH_GTE", Mode::GreaterEqual},
      {"BRANCH_GT", Mode::Greater},    {"BRANCH_EQ", Mode::Equal}, {"BRANCH_NEQ", Mode::NotEqual},
      {"LEAF", Mode::Leaf}};
  for (size_t i = 0; i < count; ++i) {
    auto mode = names.find(modes[i]);
    if (mode == names.end()) {
      n.error("has a node of mode '" + modes[i] + "'");
      return std::nullopt;
    }
    Forest::Node node;
    node.mode = mode->second;
    node.feature = features[i];
    node.split = splits[i];
    bool isLeaf = node.mode == Mode::Leaf;
    node.onTrue = isLeaf ? static_cast<int64_t>(i) : find(trees[i], trueIds[i]);
    node.onFalse = isLeaf ? static_cast<int64_t>(i) : find(trees[i], falseIds[i]);
    node.missingIsTrue = !tracks.empty() && tracks[i] != 0;
    forest.nodes.push_back(std::move(node));
  }
  for (size_t i = 0; i < leaves; ++i)
    forest.weights.push_back({find(weightTrees[i], weightNodes[i]), weightTargets[i], weights[i]});
  for (auto [tree, root] : roots)
    forest.roots.push_back(root);
  return forest;
}

// Sums are of f32 however the features come, as f64 splits are given by attributes of their own.
DType sumType(NodeImport &n) { return n.dtype(0) == DType::F64 ? DType::F64 : DType::F32; }

Results treeEnsembleRegressor(NodeImport &n) {
  auto forest = forestOf(n, "target", n.integer("n_targets", 1));
  if (!forest)
    return Value();
  Value scores = evaluate(n, *forest, sumType(n), n.text("aggregate_function", "SUM"));
  scores = addConstants(n, scores, realsOf(n, "base_values"));
  return transformScores(n, n.b.cast(scores, DType::F32), n.text("post_transform", "NONE"));
}

Results treeEnsembleClassifier(NodeImport &n) {
  auto labels = classLabels(n);
  if (!labels)
    return Results{Value(), Value()};
  auto forest = forestOf(n, "class", labels->size());
  if (!forest)
    return Results{Value(), Value()};
  // Two classes may be told apart by the sum of one of them.
  bool single = labels->size() == 2, positive = true;
  for (const Forest::Weight &w : forest->weights) {
    single &= w.target == forest->weights.front().target;
    positive &= w.value >= 0;
  }
  if (single) {
    forest->targets = 1;
    for (Forest::Weight &w : forest->weights)
      w.target = 0;
  }
  Value scores = evaluate(n, *forest, sumType(n), "SUM");
  scores = n.b.cast(addConstants(n, scores, realsOf(n, "base_values")), DType::F32);
  return classify(n, scores, *labels, positive);
}

} // namespace

void addTreeOps(OpRows &rows) {
  const TypeSet features = TypeSet{DType::F64, DType::F32, DType::F16, DType::I64, DType::I32};
  auto ml = [&](OpRow row) { rows.push_back(std::move(row).domain("ai.onnx.ml")); };
  const std::vector<std::string> transforms(kPostTransforms.begin(), kPostTransforms.end());
  ml(OpRow("TreeEnsemble", 5, 1, kFloats, treeEnsemble));
  ml(OpRow("TreeEnsembleRegressor", 1, 1, features, treeEnsembleRegressor).oneOf("post_transform", transforms));
  ml(OpRow("TreeEnsembleClassifier", 1, 1, features, treeEnsembleClassifier).oneOf("post_transform", transforms));
}

} // namespace aotc::onnx
