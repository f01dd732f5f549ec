// Which tensors of a fused function share memory, and how.
#ifndef AOTC_PASSES_SCHEDULE_BUFFERS_H
#define AOTC_PASSES_SCHEDULE_BUFFERS_H

#include <vector>

#include "ir/Plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace aotc::plan {

// A piece of memory of its own.
struct Storage {
  Space space = Space::Arena;
  int64_t index = 0; // of the input, output or state
  int64_t bytes = 0;
  int64_t offset = 0; // in its space, once known
  bool kept = false; // a new state in the arena: needed when all kernels have run
  int first = -1, last = -1; // positions of kernels that use it, once ordered
};

// A part of a storage.
struct Slot {
  int storage;
  int64_t offset, bytes;
};

// Groups that take no kernel.
enum class Form { Kernel, View, Join };

class Buffers {
public:
  // Fails with a diagnostic when a size overflows. Copies must have been added
  // where a result is not a kernel's own (addReturnCopies).
  static mlir::FailureOr<Buffers> build(mlir::func::FuncOp func);

  Form formOf(nn::FusionOp fusion) const { return forms.lookup(fusion); }
  Slot slotOf(mlir::Value value) const;
  Storage &storage(int id) { return storages[id]; }
  const Storage &storage(int id) const { return storages[id]; }
  int count() const { return static_cast<int>(storages.size()); }
  // Makes `value`'s whole storage a part of another from `offset` on.
  void merge(int storage, int into, int64_t offset);
  // Whether nothing but `value` lies in its storage.
  bool isWhole(Slot slot) const { return slot.offset == 0 && slot.bytes == storages[slot.storage].bytes; }

private:
  int newStorage(Space space, int64_t index, int64_t bytes);
  int depthOf(mlir::Value value) const;
  mlir::LogicalResult addValue(mlir::Value value, Space space, int64_t index);
  void joinParts(nn::FusionOp fusion);

  std::vector<Storage> storages;
  std::vector<std::pair<int, int64_t>> parents; // storage and offset that a merged storage lies at
  llvm::DenseMap<mlir::Value, Slot> slots;
  llvm::DenseMap<mlir::Operation *, Form> forms;
  llvm::DenseMap<mlir::Operation *, int> depths; // of views and joins over each other
};

// The value behind reshapes.
mlir::Value withoutReshapes(mlir::Value value);
// Byte offset of the slice when the group only cuts a contiguous part out of
// its operand; nothing otherwise.
std::optional<int64_t> contiguousSlice(nn::FusionOp fusion);
// The operand that the group writes a part of in place (nn.insert), if any.
mlir::Value insertTarget(nn::FusionOp fusion);
// Inserts loop groups that copy what is returned without being a kernel's own
// result: arguments, constants, views, and values returned before.
void addReturnCopies(mlir::func::FuncOp func);

} // namespace aotc::plan
#endif
