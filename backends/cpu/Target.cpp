#include "backends/cpu/Target.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "backends/cpu/Isa.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace aotc;

namespace {

using Subtarget = std::unique_ptr<llvm::MCSubtargetInfo>;

std::set<std::string> enabledFeatures(const llvm::MCSubtargetInfo &subtarget) {
  std::set<std::string> names;
  for (const llvm::SubtargetFeatureKV &feature : subtarget.getAllProcessorFeatures())
    if (subtarget.hasFeature(feature.Value))
      names.insert(feature.Key);
  return names;
}

template <typename Table> std::vector<std::string> nearestKeys(const Table &table, llvm::StringRef wanted) {
  std::vector<std::pair<unsigned, std::string>> ranked;
  for (const auto &entry : table)
    ranked.push_back({wanted.edit_distance(entry.Key), entry.Key});
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min<size_t>(ranked.size(), 8); ++i)
    names.push_back(ranked[i].second);
  return names;
}

// Every feature of `features` ("+a,-b") must be one that the target knows.
absl::Status checkFeatures(const llvm::MCSubtargetInfo &subtarget, const std::string &features) {
  for (absl::string_view part : absl::StrSplit(features, ',', absl::SkipEmpty())) {
    llvm::StringRef feature(part.data(), part.size());
    if (!feature.consume_front("+") && !feature.consume_front("-"))
      return absl::InvalidArgumentError(
          absl::StrCat("feature '", part, "' must start with + or -, as in +avx2,-avx512f"));
    auto known = subtarget.getAllProcessorFeatures();
    if (std::none_of(known.begin(), known.end(), [&](const auto &entry) { return feature == entry.Key; }))
      return absl::InvalidArgumentError(
          absl::StrCat("unknown CPU feature '", feature.str(),
                       "'; similar ones: ", absl::StrJoin(nearestKeys(known, feature), ", ")));
  }
  return absl::OkStatus();
}

// The host's features as LLVM detects them, with what a hypervisor hides switched off.
std::string hostFeatures() {
  std::set<std::string> parts;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    parts.insert((feature.getValue() ? "+" : "-") + feature.getKey().str());
  return absl::StrJoin(parts, ",");
}

} // namespace

void cpu::initializeTargets() {
  static bool done = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
    return true;
  }();
  (void)done;
}

bool cpu::isCpuTriple(const std::string &text) {
  llvm::Triple triple(text);
  return triple.getArch() == llvm::Triple::x86_64 || triple.isAArch64() || triple.isRISCV() ||
         triple.isWasm() || triple.isARM() || triple.isThumb();
}

// Of one CPU.
static absl::StatusOr<TargetSpec> resolveTarget(const TargetSpec &wanted) {
  TargetSpec spec = wanted;
  llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  if (spec.triple.empty())
    spec.triple = host.str();
  spec.triple = llvm::Triple::normalize(spec.triple);
  llvm::Triple triple(spec.triple);
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(spec.triple, error);
  if (!target)
    return absl::InvalidArgumentError(
        absl::StrCat("unknown target '", wanted.triple, "'; use a triple such as x86_64-linux-gnu"));

  std::string features = spec.features;
  if (spec.cpu == "native" || (spec.cpu.empty() && triple.getArch() == host.getArch())) {
    if (triple.getArch() != host.getArch())
      return absl::InvalidArgumentError(absl::StrCat("--cpu=native needs a target that is the host, not '",
                                                     wanted.triple, "'; name the CPU instead"));
    spec.cpu = llvm::sys::getHostCPUName().str();
    features = hostFeatures() + (features.empty() ? "" : "," + features);
  } else if (spec.cpu.empty() || spec.cpu == "generic") {
    spec.cpu = triple.getArch() == llvm::Triple::x86_64 ? "x86-64"
               : triple.isRISCV64()                     ? "generic-rv64"
               : triple.isRISCV32()                     ? "generic-rv32"
                                                        : "generic";
  }
  // LLVM's generic RISC-V lacks floating point; systems that run programs have it.
  if (triple.isRISCV() && llvm::StringRef(spec.cpu).starts_with("generic"))
    features = "+m,+a,+f,+d,+c" + (features.empty() ? "" : "," + features);
  Subtarget plain(target->createMCSubtargetInfo(spec.triple, "", ""));
  if (!plain || !plain->isCPUStringValid(spec.cpu))
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown CPU '", wanted.cpu, "' for ", spec.triple, "; similar ones: ",
        plain ? absl::StrJoin(nearestKeys(plain->getAllProcessorDescriptions(), spec.cpu), ", ") : "none"));
  if (absl::Status status = checkFeatures(*plain, wanted.features); !status.ok())
    return status;

  // All that is on, and what the CPU's name would switch on but is not there,
  // so that the same text means the same code everywhere.
  Subtarget named(target->createMCSubtargetInfo(spec.triple, spec.cpu, ""));
  Subtarget actual(target->createMCSubtargetInfo(spec.triple, spec.cpu, features));
  std::set<std::string> on = enabledFeatures(*actual);
  std::vector<std::string> parts;
  for (const std::string &feature : enabledFeatures(*named))
    if (!on.count(feature))
      parts.push_back("-" + feature);
  for (const std::string &feature : on)
    parts.push_back("+" + feature);
  spec.features = absl::StrJoin(parts, ",");
  return spec;
}

// By what code for the target can do: vectors first, then the number of features,
// so that a CPU comes after those whose features it has.
static auto rankOf(const TargetSpec &target) {
  auto features = std::count(target.features.begin(), target.features.end(), '+');
  return std::tuple(cpu::isaOf(target).vectorBytes, features, target.cpu);
}

absl::StatusOr<Targets> cpu::resolveTargets(const TargetSpec &wanted) {
  initializeTargets();
  std::vector<std::string> names = absl::StrSplit(wanted.cpu, ',');
  Targets targets;
  for (const std::string &name : names) {
    if (name.empty() && names.size() > 1)
      return absl::InvalidArgumentError(absl::StrCat("the list of CPUs '", wanted.cpu, "' has an empty name in it"));
    absl::StatusOr<TargetSpec> target = resolveTarget({wanted.triple, name, wanted.features});
    if (!target.ok())
      return target.status();
    if (names.size() > 1 && llvm::Triple(target->triple).getArch() != llvm::Triple::x86_64)
      return absl::InvalidArgumentError(absl::StrCat(
          "one object for several CPUs is possible for x86-64 only; give one of '", wanted.cpu, "'"));
    for (size_t i = 0; i < targets.size(); ++i)
      if (targets[i].cpu == target->cpu)
        return absl::InvalidArgumentError(
            absl::StrCat("the list of CPUs '", wanted.cpu, "' has ", target->cpu, " twice"));
    targets.push_back(*std::move(target));
  }
  std::sort(targets.begin(), targets.end(),
            [](const TargetSpec &a, const TargetSpec &b) { return rankOf(a) < rankOf(b); });
  return targets;
}

std::string cpu::featureLists(const Targets &targets) {
  return absl::StrJoin(targets, ";", [](std::string *out, const TargetSpec &t) { out->append(t.features); });
}

Targets cpu::targetsFrom(const std::string &triple, const std::string &cpus, const std::string &featureLists) {
  std::vector<std::string> names = absl::StrSplit(cpus, ','), features = absl::StrSplit(featureLists, ';');
  features.resize(names.size());
  Targets targets;
  for (size_t i = 0; i < names.size(); ++i)
    targets.push_back({triple, names[i], features[i]});
  return targets;
}
