// Which tensor of a checkpoint is which variable's value.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_RESTORE_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_RESTORE_H

#include <map>
#include <string>

#include "compiler/frontend/common/Diagnostics.h"
#include "compiler/frontend/tensorflow/proto/graph.pb.h"
#include "compiler/frontend/tensorflow/savedmodel/Bundle.h"

namespace aotc::tf {

// What all handles of one variable share: VarHandleOp, VariableV2 and their like.
std::string variableName(absl::string_view node, absl::string_view container, absl::string_view sharedName);

struct Restored {
  std::string key;
  std::optional<SliceSpec> slice;
};

// What node `restoreOp` of the graph assigns, by variableName(). TensorFlow
// runs the node after it has loaded the graph, whichever of its versions wrote
// it; so no other description of variables is needed.
std::map<std::string, Restored> findRestored(const proto::GraphDef &graph, const std::string &restoreOp,
                                             Diagnostics &diagnostics);

} // namespace aotc::tf
#endif
