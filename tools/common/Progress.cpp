#include "tools/common/Progress.h"

#include <chrono>
#include <cstdio>
#include <unistd.h>

namespace aotc::tools {

Progress::Progress(bool enabled) {
  if (enabled && isatty(STDERR_FILENO))
    printer = std::thread([this] { loop(); });
}

Progress::~Progress() {
  if (!printer.joinable())
    return;
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  changed.notify_one();
  printer.join();
}

void Progress::phase(size_t number, size_t count, const std::string &name) {
  std::lock_guard<std::mutex> lock(mutex);
  text = "[" + std::to_string(number) + "/" + std::to_string(count) + "] " + name;
  details.clear();
}

void Progress::detail(const std::string &what) {
  std::lock_guard<std::mutex> lock(mutex);
  details = ", " + what;
}

void Progress::loop() {
  using namespace std::chrono;
  auto start = steady_clock::now();
  bool shown = false;
  std::unique_lock<std::mutex> lock(mutex);
  while (!stopping) {
    auto elapsed = steady_clock::now() - start;
    if (elapsed > seconds(1)) {
      std::fprintf(stderr, "\r\033[K%s%s, %.0f s", text.c_str(), details.c_str(), duration<double>(elapsed).count());
      std::fflush(stderr);
      shown = true;
    }
    changed.wait_for(lock, milliseconds(250));
  }
  if (shown)
    std::fprintf(stderr, "\r\033[K");
}

} // namespace aotc::tools
