// Non-maximum suppression: boxes in the order of their scores, without those that overlap one that was taken.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_NONMAXSUPPRESSION_H
#define AOTC_COMPILER_FRONTEND_COMMON_NONMAXSUPPRESSION_H

#include "compiler/frontend/common/ImportBuilder.h"

namespace aotc {

struct BoxSelection {
  mlir::Value boxes;   // i64 [batch, classes, most]: numbers of boxes, the taken ones first, then 0
  mlir::Value isTaken; // bool, the same shape
};

// `boxes` [batch, count, 4] are two opposite corners, or centres and sizes; `scores` [batch, classes, count]. The others are
// scalars: the most boxes of a class (i64), the share of the union above which boxes overlap, and the score that a box must
// be above. Data decides how many rounds it takes; each takes the best box of every class. Null: reported.
std::optional<BoxSelection> suppressNonMaxima(ImportBuilder &b, mlir::Value boxes, mlir::Value scores, mlir::Value most,
                                              mlir::Value overlap, mlir::Value least, bool centred);

} // namespace aotc
#endif
