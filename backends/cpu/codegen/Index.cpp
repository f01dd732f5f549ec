#include "backends/cpu/codegen/Index.h"

#include "llvm/Support/MathExtras.h"

using namespace aotc;
using namespace aotc::cpu;

int64_t cpu::elementsOf(llvm::ArrayRef<int64_t> shape) {
  if (llvm::is_contained(shape, 0))
    return 0;
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

int64_t Index::coefficient(Variable variable) const {
  for (auto [candidate, factor] : terms)
    if (candidate == variable)
      return factor;
  return 0;
}

Index cpu::operator+(const Index &a, const Index &b) {
  Index sum(a.constant + b.constant);
  auto add = [&](Variable variable, int64_t factor) {
    if (factor != 0)
      sum.terms.push_back({variable, factor});
  };
  const auto *i = a.terms.begin(), *j = b.terms.begin();
  while (i != a.terms.end() || j != b.terms.end()) {
    if (j == b.terms.end() || (i != a.terms.end() && i->first < j->first)) {
      add(i->first, i->second);
      ++i;
    } else if (i == a.terms.end() || j->first < i->first) {
      add(j->first, j->second);
      ++j;
    } else {
      add(i->first, i->second + j->second);
      ++i;
      ++j;
    }
  }
  return sum;
}

Index cpu::operator*(const Index &a, int64_t factor) {
  Index product(a.constant * factor);
  if (factor != 0)
    for (auto [variable, coefficient] : a.terms)
      product.terms.push_back({variable, coefficient * factor});
  return product;
}

Index IndexSpace::variable(Entry entry) {
  Index index;
  index.terms.push_back({static_cast<Variable>(variables.size()), 1});
  entry.domain = entry.range;
  variables.push_back(std::move(entry));
  return index;
}

Index IndexSpace::loopVariable(int64_t extent) {
  if (extent == 1)
    return 0;
  Entry entry;
  entry.range = {0, extent - 1};
  return variable(entry);
}

Index IndexSpace::runtime(llvm::Value *value, Range range) {
  if (range.lo == range.hi)
    return range.lo;
  Entry entry;
  entry.range = range;
  entry.value = value;
  return variable(entry);
}

Range IndexSpace::range(const Index &original) const {
  Index index = substituted(original);
  Range total{index.constant, index.constant};
  for (auto [variable, factor] : index.terms) {
    Range r = variables[variable].range;
    total.lo += factor * (factor > 0 ? r.lo : r.hi);
    total.hi += factor * (factor > 0 ? r.hi : r.lo);
  }
  return total;
}

// Symbolic simplification relies on domains, so that it gives the same
// indices before and after loops are merged and split.
Range IndexSpace::domain(const Index &index) const {
  Range total{index.constant, index.constant};
  for (auto [variable, factor] : index.terms) {
    Range r = variables[variable].domain;
    total.lo += factor * (factor > 0 ? r.lo : r.hi);
    total.hi += factor * (factor > 0 ? r.hi : r.lo);
  }
  return total;
}

Index IndexSpace::derived(Kind kind, const Index &origin, int64_t divisor, Range range) {
  for (auto [number, entry] : llvm::enumerate(variables))
    if (entry.kind == kind && entry.divisor == divisor && entry.origin == origin) {
      Index index;
      index.terms.push_back({static_cast<Variable>(number), 1});
      return index;
    }
  Entry entry;
  entry.kind = kind;
  entry.origin = origin;
  entry.divisor = divisor;
  entry.range = range;
  return variable(entry);
}

// Splits `index` into a part whose coefficients the divisor divides and the rest.
static std::pair<Index, Index> split(const Index &index, int64_t divisor) {
  int64_t low = index.constant % divisor;
  if (low < 0)
    low += divisor;
  std::pair<Index, Index> parts{Index(index.constant - low), Index(low)};
  for (auto term : index.terms)
    (term.second % divisor == 0 ? parts.first : parts.second).terms.push_back(term);
  return parts;
}

static Index divided(const Index &index, int64_t divisor) {
  Index result(index.constant / divisor);
  for (auto [variable, factor] : index.terms)
    result.terms.push_back({variable, factor / divisor});
  return result;
}

Index IndexSpace::quotient(const Index &dividend, int64_t divisor) {
  if (divisor == 1)
    return dividend;
  auto [multiple, rest] = split(dividend, divisor);
  Range r = domain(rest);
  if (r.lo >= 0 && r.hi < divisor)
    return divided(multiple, divisor);
  Range whole = domain(dividend);
  return derived(Kind::Quotient, dividend, divisor, {whole.lo / divisor, whole.hi / divisor});
}

Index IndexSpace::remainder(const Index &dividend, int64_t divisor) {
  if (divisor == 1)
    return 0;
  auto [multiple, rest] = split(dividend, divisor);
  Range r = domain(rest);
  if (r.lo >= 0 && r.hi < divisor)
    return rest;
  return derived(Kind::Remainder, dividend, divisor, {0, divisor - 1});
}

Indices IndexSpace::delinearize(const Index &linear, llvm::ArrayRef<int64_t> shape) {
  Indices indices(shape.size());
  Index rest = linear;
  for (size_t d = shape.size(); d-- > 0;) {
    int64_t extent = std::max<int64_t>(shape[d], 1);
    if (d == 0) {
      indices[d] = extent == 1 ? Index(0) : rest;
    } else {
      indices[d] = remainder(rest, extent);
      rest = quotient(rest, extent);
    }
  }
  return indices;
}

Index IndexSpace::linearize(llvm::ArrayRef<Index> indices, llvm::ArrayRef<int64_t> shape) {
  Index linear;
  int64_t stride = 1;
  for (size_t d = shape.size(); d-- > 0;) {
    linear = linear + indices[d] * stride;
    // Of an empty shape only; its elements are never addressed.
    if (llvm::MulOverflow(stride, shape[d], stride))
      return linear;
  }
  return linear;
}

bool IndexSpace::dependsOn(const Index &original, Variable variable) const {
  for (auto [candidate, factor] : substituted(original).terms)
    if (candidate == variable || (isDerived(candidate) && dependsOn(origin(candidate), variable)))
      return true;
  return false;
}

llvm::Value *IndexSpace::emit(const Index &original) {
  Index index = substituted(original);
  llvm::Value *sum = nullptr;
  for (auto [variable, factor] : index.terms) {
    Entry &entry = variables[variable];
    llvm::Value *value = entry.value;
    if (entry.kind != Kind::Plain) {
      llvm::Value *origin = emit(entry.origin), *divisor = gen.index(variables[variable].divisor);
      value = variables[variable].kind == Kind::Quotient ? gen.builder.CreateUDiv(origin, divisor)
                                                         : gen.builder.CreateURem(origin, divisor);
    }
    llvm::Value *term = gen.mul(value, factor);
    sum = sum ? gen.add(sum, term) : term;
  }
  return sum ? gen.add(sum, index.constant) : gen.index(index.constant);
}

bool IndexSpace::canMerge(const Index &original, Variable outer, Variable inner) const {
  Index index = substituted(original);
  if (index.coefficient(outer) != index.coefficient(inner) * extent(inner))
    return false;
  for (auto [variable, factor] : index.terms)
    if (isDerived(variable) && !canMerge(origin(variable), outer, inner))
      return false;
  return true;
}

void IndexSpace::merge(Variable outer, Variable inner) {
  variables[inner].range.hi = extent(outer) * extent(inner) - 1;
  variables[outer].merged = true;
}

Index IndexSpace::substituted(const Index &index) const {
  Index result(index.constant);
  for (auto term : index.terms)
    if (!variables[term.first].merged)
      result.terms.push_back(term);
  return result;
}
