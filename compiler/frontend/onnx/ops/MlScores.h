// What operators of ai.onnx.ml do with scores of targets or classes.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_OPS_MLSCORES_H
#define AOTC_COMPILER_FRONTEND_ONNX_OPS_MLSCORES_H

#include <array>

#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {

// Names of post_transform; TreeEnsemble-5 numbers them so.
inline constexpr std::array<const char *, 4> kPostTransforms{"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"};

// Scores [batch, classes] after a post_transform.
Value transformScores(NodeImport &n, Value scores, const std::string &transform);

// An attribute NAME of floats, or NAME_as_tensor.
std::vector<double> realsOf(NodeImport &n, const std::string &name);
// Scores plus a constant for each target; none when the list is empty.
Value addConstants(NodeImport &n, Value scores, const std::vector<double> &constants);

// The numeric labels of the classes; reports text ones.
std::optional<DimVector> classLabels(NodeImport &n);
// Labels and scores of classes. A single score tells two classes apart: the second is taken where the
// score is past zero, or past one half when all its parts are `positive`, as shares of votes are.
Results classify(NodeImport &n, Value scores, const DimVector &labels, bool positive);

} // namespace aotc::onnx
#endif
