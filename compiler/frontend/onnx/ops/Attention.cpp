// Family Attention: scaled dot products, linear recurrences over keys and values, rotary positions.
#include "compiler/frontend/onnx/ops/OpTable.h"

#include <cmath>

namespace aotc::onnx {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// [B, T, H*D] to [B, H, T, D]; reports channels that the heads do not divide.
Value splitHeads(NodeImport &n, Value x, int64_t heads) {
  if (!x)
    return {};
  Dims shape = ImportBuilder::shape(x);
  if (shape.size() != 3 || heads < 1 || shape[2] % heads != 0)
    return n.error("needs an operand [batch, sequence, channels] whose channels " + llvm::Twine(heads) + " heads divide");
  Value split = n.b.reshape(x, {shape[0], shape[1], heads, shape[2] / heads});
  return n.b.transpose(split, {0, 2, 1, 3});
}

// [B, H, T, D] to [B, T, H*D].
Value joinHeads(NodeImport &n, Value x) {
  if (!x)
    return {};
  DimVector s(ImportBuilder::shape(x));
  return n.b.reshape(n.b.transpose(x, {0, 2, 1, 3}), {s[0], s[2], s[1] * s[3]});
}

// Each of the heads [B, H, ...] `times` times, copies side by side.
Value repeatHeads(NodeImport &n, Value x, int64_t times) {
  if (!x || times == 1)
    return x;
  DimVector shape(ImportBuilder::shape(x)), wide(shape);
  wide.insert(wide.begin() + 2, times);
  shape[1] *= times; // as many as the queries have
  return n.b.reshape(n.b.broadcastTo(n.b.expandDims(x, 2), wide), shape);
}

// Operands of Attention after heads are split and the cache is joined.
struct AttentionOperands {
  Value q, k, v; // [B, H, T, D]
  bool joined;   // the operands had rank 3
};

std::optional<AttentionOperands> attentionOperands(NodeImport &n) {
  AttentionOperands a{n.in(0), n.in(1), n.in(2), n.rank(0) == 3};
  if (a.joined) {
    int64_t heads = n.integer("q_num_heads", 0), keyHeads = n.integer("kv_num_heads", 0);
    a = {splitHeads(n, a.q, heads), splitHeads(n, a.k, keyHeads), splitHeads(n, a.v, keyHeads), true};
  }
  for (Value x : {a.q, a.k, a.v})
    if (!x || ImportBuilder::rank(x) != 4) {
      n.error("needs queries, keys and values all of rank 3 or all of rank 4");
      return std::nullopt;
    }
  if (static_cast<bool>(n.in(4)) != static_cast<bool>(n.in(5))) {
    n.error("needs both past_key and past_value or none of them");
    return std::nullopt;
  }
  if (n.in(4)) {
    a.k = n.b.concat({n.in(4), a.k}, 2);
    a.v = n.b.concat({n.in(5), a.v}, 2);
  }
  if (!a.k || !a.v)
    return std::nullopt;
  Dims q = ImportBuilder::shape(a.q), k = ImportBuilder::shape(a.k), v = ImportBuilder::shape(a.v);
  if (k[1] < 1 || q[1] % k[1] != 0 || k[1] != v[1] || k[2] != v[2] || q[3] != k[3] || q[0] != k[0] || k[0] != v[0]) {
    n.error("has queries, keys and values whose extents do not fit");
    return std::nullopt;
  }
  return a;
}

// 0 where `allowed`, minus infinity elsewhere.
Value biasOf(NodeImport &n, Value allowed, DType type) {
  return n.b.select(allowed, n.b.scalar(type, 0), n.b.scalar(type, -kInfinity));
}

// What is added to the products of queries and keys; null with `ok` when nothing is.
struct Bias {
  Value value;
  bool ok = true;
};

// attn_mask as something to add, filled up to as many keys as there are.
Value maskBias(NodeImport &n, DType type, int64_t keys) {
  Value mask = n.in(3);
  if (n.rank(3) < 1 || n.rank(3) > 4 || n.shape(3).back() > keys)
    return n.error("attn_mask does not fit " + llvm::Twine(keys) + " keys");
  if (n.dtype(3) == DType::I1)
    mask = biasOf(n, mask, type);
  if (int64_t missing = keys - n.shape(3).back(); missing > 0 && n.shape(3).back() != 1) {
    DimVector low(n.rank(3), 0), high(low);
    high.back() = missing;
    mask = n.b.pad(nn::PadMode::Constant, mask, low, high, n.b.scalar(type, -kInfinity));
  }
  return n.b.cast(mask, type);
}

Bias attentionBias(NodeImport &n, const AttentionOperands &a) {
  ImportBuilder &b = n.b;
  DType type = ImportBuilder::dtype(a.q);
  int64_t batch = ImportBuilder::shape(a.q)[0], queries = ImportBuilder::shape(a.q)[2];
  int64_t keys = ImportBuilder::shape(a.k)[2];
  Bias bias;
  auto addTo = [&](Value part) {
    bias.value = bias.value ? b.add(bias.value, part) : part;
    bias.ok = bias.ok && bias.value;
  };
  if (n.in(3))
    addTo(maskBias(n, type, keys));
  Value lengths = n.in(6);
  if (lengths && ImportBuilder::elements(lengths) != batch) {
    n.error("nonpad_kv_seqlen needs one length a batch");
    return {{}, false};
  }
  int64_t left = n.integer("left_window_size", -1), right = n.integer("right_window_size", -1);
  if (n.integer("is_causal", 0))
    right = right < 0 ? 0 : std::min<int64_t>(right, 0);
  Value key = b.iota(DType::I64, {1, 1, 1, keys}, 3);
  if (left >= 0 || right >= 0) {
    // The position of a query among the keys: after what the cache holds.
    Value position = b.iota(DType::I64, {1, 1, queries, 1}, 2);
    if (n.in(4))
      position = b.binary(nn::BinaryFn::Add, position, static_cast<double>(n.shape(4)[2]));
    else if (lengths)
      position = b.add(position, b.binary(nn::BinaryFn::Sub, b.reshape(b.cast(lengths, DType::I64), {batch, 1, 1, 1}),
                                          static_cast<double>(queries)));
    Value behind = b.sub(position, key); // how far the key lies behind the query
    if (left >= 0)
      addTo(biasOf(n, b.compare(nn::CompareFn::Le, behind, static_cast<double>(left)), type));
    if (right >= 0)
      addTo(biasOf(n, b.compare(nn::CompareFn::Ge, behind, static_cast<double>(-right)), type));
  }
  if (lengths)
    addTo(biasOf(n, b.compare(nn::CompareFn::Lt, key, b.reshape(b.cast(lengths, DType::I64), {batch, 1, 1, 1})), type));
  return bias;
}

// A row without any key to attend to is all zero. Whether there may be one is known where the bias is.
Value zeroMaskedRows(NodeImport &n, Value weights, Value bias) {
  ImportBuilder &b = n.b;
  if (!weights || !bias)
    return weights;
  Value best = b.reduce(nn::ReduceFn::Max, bias, {ImportBuilder::rank(bias) - 1}, true);
  Value masked = b.compare(nn::CompareFn::Eq, best, -kInfinity);
  if (auto known = b.constantOf(masked)) {
    bool any = false;
    for (int64_t i = 0; i < known->size(); ++i)
      any |= known->i(i) != 0;
    if (!any)
      return weights;
  }
  return b.select(masked, b.scalar(ImportBuilder::dtype(weights), 0), weights);
}

Results attention(NodeImport &n) {
  ImportBuilder &b = n.b;
  const Results poison{Value(), Value(), Value(), Value()};
  auto a = attentionOperands(n);
  if (!a)
    return poison;
  Bias bias = attentionBias(n, *a);
  if (!bias.ok)
    return poison;
  DType type = ImportBuilder::dtype(a->q);
  DimVector q(ImportBuilder::shape(a->q)), k(ImportBuilder::shape(a->k));
  int64_t repeats = q[1] / k[1];
  double scale = n.real("scale", 1 / std::sqrt(static_cast<double>(std::max<int64_t>(q[3], 1))));
  double softcap = n.real("softcap", 0);
  int64_t mode = n.integer("qk_matmul_output_mode", 0);
  Value products = b.matmul(b.binary(nn::BinaryFn::Mul, a->q, scale), repeatHeads(n, a->k, repeats), false, true);
  Value shown = products;
  if (softcap > 0) {
    Value bounded = b.unary(nn::UnaryFn::Tanh, b.binary(nn::BinaryFn::Div, products, softcap));
    products = b.binary(nn::BinaryFn::Mul, bounded, softcap);
    shown = products;
  }
  if (bias.value)
    products = b.add(products, bias.value);
  if (mode == 2)
    shown = products;
  DType precision = n.has("softmax_precision") ? n.type("softmax_precision", type).value_or(type) : type;
  Value weights = b.softmax(b.cast(products, precision), 3);
  weights = b.cast(zeroMaskedRows(n, weights, bias.value), type);
  if (mode == 3)
    shown = weights;
  Value y = b.matmul(weights, repeatHeads(n, a->v, repeats));
  return Results{a->joined ? joinHeads(n, y) : y, a->k, a->v, shown};
}

// An attention whose scores and weights pass through graphs of the node (ai.onnx.preview).
Results flexAttention(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto a = attentionOperands(n);
  if (!a)
    return Value();
  DType type = ImportBuilder::dtype(a->q), wide = type == DType::F64 ? DType::F64 : DType::F32;
  wide = n.type("softmax_precision", wide).value_or(wide);
  auto modified = [&](const char *name, Value x) {
    if (!n.has(name) || !x)
      return x;
    auto results = n.importBody(name, {x});
    return results && results->size() == 1 ? b.cast(results->front(), wide) : Value();
  };
  int64_t size = ImportBuilder::shape(a->q)[3], repeats = ImportBuilder::shape(a->q)[1] / ImportBuilder::shape(a->k)[1];
  double scale = n.real("scale", 1 / std::sqrt(static_cast<double>(std::max<int64_t>(size, 1))));
  Value scores = b.matmul(b.binary(nn::BinaryFn::Mul, a->q, scale), repeatHeads(n, a->k, repeats), false, true);
  scores = modified("score_mod", b.cast(scores, wide));
  Value weights = modified("prob_mod", scores ? b.softmax(scores, ImportBuilder::rank(scores) - 1) : Value());
  return b.cast(b.matmul(weights, b.cast(repeatHeads(n, a->v, repeats), wide)), type);
}

Results rotaryEmbedding(NodeImport &n) {
  ImportBuilder &b = n.b;
  Value x = n.in(0);
  bool joined = n.rank(0) == 3;
  if (joined)
    x = splitHeads(n, x, n.integer("num_heads", 0));
  if (!x || ImportBuilder::rank(x) != 4)
    return n.error("needs an operand of rank 3 or 4");
  DimVector shape(ImportBuilder::shape(x)); // [B, H, T, D]
  int64_t rotated = n.integer("rotary_embedding_dim", 0), size = shape[3];
  rotated = rotated == 0 ? size : rotated;
  int64_t half = rotated / 2;
  if (rotated < 2 || rotated > size || rotated % 2 != 0)
    return n.error("rotary_embedding_dim must be even and at most " + llvm::Twine(size));
  auto cacheOf = [&](Value cache) -> Value { // [B or 1, 1, T, half]
    if (n.in(3))
      cache = b.gather(cache, n.in(3), 0);
    if (!cache || ImportBuilder::rank(cache) != 3 || ImportBuilder::shape(cache)[2] != half)
      return n.error("the caches must hold " + llvm::Twine(half) + " values a position");
    return b.expandDims(cache, 1);
  };
  Value cos = cacheOf(n.in(1)), sin = cacheOf(n.in(2));
  Value turning = b.sliceAxis(x, 3, 0, rotated), first, second;
  bool interleaved = n.integer("interleaved", 0) != 0;
  if (interleaved) {
    DimVector sizes{shape[0], shape[1], shape[2], half};
    first = b.slice(turning, {0, 0, 0, 0}, sizes, {1, 1, 1, 2});
    second = b.slice(turning, {0, 0, 0, 1}, sizes, {1, 1, 1, 2});
  } else {
    first = b.sliceAxis(turning, 3, 0, half);
    second = b.sliceAxis(turning, 3, half, half);
  }
  Value real = b.sub(b.mul(cos, first), b.mul(sin, second));
  Value imaginary = b.add(b.mul(sin, first), b.mul(cos, second));
  Value turned;
  if (interleaved)
    turned = b.reshape(b.concat({real ? b.expandDims(real, 4) : Value(), imaginary ? b.expandDims(imaginary, 4) : Value()}, 4),
                       {shape[0], shape[1], shape[2], rotated});
  else
    turned = b.concat({real, imaginary}, 3);
  if (rotated < size)
    turned = b.concat({turned, b.sliceAxis(x, 3, rotated, size - rotated)}, 3);
  return joined ? joinHeads(n, turned) : turned;
}

// A state of keys times values that each step decays, corrects and adds to; see LinearAttention-27.
Results linearAttention(NodeImport &n) {
  ImportBuilder &b = n.b;
  const Results poison{Value(), Value()};
  int64_t heads = n.integer("q_num_heads", 0), keyHeads = n.integer("kv_num_heads", 0);
  std::string rule = n.text("update_rule", "gated_delta");
  bool gated = rule == "gated" || rule == "gated_delta", delta = rule == "delta" || rule == "gated_delta";
  if (keyHeads < 1 || heads % keyHeads != 0 || (gated && !n.in(4)) || (delta && !n.in(5))) {
    n.error("needs heads that fit, decay for gated and beta for delta rules");
    return poison;
  }
  auto wide = [&](Value x, int64_t count) { return b.cast(splitHeads(n, x, count), DType::F32); };
  Value q = wide(n.in(0), heads), k = wide(n.in(1), keyHeads), v = wide(n.in(2), keyHeads);
  Value decay = gated ? wide(n.in(4), keyHeads) : Value();
  Value beta = delta ? wide(n.in(5), n.rank(5) == 3 && n.shape(5)[2] == 1 ? 1 : keyHeads) : Value();
  if (!q || !k || !v || (gated && !decay) || (delta && !beta))
    return poison;
  int64_t batch = ImportBuilder::shape(q)[0], steps = ImportBuilder::shape(q)[2];
  int64_t keySize = ImportBuilder::shape(k)[3], valueSize = ImportBuilder::shape(v)[3];
  constexpr int64_t kMaxSteps = 4096; // each becomes operations of its own
  if (ImportBuilder::shape(q)[3] != keySize || steps < 1 || steps > kMaxSteps) {
    n.error("needs queries and keys of one size and 1 to " + llvm::Twine(kMaxSteps) + " steps");
    return poison;
  }
  double scale = n.real("scale", 0);
  scale = scale == 0 ? 1 / std::sqrt(static_cast<double>(std::max<int64_t>(keySize, 1))) : scale;
  Value state = n.in(3) ? b.cast(n.in(3), DType::F32) : b.splat(DType::F32, {batch, keyHeads, keySize, valueSize}, 0);
  DType stateType = n.in(3) ? n.dtype(3) : n.dtype(0);
  std::vector<Value> outputs;
  for (int64_t t = 0; t < steps && state; ++t) {
    auto at = [&](Value x) { return b.sliceAxis(x, 2, t, 1); }; // [B, H, 1, D]
    Value key = at(k), value = at(v);
    if (gated) // the decay of each key's row, or one for all
      state = b.mul(state, b.unary(nn::UnaryFn::Exp, b.transpose(at(decay), {0, 1, 3, 2})));
    if (delta)
      value = b.mul(at(beta), b.sub(value, b.matmul(key, state)));
    state = b.add(state, b.matmul(key, value, true));
    outputs.push_back(b.matmul(b.binary(nn::BinaryFn::Mul, at(q), scale), repeatHeads(n, state, heads / keyHeads)));
  }
  Value y = state ? b.concat(outputs, 2) : Value();
  return Results{b.cast(joinHeads(n, y), n.dtype(0)), b.cast(state, stateType)};
}

// A cache of keys or values with new ones written at an index of each batch.
Results tensorScatter(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto axis = b.normalizeAxis(n.integer("axis", -2), n.rank(0));
  if (!axis)
    return Value();
  DimVector cache(n.shape(0)), update(n.shape(1));
  int64_t most = cache[*axis], steps = update.size() == cache.size() ? update[*axis] : most + 1;
  if (*axis == 0 || steps > most || (n.in(2) && ImportBuilder::elements(n.in(2)) != cache[0]))
    return n.error("needs an update that fits the cache, and an index for each batch");
  // Rows along the axis, outermost but the batch.
  DimVector permutation{0, *axis}, back(cache.size());
  for (int64_t dim = 1; dim < n.rank(0); ++dim)
    if (dim != *axis)
      permutation.push_back(dim);
  for (auto [to, from] : llvm::enumerate(permutation))
    back[from] = static_cast<int64_t>(to);
  Value first = n.in(2) ? b.reshape(b.cast(n.in(2), DType::I64), {cache[0], 1}) : b.splat(DType::I64, {cache[0], 1}, 0);
  Value row = b.add(first, b.iota(DType::I64, {1, steps}, 1));
  if (n.text("mode", "linear") == "circular")
    row = b.binary(nn::BinaryFn::FloorMod, row, static_cast<double>(most));
  DimVector places{cache[0], steps, 1};
  Value batch = b.broadcastTo(b.iota(DType::I64, {cache[0], 1, 1}, 0), places);
  Value index = b.concat({batch, b.reshape(row, places)}, 2);
  Value result = b.scatterNd(nn::ScatterFn::Update, b.transpose(n.in(0), permutation), index,
                             b.transpose(n.in(1), permutation));
  return result ? b.transpose(result, back) : Value();
}

} // namespace

void addAttentionOps(OpRows &rows) {
  rows.push_back(OpRow("Attention", 23, 7, kFloats, attention).atLeast(3));
  rows.push_back(OpRow("FlexAttention", 1, 3, kFloats, flexAttention).domain("ai.onnx.preview"));
  rows.push_back(OpRow("RotaryEmbedding", 23, 4, kFloats, rotaryEmbedding).atLeast(3));
  rows.push_back(
      OpRow("TensorScatter", 24, 3, kAll, tensorScatter).atLeast(2).oneOf("mode", {"linear", "circular"}));
  rows.push_back(OpRow("LinearAttention", 27, 6, kFloats, linearAttention)
                     .atLeast(3)
                     .oneOf("update_rule", {"linear", "gated", "delta", "gated_delta"}));
}

} // namespace aotc::onnx
