// Runs mutants of files through a target and watches time and memory.
#ifndef AOTC_TEST_FUZZ_DRIVER_H
#define AOTC_TEST_FUZZ_DRIVER_H

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "google/protobuf/message.h"

namespace aotc::fuzz {

struct Outcome {
  bool accepted = false; // else refused with a diagnostic
  std::string failure;   // what the target did wrong, empty if nothing
};

// For libFuzzer: says what failed.
inline int abortOnFailure(const Outcome &outcome) {
  if (outcome.failure.empty())
    return 0;
  std::fprintf(stderr, "FAILURE: %s\n", outcome.failure.c_str());
  std::abort();
}

struct Target {
  std::function<Outcome(const std::string &bytes)> run;
  const google::protobuf::Message *type = nullptr; // what binary files hold, for mutations of fields
};

// The command line of every fuzzer:
//   [--mutants N] [--seed S] [--max-bytes B] [--only I] [--write PATH] FILE-OR-FOLDER...
// Of folders all *.pb, *.pbtxt and *.onnx below them; larger files than B
// (default 600 KB) are left out, so that many mutants take little time. A mutant
// depends on the seed, its number and the files alone; --only repeats one and
// --write keeps it. Prints one line; 0 if all is well, 1 after a failure.
int runFuzzer(int argc, char **argv, const Target &target);

} // namespace aotc::fuzz
#endif
