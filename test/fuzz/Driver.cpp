#include "test/fuzz/Driver.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "absl/strings/numbers.h"
#include "google/protobuf/stubs/logging.h"
#include "google/protobuf/text_format.h"
#include "test/fuzz/Mutate.h"

// Present where a sanitizer is linked in.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace aotc::fuzz {
namespace {

namespace fs = std::filesystem;
namespace pb = google::protobuf;

constexpr unsigned kSecondsPerMutant = 30; // generous: sanitizers, loaded machines
constexpr size_t kMaxMemory = size_t(4) << 30;

struct Options {
  size_t mutants = 2000, seed = 1, maxBytes = 600000;
  std::optional<size_t> only;
  std::string write;
  std::vector<std::string> files;
};

std::optional<Options> parseOptions(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i];
    if (arg.rfind("--", 0) != 0) {
      options.files.push_back(arg);
      continue;
    }
    if (++i == argc)
      return std::nullopt;
    size_t number = 0;
    bool isNumber = absl::SimpleAtoi(argv[i], &number);
    if (arg == "--write")
      options.write = argv[i];
    else if (!isNumber)
      return std::nullopt;
    else if (arg == "--mutants")
      options.mutants = number;
    else if (arg == "--seed")
      options.seed = number;
    else if (arg == "--max-bytes")
      options.maxBytes = number;
    else if (arg == "--only")
      options.only = number;
    else
      return std::nullopt;
  }
  return options.files.empty() ? std::nullopt : std::optional(options);
}

struct Seed {
  std::string path, bytes;
  std::unique_ptr<pb::Message> message; // null: not of the target's type
};

std::vector<Seed> loadSeeds(const Options &options, const Target &target) {
  std::vector<fs::path> paths;
  for (const std::string &file : options.files) {
    if (!fs::is_directory(file)) {
      paths.push_back(file);
      continue;
    }
    for (const fs::directory_entry &entry : fs::recursive_directory_iterator(file)) {
      fs::path extension = entry.path().extension();
      if (entry.is_regular_file() && (extension == ".pb" || extension == ".pbtxt" || extension == ".onnx"))
        paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end()); // a folder has no order of its own
  std::vector<Seed> seeds;
  for (const fs::path &path : paths) {
    std::error_code error;
    if (fs::file_size(path, error) > options.maxBytes || error)
      continue;
    std::ifstream in(path, std::ios::binary);
    Seed seed{path.string(), std::string(std::istreambuf_iterator<char>(in), {}), nullptr};
    if (target.type) {
      seed.message.reset(target.type->New());
      bool isText = path.extension() == ".pbtxt";
      if (isText ? !pb::TextFormat::ParseFromString(seed.bytes, seed.message.get())
                 : !seed.message->ParseFromString(seed.bytes))
        seed.message.reset();
    }
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

std::string makeMutant(const Options &options, const std::vector<Seed> &seeds, size_t index) {
  Random random(options.seed * 0x9e3779b97f4a7c15u + index);
  const Seed &seed = seeds[index % seeds.size()];
  const Seed &other = seeds[random() % seeds.size()];
  std::string bytes = seed.bytes;
  const size_t changes = 1 + random() % 4;
  if (seed.message && random() % 3) { // fields more often: damaged bytes rarely pass the parser
    std::unique_ptr<pb::Message> message(seed.message->New());
    message->CopyFrom(*seed.message);
    for (size_t i = 0; i < changes; ++i)
      mutateMessage(random, *message);
    bytes.clear();
    if (fs::path(seed.path).extension() != ".pbtxt" || random() % 2 ||
        !pb::TextFormat::PrintToString(*message, &bytes))
      bytes = message->SerializePartialAsString();
    return bytes;
  }
  for (size_t i = 0; i < changes; ++i)
    mutateBytes(random, bytes, other.bytes);
  return bytes;
}

// What to say when the process dies.
char dying[512];
void sayWhere() {
  if (write(STDERR_FILENO, dying, std::char_traits<char>::length(dying)) < 0)
    return;
}
void onSignal(int signal) {
  sayWhere();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

size_t peakMemory() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) << 10;
}

void watch() {
  std::signal(SIGALRM, onSignal); // a hang
  if (__sanitizer_set_death_callback) {
    __sanitizer_set_death_callback(sayWhere);
    return;
  }
  for (int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL})
    std::signal(signal, onSignal);
}

} // namespace

int runFuzzer(int argc, char **argv, const Target &target) {
  std::optional<Options> options = parseOptions(argc, argv);
  if (!options) {
    std::fprintf(
        stderr,
        "usage: %s [--mutants N] [--seed S] [--max-bytes B] [--only I] [--write PATH] FILE-OR-FOLDER...\n",
        argv[0]);
    return 2;
  }
  pb::SetLogHandler(nullptr); // parse errors of mutants are no news
  std::vector<Seed> seeds = loadSeeds(*options, target);
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: no files to mutate\n", argv[0]);
    return 2;
  }
  watch();
  size_t first = options->only.value_or(0), last = options->only ? first + 1 : options->mutants;
  size_t accepted = 0, failures = 0;
  double slowest = 0;
  for (size_t i = first; i < last; ++i) {
    std::string bytes = makeMutant(*options, seeds, i);
    if (!options->write.empty())
      std::ofstream(options->write, std::ios::binary) << bytes;
    std::snprintf(dying, sizeof dying,
                  "\nfuzz: in mutant %zu of %s; repeat with --seed %zu --only %zu and the same files\n", i,
                  seeds[i % seeds.size()].path.c_str(), options->seed, i);
    alarm(kSecondsPerMutant);
    auto start = std::chrono::steady_clock::now();
    Outcome outcome = target.run(bytes);
    slowest =
        std::max(slowest, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    alarm(0);
    if (outcome.failure.empty() && peakMemory() > kMaxMemory)
      outcome.failure = "takes more than 4 GiB of memory";
    accepted += outcome.accepted;
    if (outcome.failure.empty())
      continue;
    std::fprintf(stderr, "%s%s\n", outcome.failure.c_str(), dying);
    if (++failures == 10)
      break;
  }
  std::printf(
      "%zu mutants of %zu files: %zu read, the others refused, %zu failures; slowest %.2f s, peak %zu MiB\n",
      last - first, seeds.size(), accepted, failures, slowest, peakMemory() >> 20);
  return failures ? 1 : 0;
}

} // namespace aotc::fuzz
