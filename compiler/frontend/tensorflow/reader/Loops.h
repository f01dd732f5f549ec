// Loops of TensorFlow 1's control flow become structured ones.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_LOOPS_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_LOOPS_H

#include <vector>

#include "compiler/frontend/common/Diagnostics.h"
#include "compiler/frontend/tensorflow/reader/Graph.h"

namespace aotc::tf {

// The nodes between Enter and Exit of a frame (Enter, Merge, LoopCond, Switch, NextIteration, Exit: "Dynamic control flow
// in large-scale machine learning", Yu et al., EuroSys 2018) become one node of op "While" with the bodies "cond" and
// "body", as TensorFlow 2 writes them; frames in frames become loops in bodies. Nodes stay in their order otherwise.
// `roots` are edges from outside, which are renumbered. Frames of another form are reported; the
// nodes are then as good as gone.
void raiseLoops(std::vector<Node> &nodes, const std::vector<Edge *> &roots, Diagnostics &diagnostics);

} // namespace aotc::tf
#endif
