// The machine-readable report of a compile (--report).
#ifndef AOTC_COMPILER_ARTIFACT_REPORT_H
#define AOTC_COMPILER_ARTIFACT_REPORT_H

#include <string>

#include "compiler/artifact/Model.h"

namespace aotc {
std::string writeReport(const ModelInfo &model); // JSON, sizes in bytes, times in seconds
} // namespace aotc
#endif
