// From the flat list of nodes to the graph that importers take.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_ASSEMBLE_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_ASSEMBLE_H

#include "compiler/frontend/tensorflow/reader/Inline.h"
#include "compiler/frontend/tensorflow/reader/Load.h"
#include "compiler/frontend/tensorflow/reader/Reader.h"

namespace aotc::tf {

// From a parsed graph, as readGraph() does from a file; nullopt: problems were reported.
std::optional<Model> buildModel(const GraphDefPtr &graphDef, const ReadOptions &options, Diagnostics &diagnostics);

// Orders what the outputs need, decodes its attributes and finds the inputs.
Model assemble(const GraphDefPtr &graphDef, const Scope &scope, const Selection &selection, FlatGraph flat,
               Diagnostics &diagnostics);

} // namespace aotc::tf
#endif
