// The memory plan as a picture.
#ifndef AOTC_COMPILER_ARTIFACT_PLANDRAWING_H
#define AOTC_COMPILER_ARTIFACT_PLANDRAWING_H

#include <string>

#include "compiler/artifact/Model.h"

namespace aotc {

// An SVG file: kernels from left to right, the arena upwards, one rectangle a
// buffer whose tooltip has its name, bytes, offset and lifetime.
std::string drawPlan(const ModelInfo &model);

} // namespace aotc
#endif
