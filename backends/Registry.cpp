#include "backends/Backend.h"

namespace aotc {

#define AOTC_BACKEND(name) std::unique_ptr<Backend> createBackend_##name();
#include "RegisteredBackends.inc"
#undef AOTC_BACKEND

const std::vector<std::unique_ptr<Backend>> &registeredBackends() {
  static const std::vector<std::unique_ptr<Backend>> backends = [] {
    std::vector<std::unique_ptr<Backend>> all;
#define AOTC_BACKEND(name) all.push_back(createBackend_##name());
#include "RegisteredBackends.inc"
#undef AOTC_BACKEND
    return all;
  }();
  return backends;
}

const Backend *findBackend(const TargetSpec &target) {
  for (const std::unique_ptr<Backend> &backend : registeredBackends())
    if (backend->supports(target))
      return backend.get();
  return nullptr;
}

} // namespace aotc
