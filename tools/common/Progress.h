// One line of progress on a terminal, from the second second of a compile on.
#ifndef AOTC_TOOLS_COMMON_PROGRESS_H
#define AOTC_TOOLS_COMMON_PROGRESS_H

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace aotc::tools {

class Progress {
public:
  // Does nothing where stderr is not a terminal or `enabled` is false.
  explicit Progress(bool enabled);
  ~Progress(); // clears the line
  void phase(size_t number, size_t count, const std::string &name);
  void detail(const std::string &what); // what the phase is doing

private:
  void loop();

  std::mutex mutex;
  std::condition_variable changed;
  std::string text;      // guarded by mutex
  std::string details;   // guarded by mutex
  bool stopping = false; // guarded by mutex
  std::thread printer;   // a phase may last long, so somebody else has to print
};

} // namespace aotc::tools
#endif
