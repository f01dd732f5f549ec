#include "tools/common/Threads.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "compiler/driver/Errors.h"

namespace aotc::tools {

absl::StatusOr<Threads> Threads::create(const std::string &text) {
  Threads result;
  if (!text.empty() &&
      (!absl::SimpleAtoi(text, &result.threads) || result.threads < 1 || result.threads > 1024))
    return usageError(absl::StrCat("--threads ", text, ": give a number from 1 to 1024"));
  if (result.threads > 1)
    result.pool.reset(aotc_threads_create(result.threads));
  return result;
}

} // namespace aotc::tools
