// Conditionals of TensorFlow 1's control flow become structured ones.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_CONDITIONALS_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_CONDITIONALS_H

#include <vector>

#include "compiler/frontend/tensorflow/reader/Graph.h"

namespace aotc::tf {

// What a Merge joins and Switches of one predicate part becomes a node of op "If" with the bodies "then_branch" and
// "else_branch", nested ones first. Loops must be raised before. A Merge whose operands are not those of one predicate stays,
// and with it what leads there. `roots` are edges from outside, which are renumbered.
void raiseConditionals(std::vector<Node> &nodes, const std::vector<Edge *> &roots);
void raiseConditionals(Body &body);

} // namespace aotc::tf
#endif
