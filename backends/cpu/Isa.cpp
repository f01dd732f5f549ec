#include "backends/cpu/Isa.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/TargetParser/Triple.h"

#include <atomic>

using namespace aotc;
using namespace aotc::cpu;

namespace {

// The features that a feature string leaves switched on.
llvm::StringSet<> enabled(llvm::StringRef features) {
  llvm::StringSet<> on;
  while (!features.empty()) {
    auto [feature, rest] = features.split(',');
    feature = feature.trim();
    if (feature.consume_front("-"))
      on.erase(feature);
    else if (feature.consume_front("+"))
      on.insert(feature);
    features = rest;
  }
  return on;
}

void describeX86(Isa &isa, const llvm::StringSet<> &on) {
  isa.vectorBytes = 16; // SSE2 belongs to x86-64
  isa.numVectorRegisters = 16;
  if (on.contains("avx2") && on.contains("fma"))
    isa.vectorBytes = 32;
  if (on.contains("avx512f") && on.contains("avx512vl") && on.contains("avx512dq") &&
      on.contains("avx512bw")) {
    isa.vectorBytes = 64;
    isa.numVectorRegisters = 32;
    isa.hasEmbeddedBroadcast = true;
  }
  isa.hasFma = on.contains("fma");
  isa.hasHalfConversion = on.contains("f16c");
  isa.hasRounding = on.contains("sse4.1");
}

void describeRiscV(Isa &isa, const llvm::StringSet<> &on) {
  isa.hasFma = on.contains("f") && on.contains("d");
  isa.numVectorRegisters = 32;
  if (!on.contains("v"))
    return;
  isa.vectorBytes = 16; // what V guarantees; zvlN says more
  for (auto [feature, bytes] : {std::pair("zvl256b", 32), {"zvl512b", 64}})
    if (on.contains(feature))
      isa.vectorBytes = bytes;
}

} // namespace

// Six times what meeting costs threads that spin.
static std::atomic<int64_t> stageNanoseconds{Isa().stageNanoseconds};

void cpu::setStageNanoseconds(int64_t nanoseconds) { stageNanoseconds = nanoseconds; }

Isa cpu::isaOf(const TargetSpec &target) {
  Isa isa;
  llvm::StringSet<> on = enabled(target.features);
  llvm::Triple triple(target.triple);
  if (triple.getArch() == llvm::Triple::x86_64) {
    describeX86(isa, on);
  } else if (triple.isAArch64()) {
    isa = {/*vectorBytes=*/16, /*numVectorRegisters=*/32, /*hasFma=*/true};
    isa.hasHalfConversion = isa.hasRounding = true;
  } else if (triple.isRISCV()) {
    describeRiscV(isa, on);
  } else if (triple.isWasm() && on.contains("simd128")) {
    isa.vectorBytes = 16;
    isa.hasRounding = true;
  }
  isa.stageNanoseconds = stageNanoseconds;
  return isa;
}
