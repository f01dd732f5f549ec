// Symbolic dimensions: one object for a range of sizes. The model is compiled for some sizes; a call for another is made as
// several of those, on parts of its samples.
#ifndef AOTC_COMPILER_DRIVER_SYMBOLS_H
#define AOTC_COMPILER_DRIVER_SYMBOLS_H

#include "compiler/driver/State.h"

namespace aotc {

// The symbol of the options' inputs, if there is one; an error for more, for one without a range, and for what does not go
// together with one.
absl::StatusOr<std::optional<SymbolRange>> findSymbol(const CompileOptions &options);

// Imports the model once for each size that the object has code for. The functions come largest first, with the
// attribute `aotc.size`; c.result.model.symbol says what calls may ask for.
absl::Status importSizes(Compilation &c, const SymbolRange &range, absl::Status (*importOne)(Compilation &));

} // namespace aotc
#endif
