// Family Text: counts of n-grams of numbered words.
#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

using nn::BinaryFn;
using nn::CompareFn;
using nn::ReduceFn;

// The n-grams of one size: their words, and which result each counts for.
struct Grams {
  int64_t size, count;
  std::vector<int64_t> words, results;
};

// Comparisons of words past which the operation is not worth it.
constexpr int64_t kMaxComparisons = int64_t(1) << 26;

std::optional<std::vector<Grams>> gramsOf(NodeImport &n) {
  DimVector words = n.integers("pool_int64s"), starts = n.integers("ngram_counts"), results = n.integers("ngram_indexes");
  int64_t least = n.integer("min_gram_length", 1), most = n.integer("max_gram_length", 1), total = words.size();
  std::vector<Grams> all;
  size_t gram = 0; // number of the n-gram, over all sizes
  for (size_t i = 0; i < starts.size(); ++i) {
    int64_t size = static_cast<int64_t>(i) + 1, end = i + 1 < starts.size() ? starts[i + 1] : total;
    if (starts[i] < 0 || end < starts[i] || end > total) {
      n.error("ngram_counts does not fit the pool");
      return std::nullopt;
    }
    Grams g{size, (end - starts[i]) / size, {}, {}};
    g.words.assign(words.begin() + starts[i], words.begin() + starts[i] + g.count * size);
    for (int64_t k = 0; k < g.count; ++k, ++gram) {
      if (gram >= results.size() || results[gram] < 0 || results[gram] >= (int64_t(1) << 24)) {
        n.error("ngram_indexes does not fit the pool");
        return std::nullopt;
      }
      g.results.push_back(results[gram]);
    }
    if (size >= least && size <= most && g.count > 0)
      all.push_back(std::move(g));
  }
  return all;
}

// How often each n-gram of `g` occurs in the rows of `x` with its words `distance` apart: i32 [batch, count].
Value occurrences(NodeImport &n, Value x, const Grams &g, int64_t distance) {
  ImportBuilder &b = n.b;
  int64_t batch = ImportBuilder::shape(x)[0], length = ImportBuilder::shape(x)[1];
  int64_t places = length - distance * (g.size - 1), comparisons;
  if (places < 1)
    return b.splat(DType::I32, {batch, g.count}, 0);
  if (llvm::MulOverflow(batch * places, g.count, comparisons) || comparisons > kMaxComparisons)
    return n.error("has too many n-grams for this many words");
  Value all;
  for (int64_t k = 0; k < g.size; ++k) {
    Tensor words(DType::I64, Shape{1, 1, g.count});
    for (int64_t i = 0; i < g.count; ++i)
      words.setI(i, g.words[i * g.size + k]);
    Value at = b.expandDims(b.sliceAxis(x, 1, k * distance, places), 2);
    Value same = b.compare(CompareFn::Eq, at, b.constant(words));
    all = all ? b.binary(BinaryFn::And, all, same) : same;
  }
  return b.reduce(ReduceFn::Sum, b.cast(all, DType::I32), {1}, false);
}

Results tfIdfVectorizer(NodeImport &n) {
  ImportBuilder &b = n.b;
  if (n.has("pool_strings"))
    return n.error("words that are text are not supported", "number them: pool_int64s");
  auto grams = gramsOf(n);
  if (!grams || n.rank(0) > 2)
    return grams ? n.error("needs words of one row or several") : Value();
  bool oneRow = n.rank(0) < 2;
  Value x = b.cast(n.in(0), DType::I64);
  x = oneRow ? b.reshape(x, {1, ImportBuilder::elements(x)}) : x;
  int64_t skips = n.integer("max_skip_count", 0), width = 0;
  for (int64_t result : n.integers("ngram_indexes"))
    width = std::max(width, result + 1);
  if (skips < 0 || skips > 1024 || width < 1)
    return n.error("needs a max_skip_count from 0 to 1024 and results");
  int64_t batch = ImportBuilder::shape(x)[0];
  Value sums = b.splat(DType::I32, {width, batch}, 0);
  for (const Grams &g : *grams) {
    Value count;
    for (int64_t distance = 1; distance <= (g.size == 1 ? 1 : skips + 1); ++distance) {
      Value more = occurrences(n, x, g, distance);
      count = count ? b.add(count, more) : more;
    }
    Tensor places = Tensor::of<int64_t>(DType::I64, Shape{g.count, 1}, {g.results.data(), g.results.size()});
    sums = b.scatterNd(nn::ScatterFn::Add, sums, b.constant(places), count ? b.transpose(count, {1, 0}) : Value());
  }
  Value counts = sums ? b.cast(b.transpose(sums, {1, 0}), DType::F32) : Value();
  std::string mode = n.text("mode", "TF");
  auto weights = n.reals("weights");
  if (mode == "IDF")
    counts = b.cast(b.compare(CompareFn::Gt, counts, 0), DType::F32);
  if (mode != "TF" && !weights.empty()) {
    if (static_cast<int64_t>(weights.size()) != width)
      return n.error("needs a weight for each result");
    Tensor factors(DType::F32, Shape{width});
    for (int64_t i = 0; i < width; ++i)
      factors.setF(i, weights[i]);
    counts = b.mul(counts, b.constant(factors));
  }
  return oneRow ? b.reshape(counts, {width}) : counts;
}

} // namespace

void addTextOps(OpRows &rows) {
  rows.push_back(OpRow("TfIdfVectorizer", 9, 1, kIndexInts, tfIdfVectorizer).oneOf("mode", {"TF", "IDF", "TFIDF"}));
}

} // namespace aotc::onnx
