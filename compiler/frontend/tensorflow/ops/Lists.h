// Lists of tensors while a graph is imported: TensorFlow 1's TensorArrays and TensorFlow 2's TensorLists. Both are known
// item by item, so that nothing of them is left in the IR but the items. In a loop over data a list is one tensor.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_LISTS_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_LISTS_H

#include <deque>

#include "compiler/frontend/common/ImportBuilder.h"
#include "compiler/frontend/common/PartialShape.h"

namespace aotc::tf {

struct List {
  DType type = DType::F32;
  PartialShape element;           // as far as the graph declares it
  std::vector<mlir::Value> items; // null: not written yet
  bool mayGrow = false;
  mlir::Value whole = {}; // all items along its leading dimension, instead of `items`

  int64_t size() const { return whole ? ImportBuilder::shape(whole)[0] : static_cast<int64_t>(items.size()); }
};

// Which values stand for lists. Such a value has no operation and no tensor's type; it only names the list, so that it
// can travel along edges, through loops and branches.
class ListTable {
public:
  // Null when all lists of an import take too much; the caller reports that.
  mlir::Value add(mlir::MLIRContext *context, List list);
  // Null: no list.
  const List *find(mlir::Value value) const;

private:
  mlir::Block names; // an argument for each list
  std::deque<List> lists;
  size_t items = 0;
};

class NodeImport;

// All items along a new leading dimension; `shape` is of one, as far as it is known. Poison: reported.
mlir::Value stackAll(NodeImport &n, const List &list, const PartialShape &shape);

} // namespace aotc::tf
#endif
