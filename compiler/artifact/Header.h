// The C header that goes with an object.
#ifndef AOTC_COMPILER_ARTIFACT_HEADER_H
#define AOTC_COMPILER_ARTIFACT_HEADER_H

#include <string>

#include "compiler/artifact/Model.h"

namespace aotc {

struct HeaderOptions {
  std::string fileName;       // shown in the first line
  bool selfContained = false; // abi.h is copied in instead of included
};

// C99 and C++11. Depends on `model` and `options` alone, never on time or place.
std::string writeHeader(const ModelInfo &model, const HeaderOptions &options);

} // namespace aotc
#endif
