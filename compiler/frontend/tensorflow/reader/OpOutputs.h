// How many outputs a node has and what its operation calls them.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_OPOUTPUTS_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_OPOUTPUTS_H

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "compiler/frontend/tensorflow/proto/graph.pb.h"

namespace aotc::tf {

// What the attributes of a function's nodes may refer to: the attributes of
// the call that is being inlined. Null outside of functions.
using Environment = absl::flat_hash_map<absl::string_view, const proto::AttrValue *>;

// The attribute of a node, looked up in `environment` if it is a placeholder
// there; null if it is missing.
const proto::AttrValue *findAttr(const proto::NodeDef &node, const std::string &name,
                                 const Environment *environment);

struct OutputArg {
  absl::string_view name; // empty: any name
  int64_t ports = 1;      // 0 <= ports <= kMaxPorts; -1: an attribute is missing or absurd
};
// Of a node that is no call of a function in the file.
std::vector<OutputArg> outputArgs(const proto::NodeDef &node, const Environment *environment);
// Of a function's argument in a call with this environment.
int64_t portsOf(const proto::OpDef::ArgDef &arg, const Environment &environment);

// Operations that give variables new values.
bool isAssignment(absl::string_view op);
// NoOp, savers, assignments, summaries...: what only training and bookkeeping need.
bool isBookkeeping(absl::string_view op);

} // namespace aotc::tf
#endif
