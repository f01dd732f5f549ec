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
  isa.isX86 = true;
  bool vnni = isa.vectorBytes == 64 ? on.contains("avx512vnni") : isa.vectorBytes == 32 && (on.contains("avxvnni") || (on.contains("avx512vnni") && on.contains("avx512vl")));
  if (isa.vectorBytes >= 32)
    isa.dot = vnni ? Dot::Quads : Dot::Words;
  isa.hasFma = on.contains("fma");
  isa.hasHalfConversion = on.contains("f16c");
  isa.hasRounding = on.contains("sse4.1");
}

// Data caches of one core. Generic names stand for what most machines of that level have.
void describeCaches(Isa &isa, llvm::StringRef cpu) {
  struct Caches {
    llvm::StringRef cpu;
    int64_t l1KiB, l2KiB;
  };
  static constexpr Caches kCaches[] = {
      {"x86-64-v4", 32, 1024},      {"znver4", 32, 1024},          {"znver5", 48, 1024},
      {"skylake-avx512", 32, 1024}, {"cascadelake", 32, 1024},     {"cooperlake", 32, 1024},
      {"icelake-server", 48, 1280}, {"tigerlake", 48, 1280},       {"sapphirerapids", 48, 2048},
      {"emeraldrapids", 48, 2048},  {"graniterapids", 48, 2048},   {"alderlake", 48, 1280},
      {"raptorlake", 48, 2048},     {"haswell", 32, 256},          {"broadwell", 32, 256},
      {"skylake", 32, 256},         {"neoverse-n1", 64, 1024},     {"neoverse-n2", 64, 1024},
      {"neoverse-v1", 64, 1024},    {"neoverse-v2", 64, 2048}};
  for (const Caches &caches : kCaches)
    if (caches.cpu == cpu) {
      isa.l1Bytes = caches.l1KiB << 10;
      isa.l2Bytes = caches.l2KiB << 10;
    }
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

// Twice what meeting costs threads that spin.
static std::atomic<int64_t> stageNanoseconds{Isa().stageNanoseconds};

void cpu::setStageNanoseconds(int64_t nanoseconds) { stageNanoseconds = nanoseconds; }

Isa cpu::isaOf(const TargetSpec &target) {
  Isa isa;
  llvm::StringSet<> on = enabled(target.features);
  llvm::Triple triple(target.triple);
  if (triple.getArch() == llvm::Triple::x86_64) {
    describeX86(isa, on);
  } else if (triple.isAArch64()) {
    isa.vectorBytes = 16;
    isa.numVectorRegisters = 32;
    isa.hasFma = isa.hasHalfConversion = isa.hasRounding = true;
    if (on.contains("i8mm"))
      isa.dot = Dot::Mixed;
  } else if (triple.isRISCV()) {
    describeRiscV(isa, on);
  } else if (triple.isWasm() && on.contains("simd128")) {
    isa.vectorBytes = 16;
    isa.hasRounding = true;
  }
  describeCaches(isa, target.cpu);
  if (target.cpu == "znver4")
    isa.datapathBytes = 32;
  isa.stageNanoseconds = stageNanoseconds;
  return isa;
}
