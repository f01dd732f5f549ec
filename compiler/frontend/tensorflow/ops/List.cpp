// Family Control: TensorArrays and TensorLists, whose items are values of the importer.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {
namespace {

constexpr int64_t kMaxLength = 1 << 20; // of one list

Value listOf(NodeImport &n, List list) {
  Value value = n.lists.add(n.b.context(), std::move(list));
  return value ? value : n.error("the lists of tensors have too many items");
}

// Operand `i` as a list; null: reported.
const List *listAt(NodeImport &n, size_t i) {
  const List *list = n.lists.find(n.in(i));
  if (!list && n.in(i))
    n.error("operand " + llvm::Twine(i) + " is not a list of tensors");
  return list;
}

PartialShape merged(const PartialShape &a, const PartialShape &b) {
  if (!a || !b)
    return a ? a : b;
  PartialShape result = a;
  for (size_t d = 0; d < a->size() && d < b->size(); ++d)
    if ((*result)[d] < 0)
      (*result)[d] = (*b)[d];
  return result;
}

bool isComplete(const PartialShape &shape) {
  return shape && llvm::all_of(*shape, [](int64_t d) { return d >= 0; });
}

// An operand that holds a shape; a scalar stands for an unknown one.
PartialShape shapeAt(NodeImport &n, size_t i) {
  if (!n.in(i) || n.rank(i) == 0)
    return std::nullopt;
  DimVector dims = n.constantInts(i);
  return std::vector<int64_t>(dims.begin(), dims.end());
}

PartialShape shapeAttr(NodeImport &n, const char *name) {
  auto found = n.node.attrs.find(name);
  const auto *shape = found == n.node.attrs.end() ? nullptr : std::get_if<PartialShape>(&found->second);
  return shape ? *shape : std::nullopt;
}

std::optional<int64_t> lengthAt(NodeImport &n, size_t i) {
  auto length = n.constantInt(i);
  if (length && (*length < 0 || *length > kMaxLength)) {
    n.error("a list of " + llvm::Twine(*length) + " tensors");
    return std::nullopt;
  }
  return length;
}

// What an item is that nothing was written to.
Value zeros(NodeImport &n, const List &list, const PartialShape &shape) {
  PartialShape known = merged(list.element, shape);
  for (size_t i = 0; i < list.items.size() && !isComplete(known); ++i)
    if (list.items[i])
      known = ImportBuilder::shape(list.items[i]).vec();
  if (!isComplete(known))
    return n.error("reads an item that nothing was written to, and whose shape is not known");
  return n.b.splat(list.type, *known, 0);
}

Value itemOf(NodeImport &n, const List &list, int64_t i, const PartialShape &shape = std::nullopt) {
  return list.items[i] ? list.items[i] : zeros(n, list, shape);
}

// All items along a new leading dimension.
Value stack(NodeImport &n, const List &list, llvm::ArrayRef<int64_t> which, const PartialShape &shape) {
  if (which.empty()) {
    PartialShape element = merged(list.element, shape);
    if (!isComplete(element))
      return n.error("stacks no items, and their shape is not known");
    std::vector<int64_t> dims{0};
    dims.insert(dims.end(), element->begin(), element->end());
    return n.b.constant(Tensor(list.type, dims));
  }
  llvm::SmallVector<Value> parts;
  for (int64_t i : which)
    if (Value item = itemOf(n, list, i, shape))
      parts.push_back(n.b.expandDims(item, 0));
    else
      return {};
  return n.b.concat(parts, 0);
}

DimVector all(const List &list) { return llvm::to_vector(llvm::seq<int64_t>(0, list.items.size())); }

Value item(NodeImport &n, Value tensor, int64_t i) {
  Dims shape = ImportBuilder::shape(tensor);
  return n.b.reshape(n.b.sliceAxis(tensor, 0, i, 1), shape.drop_front());
}

// The list item by item.
List apart(NodeImport &n, List list) {
  for (int64_t i = 0, size = list.whole ? list.size() : 0; i < size; ++i)
    list.items.push_back(item(n, list.whole, i));
  list.whole = {};
  return list;
}

// Operand `i` as a position; it may be known at run time only.
struct Position {
  std::optional<int64_t> known;
  Value value;
};

Position positionAt(NodeImport &n, size_t i, const List &list, bool mayGrow = false) {
  Position position;
  position.value = n.in(i);
  if (ImportBuilder::elements(n.in(i)) != 1) {
    n.error("the position of an item must be one number");
    return position;
  }
  std::optional<Tensor> known = n.b.constantOf(n.in(i));
  if (!known)
    return position;
  position.known = known->i(0);
  const int64_t end = mayGrow && !list.whole ? kMaxLength : list.size();
  if (*position.known < 0 || *position.known >= end)
    n.error("item " + llvm::Twine(*position.known) + " of a list of " + llvm::Twine(list.size()));
  return position;
}

Value read(NodeImport &n, const List &list, size_t index, const PartialShape &shape) {
  Position position = positionAt(n, index, list);
  if (n.b.failed())
    return {};
  if (position.known)
    return list.whole ? item(n, list.whole, *position.known) : itemOf(n, list, *position.known, shape);
  return n.b.gather(stackAll(n, list, shape), n.b.reshape(position.value, {}), 0);
}

Value write(NodeImport &n, List list, size_t index, Value value) {
  Position position = positionAt(n, index, list, list.mayGrow);
  if (n.b.failed())
    return {};
  if (ImportBuilder::dtype(value) != list.type)
    return n.error("writes " + std::string(name(ImportBuilder::dtype(value))) + " to a list of " +
                   std::string(name(list.type)));
  if (list.whole) {
    Dims whole = ImportBuilder::shape(list.whole);
    if (whole.drop_front() != ImportBuilder::shape(value))
      return n.error("writes an item of shape " + llvm::Twine(toString(ImportBuilder::shape(value))) + " where the others are " +
                     toString(whole.drop_front()));
    list.whole = n.b.scatterNd(nn::ScatterFn::Update, list.whole, n.b.reshape(position.value, {1, 1}), n.b.expandDims(value, 0));
    return list.whole ? listOf(n, std::move(list)) : Value();
  }
  if (position.known) {
    if (*position.known >= static_cast<int64_t>(list.items.size()))
      list.items.resize(*position.known + 1);
    list.items[*position.known] = value;
    return listOf(n, std::move(list));
  }
  for (size_t i = 0; i < list.items.size(); ++i) {
    Value here = n.b.compare(nn::CompareFn::Eq, n.b.reshape(position.value, {}), static_cast<double>(i));
    Value old = itemOf(n, list, i, ImportBuilder::shape(value).vec());
    if (old && ImportBuilder::shape(old) != ImportBuilder::shape(value))
      return n.error("writes items of different shapes to positions that depend on data");
    list.items[i] = n.b.select(here, value, old);
  }
  return listOf(n, std::move(list));
}

List unstacked(NodeImport &n, Value tensor, PartialShape element) {
  List list;
  list.type = ImportBuilder::dtype(tensor);
  list.element = std::move(element);
  if (ImportBuilder::rank(tensor) < 1) {
    n.error("takes a scalar apart");
    return list;
  }
  if (ImportBuilder::shape(tensor)[0] > kMaxLength) {
    n.error("a list of " + llvm::Twine(ImportBuilder::shape(tensor)[0]) + " tensors");
    return list;
  }
  list.element = merged(ImportBuilder::shape(tensor).drop_front().vec(), list.element);
  for (int64_t i = 0; i < ImportBuilder::shape(tensor)[0]; ++i)
    list.items.push_back(item(n, tensor, i));
  return list;
}

// Rows of `tensor` go to positions of `list`.
Value scatter(NodeImport &n, List list, Value tensor, size_t indices, bool grow) {
  DimVector positions = n.constantInts(indices);
  if (n.b.failed())
    return {};
  if (ImportBuilder::rank(tensor) < 1 || ImportBuilder::shape(tensor)[0] != static_cast<int64_t>(positions.size()))
    return n.error("has " + llvm::Twine(positions.size()) + " positions for other items");
  for (auto [row, position] : llvm::enumerate(positions)) {
    if (position < 0 || position >= kMaxLength || (!grow && position >= static_cast<int64_t>(list.items.size())))
      return n.error("item " + llvm::Twine(position) + " of a list of " + llvm::Twine(list.items.size()));
    if (position >= static_cast<int64_t>(list.items.size()))
      list.items.resize(position + 1);
    list.items[position] = item(n, tensor, row);
  }
  return listOf(n, std::move(list));
}

Results gather(NodeImport &n, const List &list, size_t indices, const PartialShape &shape) {
  if (!n.b.constantOf(n.in(indices)))
    return n.b.gather(stackAll(n, list, shape), n.in(indices), 0);
  DimVector which = n.constantInts(indices);
  for (int64_t i : which)
    if (i < 0 || i >= list.size())
      return n.error("item " + llvm::Twine(i) + " of a list of " + llvm::Twine(list.size()));
  return list.whole ? n.b.gather(list.whole, n.in(indices), 0) : stack(n, list, which, shape);
}

// Items one after the other along their leading dimension, and the extents there.
Results concat(NodeImport &n, const List &list, const PartialShape &shape) {
  llvm::SmallVector<Value> parts;
  DimVector lengths;
  for (size_t i = 0; i < list.items.size(); ++i) {
    Value part = itemOf(n, list, i, shape);
    if (!part)
      return {Value(), Value()};
    if (ImportBuilder::rank(part) < 1)
      return n.error("joins scalars"), Results{Value(), Value()};
    parts.push_back(part);
    lengths.push_back(ImportBuilder::shape(part)[0]);
  }
  if (parts.empty())
    return n.error("joins no items"), Results{Value(), Value()};
  return {n.b.concat(parts, 0), n.b.indices(DType::I64, lengths)};
}

List split(NodeImport &n, Value tensor, size_t lengths, List list) {
  DimVector extents = n.constantInts(lengths);
  int64_t start = 0;
  list.items.clear();
  for (int64_t extent : extents) {
    if (ImportBuilder::rank(tensor) < 1 || extent < 0 || start + extent > ImportBuilder::shape(tensor)[0]) {
      n.error("the lengths of the parts do not add up");
      return list;
    }
    list.items.push_back(n.b.sliceAxis(tensor, 0, start, extent));
    start += extent;
  }
  return list;
}

// TensorFlow 1. The handle says what the array is made for; what it holds travels along the flow.

Results arrayNew(NodeImport &n) {
  List list;
  auto type = n.type("dtype");
  auto length = lengthAt(n, 0);
  if (!type || !length)
    return {Value(), Value()};
  list.type = *type;
  list.element = shapeAttr(n, "element_shape");
  list.mayGrow = n.flag("dynamic_size");
  list.items.resize(*length);
  Value value = listOf(n, std::move(list));
  return {value, value};
}

template <typename Fn> ImportFn onList(size_t operand, Fn fn) {
  return [=](NodeImport &n) -> Results {
    const List *list = listAt(n, operand);
    return list ? fn(n, *list) : Results(Value());
  };
}

// The same for what knows lists item by item only.
template <typename Fn> ImportFn onItems(size_t operand, Fn fn) {
  return [=](NodeImport &n) -> Results {
    const List *list = listAt(n, operand);
    return list ? fn(n, apart(n, *list)) : Results(Value());
  };
}

template <typename Fn> ImportFn onListTwoResults(size_t operand, Fn fn) {
  return [=](NodeImport &n) -> Results {
    const List *list = listAt(n, operand);
    return list ? fn(n, apart(n, *list)) : Results{Value(), Value()};
  };
}

Results length(NodeImport &n, const List &list) {
  return n.b.scalar(DType::I32, static_cast<double>(list.size()));
}

void addArrayOps(OpRows &rows) {
  // The flow is the last operand.
  auto row = [&](const char *name, int inputs, ImportFn import) {
    rows.push_back(OpRow(name, inputs, kAll, std::move(import)).takesLists({0, inputs - 1}));
  };
  rows.push_back(OpRow("TensorArrayV3", 1, kIndexInts, arrayNew).needsConstant(0, "size"));
  row("TensorArrayReadV3", 3, onList(2, [](NodeImport &n, const List &list) -> Results { return read(n, list, 1, shapeAttr(n, "element_shape")); }));
  row("TensorArrayWriteV3", 4, onList(3, [](NodeImport &n, const List &list) -> Results { return write(n, list, 1, n.in(2)); }));
  row("TensorArraySizeV3", 2, onList(1, length));
  row("TensorArrayGatherV3", 3, onList(2, [](NodeImport &n, const List &list) { return gather(n, list, 1, shapeAttr(n, "element_shape")); }));
  row("TensorArrayScatterV3", 4, onItems(3, [](NodeImport &n, const List &list) -> Results {
        return scatter(n, list, n.in(2), 1, list.mayGrow);
      }));
  row("TensorArrayConcatV3", 2, onListTwoResults(1, [](NodeImport &n, const List &list) { return concat(n, list, std::nullopt); }));
  row("TensorArraySplitV3", 4, onItems(3, [](NodeImport &n, const List &list) -> Results {
        List parts = split(n, n.in(1), 2, list);
        return n.b.failed() ? Value() : listOf(n, std::move(parts));
      }));
  row("TensorArrayCloseV3", 1, [](NodeImport &) { return Results(llvm::ArrayRef<Value>{}); });
}

// TensorFlow 2.

Results listNew(NodeImport &n) {
  List list;
  auto type = n.type("element_dtype");
  list.element = shapeAt(n, 0);
  auto length = n.node.op == "TensorListReserve" ? lengthAt(n, 1) : std::optional<int64_t>(0);
  if (!type || !length)
    return Value();
  list.type = *type;
  list.items.resize(*length);
  list.mayGrow = true;
  return listOf(n, std::move(list));
}

Results fromTensor(NodeImport &n) {
  List list = unstacked(n, n.in(0), shapeAt(n, 1));
  return n.b.failed() ? Value() : listOf(n, std::move(list));
}

Results stackList(NodeImport &n, const List &list) {
  int64_t expected = n.integer("num_elements", -1);
  if (expected >= 0 && expected != list.size())
    return n.error("stacks " + llvm::Twine(list.size()) + " items, not " + llvm::Twine(expected));
  return stackAll(n, list, shapeAt(n, 1));
}

Results pushBack(NodeImport &n, const List &list) {
  if (ImportBuilder::dtype(n.in(1)) != list.type)
    return n.error("writes another element type than the list's");
  List longer = list;
  longer.items.push_back(n.in(1));
  return listOf(n, std::move(longer));
}

Results popBack(NodeImport &n, const List &list) {
  if (list.items.empty())
    return n.error("takes an item of an empty list"), Results{Value(), Value()};
  Value last = itemOf(n, list, static_cast<int64_t>(list.items.size()) - 1, shapeAt(n, 1));
  List shorter = list;
  shorter.items.pop_back();
  return {listOf(n, std::move(shorter)), last};
}

Results scatterNew(NodeImport &n) {
  List list;
  list.type = n.dtype(0);
  list.element = shapeAt(n, 2);
  if (n.node.op == "TensorListScatterV2")
    if (auto length = n.constantInt(3); length && *length > 0 && *length <= kMaxLength)
      list.items.resize(*length);
  return n.b.failed() ? Value() : scatter(n, std::move(list), n.in(0), 1, true);
}

Results resize(NodeImport &n, const List &list) {
  auto length = lengthAt(n, 1);
  if (!length)
    return Value();
  List other = list;
  other.items.resize(*length);
  return listOf(n, std::move(other));
}

Results joinLists(NodeImport &n, const List &list) {
  const List *other = listAt(n, 1);
  if (!other)
    return Value();
  List both = list, behind = apart(n, *other);
  both.items.insert(both.items.end(), behind.items.begin(), behind.items.end());
  return listOf(n, std::move(both));
}

Results elementShape(NodeImport &n, const List &list) {
  auto type = n.type("shape_type", DType::I32);
  if (!type)
    return Value();
  if (!list.element)
    return n.b.scalar(*type, -1);
  return n.b.indices(*type, *list.element);
}

void addTensorListOps(OpRows &rows) {
  auto row = [&](const char *name, int inputs, ImportFn import) {
    rows.push_back(OpRow(name, inputs, kAll, std::move(import)).takesLists({0}));
  };
  rows.push_back(OpRow("EmptyTensorList", 2, kIndexInts, listNew).needsConstant(0, "element shape"));
  rows.push_back(OpRow("TensorListReserve", 2, kIndexInts, listNew).needsConstant(0, "element shape").needsConstant(1, "length"));
  rows.push_back(OpRow("TensorListFromTensor", 2, kAll, fromTensor).needsConstant(1, "element shape"));
  row("TensorListStack", 2, onList(0, stackList));
  row("TensorListLength", 1, onList(0, length));
  row("TensorListElementShape", 1, onList(0, elementShape));
  row("TensorListGetItem", 3, onList(0, [](NodeImport &n, const List &list) -> Results { return read(n, list, 1, shapeAt(n, 2)); }));
  row("TensorListSetItem", 3, onList(0, [](NodeImport &n, const List &list) -> Results { return write(n, list, 1, n.in(2)); }));
  row("TensorListPushBack", 2, onItems(0, pushBack));
  row("TensorListPopBack", 2, onListTwoResults(0, popBack));
  row("TensorListGather", 3, onList(0, [](NodeImport &n, const List &list) { return gather(n, list, 1, shapeAt(n, 2)); }));
  rows.push_back(OpRow("TensorListScatter", 3, kAll, scatterNew).needsConstant(1, "indices").needsConstant(2, "element shape"));
  rows.push_back(OpRow("TensorListScatterV2", 4, kAll, scatterNew).needsConstant(1, "indices").needsConstant(2, "element shape"));
  row("TensorListScatterIntoExistingList", 3, onItems(0, [](NodeImport &n, const List &list) -> Results {
        return scatter(n, list, n.in(1), 2, false);
      }));
  row("TensorListConcat", 1, onListTwoResults(0, [](NodeImport &n, const List &list) { return concat(n, list, shapeAttr(n, "element_shape")); }));
  row("TensorListConcatV2", 3, onListTwoResults(0, [](NodeImport &n, const List &list) { return concat(n, list, shapeAt(n, 1)); }));
  rows.push_back(OpRow("TensorListSplit", 3, kAll, [](NodeImport &n) -> Results {
                   List list;
                   list.type = n.dtype(0);
                   list.element = shapeAt(n, 1);
                   list = split(n, n.in(0), 2, std::move(list));
                   return n.b.failed() ? Value() : listOf(n, std::move(list));
                 }).needsConstant(2, "lengths"));
  row("TensorListResize", 2, onItems(0, resize));
  rows.push_back(OpRow("TensorListConcatLists", 2, kAll, onItems(0, joinLists)).takesLists({0, 1}));
}

} // namespace

Value stackAll(NodeImport &n, const List &list, const PartialShape &shape) {
  return list.whole ? list.whole : stack(n, list, all(list), shape);
}

void addListOps(OpRows &rows) {
  addArrayOps(rows);
  addTensorListOps(rows);
}

} // namespace aotc::tf
