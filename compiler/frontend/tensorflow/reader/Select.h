// Which nodes a compile is about: the outputs and the cuts that the user
// names, or the default outputs.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_SELECT_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_SELECT_H

#include "compiler/frontend/tensorflow/reader/Library.h"
#include "compiler/frontend/tensorflow/reader/Reader.h"

namespace aotc::tf {

struct Port {
  int node = 0; // index into the graph's scope
  int port = 0;
};
inline bool operator<(Port a, Port b) { return std::pair(a.node, a.port) < std::pair(b.node, b.port); }
inline bool operator==(Port a, Port b) { return a.node == b.node && a.port == b.port; }

struct Selection {
  std::vector<Port> outputs; // in order
  std::vector<Port> cuts;    // sorted, unique
  // Assignments to variables that happen before the outputs are there count as
  // needed, and the order of nodes is that of a run.
  bool effects = false;
  std::vector<int> runs; // nodes that run without yielding an output
};

// Reports unknown names; the selection then lacks them.
Selection select(const Scope &scope, Library &library, const ReadOptions &options, Diagnostics &diagnostics);

bool isPlaceholder(absl::string_view op);

} // namespace aotc::tf
#endif
