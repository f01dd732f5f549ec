// Family Ml (ai.onnx.ml): linear models and the preparation of features.
#include "compiler/frontend/onnx/ops/MlScores.h"

#include <cmath>

namespace aotc::onnx {

using nn::BinaryFn;
using nn::CompareFn;
using nn::ReduceFn;
using nn::UnaryFn;

Value transformScores(NodeImport &n, Value scores, const std::string &transform) {
  ImportBuilder &b = n.b;
  if (!scores || transform == "NONE")
    return scores;
  int64_t last = ImportBuilder::rank(scores) - 1;
  if (transform == "LOGISTIC")
    return b.unary(UnaryFn::Sigmoid, scores);
  if (transform == "SOFTMAX")
    return b.softmax(scores, last);
  if (transform != "SOFTMAX_ZERO")
    return n.error("post_transform '" + transform + "' is not supported");
  // A softmax of what isn't zero, which stays zero.
  Value zero = b.scalar(ImportBuilder::dtype(scores), 0), isZero = b.compare(CompareFn::Eq, scores, 0);
  Value powers = b.unary(UnaryFn::Exp, b.sub(scores, b.reduce(ReduceFn::Max, scores, {last}, true)));
  powers = b.select(isZero, zero, powers);
  Value sum = b.reduce(ReduceFn::Sum, powers, {last}, true);
  return b.div(powers, b.select(b.compare(CompareFn::Eq, sum, 0), b.scalar(ImportBuilder::dtype(scores), 1), sum));
}

std::vector<double> realsOf(NodeImport &n, const std::string &name) {
  std::vector<double> values;
  if (n.has(name)) {
    auto list = n.reals(name);
    values.assign(list.begin(), list.end());
  } else if (auto tensor = n.has(name + "_as_tensor") ? n.tensor(name + "_as_tensor") : std::nullopt) {
    for (int64_t i = 0; i < tensor->size(); ++i)
      values.push_back(tensor->f(i));
  }
  return values;
}

static Value vectorOf(NodeImport &n, DType type, llvm::ArrayRef<double> values) {
  Tensor t(type, Shape{static_cast<int64_t>(values.size())});
  for (size_t i = 0; i < values.size(); ++i)
    t.setF(i, values[i]);
  return n.b.constant(t);
}

Value addConstants(NodeImport &n, Value scores, const std::vector<double> &constants) {
  return !scores || constants.empty() ? scores
                                      : n.b.add(scores, vectorOf(n, ImportBuilder::dtype(scores), constants));
}

std::optional<DimVector> classLabels(NodeImport &n) {
  for (const char *name : {"classlabels_strings", "classlabels_strings_as_tensor"})
    if (n.has(name) && !n.texts(name).empty()) {
      n.error("labels that are text are not supported", "use the scores, or number the classes");
      return std::nullopt;
    }
  for (const char *name : {"classlabels_int64s", "classlabels_ints"})
    if (DimVector labels = n.integers(name); !labels.empty())
      return labels;
  n.error("has no class labels");
  return std::nullopt;
}

Results classify(NodeImport &n, Value scores, const DimVector &labels, bool positive) {
  ImportBuilder &b = n.b;
  const Results poison{Value(), Value()};
  if (!scores)
    return poison;
  std::string transform = n.text("post_transform", "NONE");
  int64_t batch = ImportBuilder::shape(scores)[0], classes = ImportBuilder::shape(scores)[1];
  Value names = b.indices(DType::I64, labels);
  if (classes == 1 && labels.size() == 2) {
    Value second = b.compare(CompareFn::Gt, b.reshape(scores, {batch}), positive ? 0.5 : 0.0);
    Value label = b.gather(names, b.cast(second, DType::I32), 0);
    Value other = positive ? b.sub(b.scalar(DType::F32, 1), scores) : b.unary(UnaryFn::Neg, scores);
    Value both = b.concat({other, scores}, 1);
    // Shares of votes are probabilities already.
    return Results{label, positive && transform == "LOGISTIC" ? both : transformScores(n, both, transform)};
  }
  if (classes != static_cast<int64_t>(labels.size()))
    return n.error("has " + llvm::Twine(labels.size()) + " labels for " + llvm::Twine(classes) + " classes"), poison;
  Value best = b.argReduce(nn::ArgReduceFn::Max, scores, 1, DType::I32, false);
  return Results{b.gather(names, best, 0), transformScores(n, scores, transform)};
}

namespace {

Value features(NodeImport &n) {
  Value x = n.rank(0) == 1 ? n.b.expandDims(n.in(0), 0) : n.in(0);
  return ImportBuilder::rank(x) == 2 ? n.b.cast(x, DType::F32) : n.error("needs features [batch, features]");
}

// x * coefficients + intercepts, coefficients being [targets, features].
Value linear(NodeImport &n, int64_t targets) {
  Value x = features(n);
  auto coefficients = realsOf(n, "coefficients"), intercepts = realsOf(n, "intercepts");
  if (!x)
    return {};
  int64_t count = ImportBuilder::shape(x)[1];
  if (targets < 1 || count < 1 || static_cast<int64_t>(coefficients.size()) / count != targets ||
      static_cast<int64_t>(coefficients.size()) % count != 0)
    return n.error("has " + llvm::Twine(coefficients.size()) + " coefficients for " + llvm::Twine(count) +
                   " features and " + llvm::Twine(targets) + " targets");
  Value matrix = n.b.reshape(vectorOf(n, DType::F32, coefficients), {targets, count});
  return addConstants(n, n.b.matmul(x, matrix, false, true), intercepts);
}

Results linearRegressor(NodeImport &n) {
  return transformScores(n, linear(n, n.integer("targets", 1)), n.text("post_transform", "NONE"));
}

Results linearClassifier(NodeImport &n) {
  auto labels = classLabels(n);
  Value x = labels ? features(n) : Value();
  if (!x)
    return Results{Value(), Value()};
  int64_t count = std::max<int64_t>(ImportBuilder::shape(x)[1], 1);
  return classify(n, linear(n, static_cast<int64_t>(realsOf(n, "coefficients").size()) / count), *labels, false);
}

// (x - offset) * scale, one number for all or one a feature.
Results scaler(NodeImport &n) {
  ImportBuilder &b = n.b;
  Value x = b.cast(n.in(0), DType::F32);
  auto offset = n.reals("offset"), scale = n.reals("scale");
  if (!offset.empty())
    x = b.sub(x, vectorOf(n, DType::F32, offset));
  return scale.empty() ? x : b.mul(x, vectorOf(n, DType::F32, scale));
}

Results normalizer(NodeImport &n) {
  ImportBuilder &b = n.b;
  Value x = b.cast(n.in(0), DType::F32);
  int64_t last = n.rank(0) - 1;
  if (last < 0)
    return n.error("needs an operand of rank at least 1");
  std::string norm = n.text("norm", "MAX");
  Value size;
  if (norm == "MAX")
    size = b.reduce(ReduceFn::Max, b.unary(UnaryFn::Abs, x), {last}, true);
  else if (norm == "L1")
    size = b.reduce(ReduceFn::Sum, b.unary(UnaryFn::Abs, x), {last}, true);
  else
    size = b.unary(UnaryFn::Sqrt, b.reduce(ReduceFn::Sum, b.mul(x, x), {last}, true));
  return b.div(x, b.select(b.compare(CompareFn::Eq, size, 0), b.scalar(DType::F32, 1), size));
}

Results binarizer(NodeImport &n) {
  return n.b.cast(n.b.compare(CompareFn::Gt, n.in(0), n.real("threshold", 0)), n.dtype(0));
}

// The columns whose numbers operand 1 lists.
Results arrayFeatureExtractor(NodeImport &n) {
  if (n.rank(0) < 1)
    return n.error("needs an operand of rank at least 1");
  Value columns = n.b.reshape(n.in(1), {ImportBuilder::elements(n.in(1))});
  Value picked = n.b.gather(n.in(0), columns, n.rank(0) - 1);
  return n.rank(0) == 1 ? n.b.expandDims(picked, 0) : picked;
}

Results imputer(NodeImport &n) {
  ImportBuilder &b = n.b;
  bool real = isFloat(n.dtype(0));
  llvm::SmallVector<double> values = n.reals("imputed_value_floats");
  double replaced = n.real("replaced_value_float", 0);
  if (!real) {
    DimVector whole = n.integers("imputed_value_int64s");
    values.assign(whole.begin(), whole.end());
    replaced = static_cast<double>(n.integer("replaced_value_int64", 0));
  }
  if (values.empty())
    return n.error("has no value to put in place of missing ones");
  Value missing = std::isnan(replaced) ? b.unary(UnaryFn::IsNan, n.in(0)) : b.compare(CompareFn::Eq, n.in(0), replaced);
  return b.select(missing, vectorOf(n, n.dtype(0), values), n.in(0));
}

// The keys or the values of a label encoder: numbers as a list or a tensor; nullopt: reported.
std::optional<Tensor> encoderList(NodeImport &n, const std::string &what) {
  if (n.has(what + "_strings")) {
    n.error("labels that are text are not supported", "number them");
    return std::nullopt;
  }
  if (n.has(what + "_tensor"))
    return n.tensor(what + "_tensor");
  if (n.has(what + "_int64s")) {
    DimVector list = n.integers(what + "_int64s");
    return Tensor::of<int64_t>(DType::I64, Shape{static_cast<int64_t>(list.size())}, {list.data(), list.size()});
  }
  auto list = n.reals(what + "_floats");
  Tensor t(DType::F32, Shape{static_cast<int64_t>(list.size())});
  for (size_t i = 0; i < list.size(); ++i)
    t.setF(i, list[i]);
  return t;
}

// Each key becomes its value, others the default: all keys are compared at once.
Results labelEncoder(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto keys = encoderList(n, "keys"), values = encoderList(n, "values");
  if (!keys || !values)
    return Value();
  constexpr int64_t kMaxKeys = 1 << 16;
  if (keys->size() != values->size() || keys->size() < 1 || keys->size() > kMaxKeys)
    return n.error("needs as many values as keys, 1 to " + llvm::Twine(kMaxKeys));
  double byDefault = values->dtype() == DType::F32 ? n.real("default_float", -0.0)
                                                   : static_cast<double>(n.integer("default_int64", -1));
  if (n.has("default_tensor")) {
    auto given = n.tensor("default_tensor");
    if (!given || given->size() != 1)
      return n.error("default_tensor must hold one number");
    byDefault = given->f(0);
  }
  int64_t count = keys->size(), rank = n.rank(0);
  Value key = b.constant(keys->reshaped({count}));
  Value x = b.expandDims(n.in(0), rank), same = b.compare(CompareFn::Eq, x, b.cast(key, n.dtype(0)));
  if (isFloat(n.dtype(0))) { // NaN is a key like others
    Value bothNan = b.binary(BinaryFn::And, b.unary(UnaryFn::IsNan, x), b.unary(UnaryFn::IsNan, b.cast(key, n.dtype(0))));
    same = b.binary(BinaryFn::Or, same, bothNan);
  }
  Value first = b.argReduce(nn::ArgReduceFn::Max, b.cast(same, DType::U8), rank, DType::I32, false);
  Value found = b.reduce(ReduceFn::Any, same, {rank}, false);
  Value mapped = b.gather(b.constant(values->reshaped({count})), first, 0);
  return b.select(found, mapped, b.scalar(values->dtype(), byDefault));
}

} // namespace

void addMlOps(OpRows &rows) {
  const TypeSet features = TypeSet{DType::F64, DType::F32, DType::I64, DType::I32};
  const std::vector<std::string> transforms(kPostTransforms.begin(), kPostTransforms.end());
  auto ml = [&](OpRow row) { rows.push_back(std::move(row).domain("ai.onnx.ml")); };
  ml(OpRow("LinearRegressor", 1, 1, features, linearRegressor).oneOf("post_transform", transforms));
  ml(OpRow("LinearClassifier", 1, 1, features, linearClassifier).oneOf("post_transform", transforms));
  ml(OpRow("Scaler", 1, 1, features, scaler));
  ml(OpRow("Normalizer", 1, 1, features, normalizer).oneOf("norm", {"MAX", "L1", "L2"}));
  ml(OpRow("Binarizer", 1, 1, features, binarizer));
  ml(OpRow("ArrayFeatureExtractor", 1, 2, kNumbers, arrayFeatureExtractor));
  ml(OpRow("Imputer", 1, 1, features, imputer));
  ml(OpRow("LabelEncoder", 2, 1, features, labelEncoder));
}

} // namespace aotc::onnx
