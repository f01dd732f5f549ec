#include "backends/cpu/codegen/Evaluator.h"

#include "ir/NN/Constants.h"
#include "llvm/ADT/TypeSwitch.h"

#include <functional>

using namespace aotc;
using namespace aotc::cpu;
using llvm::ArrayRef;
using llvm::Value;
using mlir::Operation;

static mlir::RankedTensorType typeOf(mlir::Value tensor) {
  return mlir::cast<mlir::RankedTensorType>(tensor.getType());
}

// Where an element of a matrix lies in its panels [G, P, K, NR]; see nn.unpack_panels.
static Indices panelIndices(nn::UnpackPanelsOp op, ArrayRef<Index> indices, IndexSpace &space) {
  ArrayRef<int64_t> packed = nn::shapeOf(op.getOperand()), shape = nn::shapeOf(op.getResult());
  size_t last = shape.size() - 1;
  int64_t inGroup = shape[last] / packed[0], width = packed[3];
  Index group = space.quotient(indices[last], inGroup), rest = space.remainder(indices[last], inGroup);
  Index column = rest, row = IndexSpace::linearize(indices.drop_back(), shape.drop_back());
  if (op.getTransposed()) {
    column = indices[last - 1];
    row = IndexSpace::linearize(indices.drop_back(2), shape.drop_back(2)) * inGroup + rest;
  }
  return {group, space.quotient(column, width), row, space.remainder(column, width)};
}

Source cpu::sourceOf(Operation *op, ArrayRef<Index> indices, IndexSpace &space) {
  Indices source(indices);
  return llvm::TypeSwitch<Operation *, Source>(op)
      .Case([&](nn::BroadcastOp broadcast) {
        for (auto [d, extent] : llvm::enumerate(nn::shapeOf(broadcast.getOperand())))
          if (extent == 1)
            source[d] = 0;
        return Source{broadcast.getOperand(), source};
      })
      .Case([&](nn::ReshapeOp reshape) {
        Index linear = IndexSpace::linearize(indices, nn::shapeOf(reshape.getResult()));
        return Source{reshape.getOperand(), space.delinearize(linear, nn::shapeOf(reshape.getOperand()))};
      })
      .Case([&](nn::TransposeOp transpose) {
        for (auto [d, from] : llvm::enumerate(transpose.getPermutation()))
          source[from] = indices[d];
        return Source{transpose.getOperand(), source};
      })
      .Case([&](nn::SliceOp slice) {
        for (size_t d = 0; d < source.size(); ++d)
          source[d] = indices[d] * slice.getStrides()[d] + slice.getStarts()[d];
        return Source{slice.getOperand(), source};
      })
      .Case([&](nn::ReverseOp reverse) {
        for (int64_t d : reverse.getAxes())
          source[d] = indices[d] * -1 + (nn::shapeOf(reverse.getOperand())[d] - 1);
        return Source{reverse.getOperand(), source};
      })
      .Case([&](nn::UnpackPanelsOp unpack) {
        return Source{unpack.getOperand(), panelIndices(unpack, indices, space)};
      });
}

// Starts and end of the operands of a concat along its axis.
static llvm::SmallVector<int64_t> concatStarts(nn::ConcatOp op) {
  llvm::SmallVector<int64_t> starts{0};
  for (mlir::Value input : op.getInputs())
    starts.push_back(starts.back() + nn::shapeOf(input)[op.getAxis()]);
  return starts;
}

void cpu::collectUses(mlir::Value tensor, ArrayRef<Index> indices, IndexSpace &space, IndexUses &uses) {
  // A value is computed once per index; without this a chain of x + x doubles at each step.
  llvm::DenseMap<mlir::Value, std::vector<Indices>> seen;
  std::function<void(mlir::Value, ArrayRef<Index>)> visit = [&](mlir::Value value, ArrayRef<Index> at) {
    std::vector<Indices> &earlier = seen[value];
    if (llvm::any_of(earlier, [&](const Indices &other) { return ArrayRef<Index>(other) == at; }))
      return;
    earlier.emplace_back(at);
    Operation *op = value.getDefiningOp();
    ArrayRef<int64_t> shape = nn::shapeOf(value);
    if (!op || mlir::isa<nn::ConstantOp>(op)) {
      if (!op || !mlir::cast<nn::ConstantOp>(op).getValue().isSplat())
        uses.indices.push_back(IndexSpace::linearize(at, shape));
    } else if (nn::isElementwise(op)) {
      for (mlir::Value operand : op->getOperands())
        visit(operand, at);
    } else if (auto iota = mlir::dyn_cast<nn::IotaOp>(op)) {
      uses.indices.push_back(at[iota.getAxis()]);
    } else if (auto concat = mlir::dyn_cast<nn::ConcatOp>(op)) {
      int64_t axis = concat.getAxis();
      uses.indices.push_back(at[axis]); // chooses the operand: stays a loop of its own
      llvm::SmallVector<int64_t> starts = concatStarts(concat);
      for (auto [i, input] : llvm::enumerate(concat.getInputs())) {
        uses.boundaries.push_back({at[axis], starts[i]});
        Indices inside(at);
        inside[axis] = at[axis] - starts[i];
        visit(input, inside);
      }
    } else if (auto pad = mlir::dyn_cast<nn::PadOp>(op)) {
      Indices inside(at);
      for (size_t d = 0; d < at.size(); ++d) {
        inside[d] = at[d] - pad.getLow()[d];
        if (pad.getLow()[d] == 0 && pad.getHigh()[d] == 0)
          continue;
        uses.indices.push_back(at[d]);
        uses.boundaries.push_back({at[d], pad.getLow()[d]});
        uses.boundaries.push_back({at[d], shape[d] - pad.getHigh()[d]});
      }
      visit(pad.getOperand(), inside);
      visit(pad.getValue(), {});
    } else if (auto gather = mlir::dyn_cast<nn::GatherOp>(op)) {
      // Around the gathered axis indices stay apart.
      for (const Index &index : at)
        uses.indices.push_back(index);
    } else if (op->getNumOperands() == 1 && !mlir::isa<nn::ReduceOp, nn::SoftmaxOp>(op)) {
      Source source = sourceOf(op, at, space);
      visit(source.tensor, source.indices);
    }
  };
  visit(tensor, indices);
}

Value *Evaluator::at(mlir::Value tensor, ArrayRef<Index> indices) {
  if (auto found = bound.find(tensor); found != bound.end())
    return found->second;
  for (auto &[at, value] : known[tensor])
    if (ArrayRef<Index>(at) == indices)
      return value;
  Value *value = compute(tensor, indices);
  known[tensor].push_back({Indices(indices), value});
  return value;
}

Value *Evaluator::compute(mlir::Value tensor, ArrayRef<Index> indices) {
  ArrayRef<int64_t> shape = nn::shapeOf(tensor);
  if (auto found = placed.find(tensor); found != placed.end()) {
    auto [base, first] = found->second;
    return load(tensor, base, IndexSpace::linearize(indices.drop_front(first), shape.drop_front(first)));
  }
  if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(tensor))
    return load(tensor, emitter.inputPointer(argument), IndexSpace::linearize(indices, shape));
  Operation *op = tensor.getDefiningOp();
  if (nn::isElementwise(op)) {
    Values operands;
    int64_t widest = 1;
    for (mlir::Value operand : op->getOperands()) {
      operands.push_back(at(operand, indices));
      widest = std::max(widest, IRGen::lanesOf(operands.back()));
    }
    for (Value *&operand : operands)
      operand = widest == 1 ? operand : splat(operand);
    return emitter.elementwise(op, operands);
  }
  return llvm::TypeSwitch<Operation *, Value *>(op)
      .Case([&](nn::ConstantOp) { return constant(tensor, indices); })
      .Case([&](nn::PadOp) { return pad(tensor, indices); })
      .Case([&](nn::ConcatOp) { return concat(tensor, indices); })
      .Case([&](nn::GatherOp) { return gather(tensor, indices); })
      .Case([&](nn::IotaOp) { return iota(tensor, indices); })
      .Default([&](Operation *op) {
        Source source = sourceOf(op, indices, space);
        return at(source.tensor, source.indices);
      });
}

// Every lane on its own: for indices that are no affine function of the lane.
Value *Evaluator::perLane(mlir::Value tensor, ArrayRef<Index> indices) {
  Value *first = space.value(laneVariable);
  Value *result = nullptr;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    space.setValue(laneVariable, gen.add(first, lane));
    Evaluator scalar(emitter, space);
    scalar.placed = placed;
    for (auto [value, registers] : bound)
      scalar.bind(value, IRGen::lanesOf(registers) == 1 ? registers
                                                        : gen.builder.CreateExtractElement(registers, lane));
    Value *value = scalar.at(tensor, indices);
    if (!result)
      result = llvm::PoisonValue::get(IRGen::vectorOf(value->getType(), lanes));
    result = gen.builder.CreateInsertElement(result, value, lane);
  }
  space.setValue(laneVariable, first);
  return result;
}

Value *Evaluator::load(mlir::Value tensor, Value *base, const Index &linear) {
  mlir::Type element = typeOf(tensor).getElementType();
  if (uniform(linear))
    return emitter.load(element, base, space.emit(linear));
  Index rest = space.substituted(linear);
  int64_t step = rest.coefficient(laneVariable);
  Index lane;
  lane.terms.push_back({laneVariable, step});
  bool affine = step != 0 && !space.dependsOn(rest - lane, laneVariable);
  Value *offset = space.emit(linear);
  if (affine && step == 1)
    return emitter.load(element, base, offset, lanes);
  if (affine && step == -1)
    return gen.builder.CreateVectorReverse(emitter.load(element, base, offset, lanes, 1 - lanes));
  Value *vector = llvm::PoisonValue::get(emitter.memoryType(element, lanes));
  int64_t bytes = RegionEmitter::bytesOf(element);
  Value *first = space.value(laneVariable);
  for (int64_t i = 0; i < lanes; ++i) {
    if (!affine) {
      space.setValue(laneVariable, gen.add(first, i));
      offset = space.emit(linear);
    }
    Value *from = gen.address(base, offset, bytes, affine ? i * step : 0);
    vector = gen.builder.CreateInsertElement(vector, gen.load(emitter.memoryType(element), from), i);
  }
  space.setValue(laneVariable, first);
  return emitter.toRegister(element, vector);
}

Value *Evaluator::constant(mlir::Value tensor, ArrayRef<Index> indices) {
  auto op = tensor.getDefiningOp<nn::ConstantOp>();
  Tensor value = nn::fromAttr(op.getValue());
  mlir::Type element = typeOf(tensor).getElementType();
  if (op.getValue().isSplat() || value.size() == 1) {
    llvm::Type *type = emitter.registerType(element);
    if (mlir::isa<mlir::FloatType>(element))
      return gen.constant(type, value.f(0));
    return gen.constantInt(type, value.i(0));
  }
  // Small tables live beside the code.
  auto *bytes = llvm::ConstantDataArray::getString(
      gen.module.getContext(), llvm::StringRef(value.data(), value.bytes()), /*AddNull=*/false);
  auto *global =
      new llvm::GlobalVariable(gen.module, bytes->getType(), true, llvm::GlobalValue::PrivateLinkage, bytes);
  global->setAlignment(llvm::Align(8));
  global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  return load(tensor, global, IndexSpace::linearize(indices, typeOf(tensor).getShape()));
}

Value *Evaluator::iota(mlir::Value tensor, ArrayRef<Index> indices) {
  auto op = tensor.getDefiningOp<nn::IotaOp>();
  const Index &index = indices[op.getAxis()];
  Value *position = nullptr;
  if (uniform(index)) {
    position = space.emit(index);
  } else {
    Value *first = space.value(laneVariable);
    position = llvm::PoisonValue::get(IRGen::vectorOf(gen.i64(), lanes));
    for (int64_t lane = 0; lane < lanes; ++lane) {
      space.setValue(laneVariable, gen.add(first, lane));
      position = gen.builder.CreateInsertElement(position, space.emit(index), lane);
    }
    space.setValue(laneVariable, first);
  }
  mlir::Type element = typeOf(tensor).getElementType();
  llvm::Type *type = emitter.registerType(element, IRGen::lanesOf(position));
  if (mlir::isa<mlir::FloatType>(element))
    return emitter.roundTo(element, gen.builder.CreateSIToFP(position, type));
  return gen.builder.CreateIntCast(position, type, /*isSigned=*/true);
}

// Loops are split where the choice changes, so it is usually known here.
Value *Evaluator::concat(mlir::Value tensor, ArrayRef<Index> indices) {
  auto op = tensor.getDefiningOp<nn::ConcatOp>();
  const Index &along = indices[op.getAxis()];
  llvm::SmallVector<int64_t> starts = concatStarts(op);
  Range range = space.range(along);
  llvm::SmallVector<unsigned> candidates;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    if (starts[i] < starts[i + 1] && range.lo < starts[i + 1] && range.hi >= starts[i])
      candidates.push_back(i);
  if (candidates.size() > 1 && !uniform(along))
    return perLane(tensor, indices);
  Value *result = nullptr;
  for (unsigned i : candidates) {
    Indices inside(indices);
    inside[op.getAxis()] = along - starts[i];
    if (candidates.size() == 1)
      return at(op.getInputs()[i], inside);
    // Elements of the other operands are computed at an index that exists.
    int64_t last = starts[i + 1] - starts[i] - 1;
    Value *position = space.emit(inside[op.getAxis()]);
    Value *clamped =
        gen.builder.CreateSelect(gen.builder.CreateICmpSLT(position, gen.index(0)), gen.index(0), position);
    clamped = gen.builder.CreateSelect(gen.builder.CreateICmpSGT(clamped, gen.index(last)), gen.index(last),
                                       clamped);
    inside[op.getAxis()] = space.runtime(clamped, {0, last});
    Value *value = at(op.getInputs()[i], inside);
    Value *reached = gen.builder.CreateICmpSGE(position, gen.index(0));
    if (result && IRGen::lanesOf(value) != IRGen::lanesOf(result)) {
      value = splat(value);
      result = splat(result);
    }
    result = result ? gen.builder.CreateSelect(reached, value, result) : value;
  }
  return result;
}

Value *Evaluator::pad(mlir::Value tensor, ArrayRef<Index> indices) {
  auto op = tensor.getDefiningOp<nn::PadOp>();
  auto &b = gen.builder;
  Indices inside(indices);
  Value *border = nullptr; // whether the element lies outside the operand
  for (auto [d, extent] : llvm::enumerate(nn::shapeOf(op.getOperand()))) {
    // Never outside; and where loops merged, its index alone has no meaning.
    if (op.getLow()[d] == 0 && op.getHigh()[d] == 0)
      continue;
    Index index = indices[d] - op.getLow()[d];
    inside[d] = index;
    Range range = space.range(index);
    if (range.lo >= 0 && range.hi < extent)
      continue;
    bool below = range.hi < 0, above = range.lo >= extent;
    Index mirrored = op.getMode() == nn::PadMode::Reflect
                         ? (below ? index * -1 : index * -1 + 2 * (extent - 1))
                         : (below ? index * -1 - 1 : index * -1 + (2 * extent - 1));
    if (op.getMode() == nn::PadMode::Edge)
      mirrored = below ? 0 : extent - 1;
    if (below || above) {
      if (op.getMode() == nn::PadMode::Constant)
        return at(op.getValue(), {});
      inside[d] = mirrored;
      continue;
    }
    if (!uniform(index))
      return perLane(tensor, indices);
    Value *position = space.emit(index), *zero = gen.index(0), *last = gen.index(extent - 1);
    Value *isBelow = b.CreateICmpSLT(position, zero), *isAbove = b.CreateICmpSGT(position, last);
    Value *low = zero, *high = last; // edge; and any element for constant
    if (op.getMode() == nn::PadMode::Constant) {
      Value *outside = b.CreateOr(isBelow, isAbove);
      border = border ? b.CreateOr(border, outside) : outside;
    } else if (op.getMode() != nn::PadMode::Edge) {
      int64_t shift = op.getMode() == nn::PadMode::Reflect ? 0 : 1;
      low = b.CreateSub(gen.index(-shift), position);
      high = b.CreateSub(gen.index(2 * (extent - 1) + shift), position);
    }
    position = b.CreateSelect(isBelow, low, b.CreateSelect(isAbove, high, position));
    inside[d] = space.runtime(position, {0, extent - 1});
  }
  if (llvm::is_contained(nn::shapeOf(op.getOperand()), 0))
    return at(op.getValue(), {});
  if (!border)
    return at(op.getOperand(), inside);
  Value *value = at(op.getOperand(), inside), *fill = at(op.getValue(), {});
  if (IRGen::lanesOf(value) != IRGen::lanesOf(fill))
    fill = splat(fill);
  return b.CreateSelect(border, fill, value);
}

Value *Evaluator::gather(mlir::Value tensor, ArrayRef<Index> indices) {
  auto op = tensor.getDefiningOp<nn::GatherOp>();
  int64_t axis = op.getAxis(), batch = op.getBatchDims();
  int64_t indexRank = typeOf(op.getIndices()).getRank();
  // result = operand[:axis], indices[batch:], operand[axis+1:]
  Indices where(indices.take_front(batch));
  where.append(indices.begin() + axis, indices.begin() + axis + indexRank - batch);
  if (!llvm::all_of(where, [&](const Index &index) { return uniform(index); }))
    return perLane(tensor, indices);
  Value *position = at(op.getIndices(), where);
  position = gen.builder.CreateSExt(position, gen.i64());
  int64_t extent = nn::shapeOf(op.getOperand())[axis];
  emitter.failIf(gen.builder.CreateICmpUGE(position, gen.index(extent)), AOTC_INDEX_OUT_OF_RANGE, position);
  Indices source(indices.take_front(axis));
  source.push_back(space.runtime(position, {0, extent - 1}));
  source.append(indices.begin() + axis + indexRank - batch, indices.end());
  return at(op.getOperand(), source);
}
