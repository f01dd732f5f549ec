// AOTC_RANDOM_GRAPHS=N tries N graphs (a longer search), AOTC_RANDOM_SEED=S
// starts at seed S: how a failing graph is tried again alone.
#ifndef AOTC_TEST_E2E_RANDOM_GRAPHS_SETTING_H
#define AOTC_TEST_E2E_RANDOM_GRAPHS_SETTING_H

#include <cstdint>
#include <cstdlib>

namespace aotc::test {

inline uint64_t setting(const char *name, uint64_t fallback) {
  const char *text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

} // namespace aotc::test
#endif
