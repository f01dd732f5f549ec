// Family Recurrent: RNN, GRU and LSTM, one set of operations a step.
#include "compiler/frontend/onnx/ops/OpTable.h"

#include <map>
#include <set>

namespace aotc::onnx {
namespace {

using nn::BinaryFn;
using nn::CompareFn;
using nn::UnaryFn;

// Steps of a layer in both directions; each becomes operations of its own.
constexpr int64_t kMaxSteps = 8192;

struct Activation {
  std::string name;
  double alpha, beta;
};

Value activate(NodeImport &n, const Activation &f, Value x) {
  ImportBuilder &b = n.b;
  auto affine = [&](Value y) { return b.binary(BinaryFn::Add, b.binary(BinaryFn::Mul, y, f.alpha), f.beta); };
  auto whereNegative = [&](Value y) { return b.select(b.compare(CompareFn::Lt, x, 0), y, x); };
  if (f.name == "Sigmoid")
    return b.unary(UnaryFn::Sigmoid, x);
  if (f.name == "Tanh")
    return b.unary(UnaryFn::Tanh, x);
  if (f.name == "Relu")
    return b.unary(UnaryFn::Relu, x);
  if (f.name == "Softplus")
    return b.unary(UnaryFn::Softplus, x);
  if (f.name == "Softsign")
    return b.div(x, b.binary(BinaryFn::Add, b.unary(UnaryFn::Abs, x), 1));
  if (f.name == "Affine")
    return affine(x);
  if (f.name == "HardSigmoid")
    return b.clamp(affine(x), 0, 1);
  if (f.name == "LeakyRelu")
    return whereNegative(b.binary(BinaryFn::Mul, x, f.alpha));
  if (f.name == "Elu")
    return whereNegative(b.binary(BinaryFn::Mul, b.unary(UnaryFn::Expm1, x), f.alpha));
  if (f.name == "ScaledTanh")
    return b.binary(BinaryFn::Mul, b.unary(UnaryFn::Tanh, b.binary(BinaryFn::Mul, x, f.beta)), f.alpha);
  if (f.name == "ThresholdedRelu")
    return b.select(b.compare(CompareFn::Gt, x, f.alpha), x, b.scalar(ImportBuilder::dtype(x), 0));
  return n.error("activation '" + f.name + "' is not known");
}

// The node's activations, `perDirection` for each direction, with their parameters.
std::optional<std::vector<Activation>> activationsOf(NodeImport &n, size_t directions,
                                                     std::vector<std::string> byDefault) {
  std::vector<std::string> names = n.texts("activations");
  if (names.empty())
    for (size_t d = 0; d < directions; ++d)
      names.insert(names.end(), byDefault.begin(), byDefault.end());
  if (names.size() != directions * byDefault.size()) {
    n.error("needs " + llvm::Twine(directions * byDefault.size()) + " activations, got " + llvm::Twine(names.size()));
    return std::nullopt;
  }
  struct Parameters {
    double alpha, beta;
  };
  static const std::map<std::string, Parameters> parameters{
      {"Affine", {1, 0}},      {"LeakyRelu", {0.01, 0}}, {"ThresholdedRelu", {1, 0}},
      {"ScaledTanh", {1, 1}},  {"HardSigmoid", {0.2, 0.5}}, {"Elu", {1, 0}}};
  static const std::set<std::string> withBeta{"Affine", "ScaledTanh", "HardSigmoid"};
  // The given parameters belong to those functions, in order, that take any.
  auto alphas = n.reals("activation_alpha"), betas = n.reals("activation_beta");
  size_t alpha = 0, beta = 0;
  std::vector<Activation> list;
  for (const std::string &name : names) {
    Activation f{name, 0, 0};
    if (auto found = parameters.find(name); found != parameters.end()) {
      f.alpha = alpha < alphas.size() ? alphas[alpha++] : found->second.alpha;
      f.beta = found->second.beta;
      if (withBeta.count(name) && beta < betas.size())
        f.beta = betas[beta++];
    }
    list.push_back(f);
  }
  return list;
}

// One layer: what its directions share, and the steps of one of them.
class Layer {
public:
  Layer(NodeImport &n, int64_t gates) : n(n), b(n.b), gates(gates) {}

  bool prepare(std::vector<std::string> activationNames) {
    batchFirst = n.integer("layout", 0) != 0;
    direction = n.text("direction", "forward");
    directions = direction == "bidirectional" ? 2 : 1;
    auto isShape = [&](size_t i, Dims shape) { return !n.in(i) || n.shape(i) == shape; };
    if (n.rank(0) != 3 || n.rank(1) != 3 || n.rank(2) != 3)
      return n.error("needs operands X, W and R of rank 3"), false;
    x = batchFirst ? b.transpose(n.in(0), {1, 0, 2}) : n.in(0);
    steps = ImportBuilder::shape(x)[0];
    batch = ImportBuilder::shape(x)[1];
    inputs = ImportBuilder::shape(x)[2];
    hidden = n.shape(2)[2];
    int64_t rows = gates * hidden;
    if (!isShape(1, {directions, rows, inputs}) || !isShape(2, {directions, rows, hidden}) ||
        !isShape(3, {directions, 2 * rows}) || !isShape(4, {batch}) || n.integer("hidden_size", hidden) != hidden)
      return n.error("has weights that do not fit its input and " + llvm::Twine(hidden) + " hidden values"), false;
    if (steps < 1 || batch < 1 || steps * directions > kMaxSteps)
      return n.error("needs 1 to " + llvm::Twine(kMaxSteps / directions) + " steps, got " + llvm::Twine(steps)), false;
    auto found = activationsOf(n, directions, std::move(activationNames));
    if (!found)
      return false;
    activations = *found;
    return true;
  }

  // Part `d` of operand `i`, which has one a direction; null where it is not there.
  Value of(size_t i, int64_t d) {
    if (!n.in(i))
      return {};
    DimVector shape(n.shape(i).drop_front());
    return b.reshape(b.sliceAxis(n.in(i), 0, d, 1), shape);
  }
  // The first value of a state: operand `i` or zero.
  Value initial(size_t i, int64_t d) {
    Value given = n.in(i);
    if (!given)
      return b.splat(n.dtype(0), {batch, hidden}, 0);
    if (batchFirst && ImportBuilder::rank(given) == 3)
      given = b.transpose(given, {1, 0, 2});
    if (!given || ImportBuilder::shape(given) != Dims({directions, batch, hidden}))
      return n.error("has an initial state that does not fit");
    return b.reshape(b.sliceAxis(given, 0, d, 1), {batch, hidden});
  }
  // Columns of gate `g` of [batch, gates * hidden], or its part of a vector.
  Value gate(Value all, int64_t g) { return b.sliceAxis(all, ImportBuilder::rank(all) - 1, g * hidden, hidden); }
  Value clip(Value v) {
    double limit = n.real("clip", 0);
    return n.has("clip") && limit > 0 ? b.clamp(v, -limit, limit) : v;
  }
  Value apply(int64_t d, size_t which, Value v) {
    return activate(n, activations[d * (activations.size() / directions) + which], clip(v));
  }
  Value biasOfInput(int64_t d) { return n.in(3) ? b.sliceAxis(of(3, d), 0, 0, gates * hidden) : Value(); }
  Value biasOfState(int64_t d) { return n.in(3) ? b.sliceAxis(of(3, d), 0, gates * hidden, gates * hidden) : Value(); }

  // All steps of all directions. `step(d, projected, state)` yields the new state, its output first, from
  // the input's part [batch, gates * hidden] of the gates.
  Results run(size_t states, llvm::function_ref<std::vector<Value>(int64_t, Value, std::vector<Value>)> step) {
    Results poison(Value{});
    poison.resize(states + 1);
    std::vector<Value> outputs;
    std::vector<std::vector<Value>> finals(states);
    for (int64_t d = 0; d < directions; ++d) {
      bool backwards = direction == "reverse" || d == 1;
      Value projected = b.matmul(b.reshape(x, {steps * batch, inputs}), of(1, d), false, true);
      if (Value bias = biasOfInput(d))
        projected = b.add(projected, bias);
      std::vector<Value> state;
      for (size_t s = 0; s < states; ++s)
        state.push_back(initial(5 + s, d));
      std::vector<Value> yielded(steps);
      for (int64_t k = 0; k < steps && !n.b.failed(); ++k) {
        int64_t t = backwards ? steps - 1 - k : k;
        std::vector<Value> next = step(d, b.sliceAxis(projected, 0, t * batch, batch), state);
        yielded[t] = next.front();
        if (Value lengths = n.in(4)) { // past its end a sequence keeps its state and yields zeros
          Value inside = b.reshape(b.compare(CompareFn::Gt, lengths, static_cast<double>(t)), {batch, 1});
          for (size_t s = 0; s < states; ++s)
            next[s] = b.select(inside, next[s], state[s]);
          yielded[t] = b.select(inside, yielded[t], b.scalar(n.dtype(0), 0));
        }
        state = next;
      }
      if (n.b.failed())
        return poison;
      for (Value &y : yielded)
        y = b.reshape(y, {1, 1, batch, hidden});
      outputs.push_back(b.concat(yielded, 0));
      for (size_t s = 0; s < states; ++s)
        finals[s].push_back(b.reshape(state[s], {1, batch, hidden}));
    }
    Value all = b.concat(outputs, 1);
    Results results(batchFirst ? b.transpose(all, {2, 0, 1, 3}) : all);
    for (const std::vector<Value> &last : finals) {
      Value joined = b.concat(last, 0);
      results.push_back(batchFirst ? b.transpose(joined, {1, 0, 2}) : joined);
    }
    return results;
  }

  Value product(Value state, Value weights) { return b.matmul(state, weights, false, true); }

  NodeImport &n;
  ImportBuilder &b;
  const int64_t gates;
  int64_t steps = 0, batch = 0, inputs = 0, hidden = 0, directions = 1;

private:
  Value x; // [steps, batch, inputs]
  bool batchFirst = false;
  std::string direction;
  std::vector<Activation> activations;
};

Results poison(size_t count) {
  Results results(Value{});
  results.resize(count);
  return results;
}

Value addIf(ImportBuilder &b, Value v, Value bias) { return bias ? b.add(v, bias) : v; }

Results rnn(NodeImport &n) {
  Layer layer(n, 1);
  if (!layer.prepare({"Tanh"}))
    return poison(2);
  return layer.run(1, [&](int64_t d, Value projected, std::vector<Value> state) {
    Value sum = n.b.add(projected, layer.product(state[0], layer.of(2, d)));
    return std::vector<Value>{layer.apply(d, 0, addIf(n.b, sum, layer.biasOfState(d)))};
  });
}

Results gru(NodeImport &n) {
  Layer layer(n, 3);
  ImportBuilder &b = n.b;
  if (!layer.prepare({"Sigmoid", "Tanh"}))
    return poison(2);
  bool linearBeforeReset = n.integer("linear_before_reset", 0) != 0;
  return layer.run(1, [&](int64_t d, Value projected, std::vector<Value> state) {
    int64_t hidden = layer.hidden;
    Value h = state[0], weights = layer.of(2, d), bias = layer.biasOfState(d);
    Value inputGate = layer.gate(projected, 2), fromState, z, r;
    if (linearBeforeReset) {
      Value sums = addIf(b, layer.product(h, weights), bias);
      z = b.add(layer.gate(projected, 0), layer.gate(sums, 0));
      r = b.add(layer.gate(projected, 1), layer.gate(sums, 1));
      fromState = layer.gate(sums, 2);
    } else {
      Value sums = layer.product(h, b.sliceAxis(weights, 0, 0, 2 * hidden));
      if (bias)
        sums = b.add(sums, b.sliceAxis(bias, 0, 0, 2 * hidden));
      z = b.add(layer.gate(projected, 0), layer.gate(sums, 0));
      r = b.add(layer.gate(projected, 1), layer.gate(sums, 1));
    }
    z = layer.apply(d, 0, z);
    r = layer.apply(d, 0, r);
    if (linearBeforeReset) {
      fromState = b.mul(r, fromState);
    } else {
      fromState = layer.product(b.mul(r, h), b.sliceAxis(weights, 0, 2 * hidden, hidden));
      if (bias)
        fromState = b.add(fromState, layer.gate(bias, 2));
    }
    Value candidate = layer.apply(d, 1, b.add(inputGate, fromState));
    // (1 - z) * candidate + z * h
    return std::vector<Value>{b.add(candidate, b.mul(z, b.sub(h, candidate)))};
  });
}

Results lstm(NodeImport &n) {
  Layer layer(n, 4);
  ImportBuilder &b = n.b;
  if (!layer.prepare({"Sigmoid", "Tanh", "Tanh"}))
    return poison(3);
  if (n.in(7) && n.shape(7) != Dims({layer.directions, 3 * layer.hidden})) {
    n.error("has peephole weights that do not fit");
    return poison(3);
  }
  bool coupled = n.integer("input_forget", 0) != 0;
  return layer.run(2, [&](int64_t d, Value projected, std::vector<Value> state) {
    Value h = state[0], c = state[1], peepholes = layer.of(7, d);
    Value sums = b.add(projected, addIf(b, layer.product(h, layer.of(2, d)), layer.biasOfState(d)));
    auto gate = [&](int64_t g, int64_t peephole, Value cell) {
      Value v = layer.gate(sums, g);
      return peepholes && peephole >= 0 ? b.add(v, b.mul(layer.gate(peepholes, peephole), cell)) : v;
    };
    Value input = layer.apply(d, 0, gate(0, 0, c));
    Value forget = coupled ? b.sub(b.scalar(n.dtype(0), 1), input) : layer.apply(d, 0, gate(2, 2, c));
    Value cell = b.add(b.mul(forget, c), b.mul(input, layer.apply(d, 1, gate(3, -1, {}))));
    Value output = layer.apply(d, 0, gate(1, 1, cell));
    // The cell's own activation is not clipped: clip bounds what goes into gates.
    return std::vector<Value>{b.mul(output, layer.apply(d, 2, cell)), cell};
  });
}

} // namespace

void addRecurrentOps(OpRows &rows) {
  const std::vector<std::string> directions{"forward", "reverse", "bidirectional"};
  rows.push_back(OpRow("RNN", 7, 6, kFloats, rnn).atLeast(3).oneOf("direction", directions));
  rows.push_back(OpRow("GRU", 7, 6, kFloats, gru).atLeast(3).oneOf("direction", directions));
  rows.push_back(OpRow("LSTM", 7, 8, kFloats, lstm).atLeast(3).oneOf("direction", directions));
}

} // namespace aotc::onnx
