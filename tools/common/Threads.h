// The pool behind --threads.
#ifndef AOTC_TOOLS_COMMON_THREADS_H
#define AOTC_TOOLS_COMMON_THREADS_H

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "aotc/threads.h"

namespace aotc::tools {

class Threads {
public:
  // `text` is the option's value, empty for its default of one thread.
  static absl::StatusOr<Threads> create(const std::string &text);

  unsigned count() const { return threads; }
  // For aotc_call.parallel; null for one thread.
  const aotc_parallel *parallel() const { return pool ? aotc_threads_parallel(pool.get()) : nullptr; }

private:
  unsigned threads = 1;
  std::unique_ptr<aotc_threads, void (*)(aotc_threads *)> pool{nullptr, aotc_threads_destroy};
};

} // namespace aotc::tools
#endif
