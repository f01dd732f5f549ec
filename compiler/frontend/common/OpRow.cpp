#include "compiler/frontend/common/OpRow.h"

#include "llvm/ADT/StringExtras.h"

using llvm::Twine;

namespace aotc {

std::string TypeSet::str() const {
  std::string text;
  for (unsigned i = 0; i <= static_cast<unsigned>(DType::U64); ++i)
    if (contains(static_cast<DType>(i)))
      text += (text.empty() ? "" : " ") + std::string(name(static_cast<DType>(i)));
  return text;
}

void OpRequirements::checkCount(ImportBuilder &b, size_t operands) const {
  int count = static_cast<int>(operands);
  if (count >= minInputs && (maxInputs < 0 || count <= maxInputs))
    return;
  std::string wanted = std::to_string(minInputs);
  if (maxInputs < 0)
    wanted = "at least " + wanted;
  else if (maxInputs != minInputs)
    wanted += " to " + std::to_string(maxInputs);
  b.error("has " + Twine(count) + " operands, not " + wanted);
}

void OpRequirements::checkType(ImportBuilder &b, DType type) const {
  if (!types.contains(type))
    b.error("element type " + std::string(aotc::name(type)) + " is not supported", "supported: " + types.str());
}

void OpRequirements::checkChoice(ImportBuilder &b, const Choice &choice, llvm::StringRef value) const {
  if (!llvm::is_contained(choice.values, value) && !b.failed())
    b.error("attribute '" + choice.attr + "' is '" + value + "'", "supported: " + llvm::join(choice.values, ", "));
}

void OpRequirements::checkConstants(ImportBuilder &b, llvm::ArrayRef<mlir::Value> operands) const {
  for (const auto &[operand, what] : constants)
    for (int i = 0, e = operands.size(); i < e; ++i) {
      bool meant = operand == i || operand == kEveryOperand || (operand == kLastOperand && i + 1 == e);
      if (meant && operands[i] && !ImportBuilder::isKnown(operands[i]))
        b.error("operand " + Twine(i) + " (" + what + ") must be known at compile time",
                "make it a constant, or derive it from shapes");
    }
}

std::string OpRequirements::describe() const {
  std::string text = "[" + types.str() + "]";
  for (const auto &[operand, what] : constants)
    text += "  constant " + what;
  return text;
}

void OpRequirements::checkExtents(ImportBuilder &b, llvm::ArrayRef<mlir::Value> operands) const {
  if (extents != ExtentRule::Refuse)
    return;
  for (auto [i, operand] : llvm::enumerate(operands))
    if (operand && !b.extents.of(operand).empty())
      b.error("operand " + llvm::Twine(i) + " has an extent that depends on data, which this operation does not take",
              "choose an output before it with --output");
}

void OpRequirements::setExtents(ImportBuilder &b, llvm::ArrayRef<mlir::Value> operands,
                                llvm::ArrayRef<mlir::Value> results) const {
  if (extents != ExtentRule::Elementwise || !b.hasExtents(operands))
    return;
  for (mlir::Value result : results)
    if (result)
      if (auto all = b.elementwiseExtents(operands, result))
        b.extents.set(result, *all);
}

} // namespace aotc
