// Any bytes give samples of the inputs' types and shapes, or an error of one line.
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "compiler/data/Samples.h"
#include "compiler/data/proto/example.pb.h"
#include "ir/Tensor/Crc32c.h"
#include "test/fuzz/Driver.h"

namespace {

using namespace aotc;
namespace fs = std::filesystem;

fs::path scratch() {
  // In memory where there is such a place: each mutant is several files.
  std::error_code error;
  static const fs::path path = (fs::is_directory("/dev/shm", error) ? "/dev/shm" : fs::temp_directory_path()) /
                               fs::path(absl::StrCat("aotc-fuzz-data-", getpid()));
  fs::create_directories(path);
  return path;
}

std::string little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i)
    text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

std::string record(const std::string &data) {
  std::string length = little(data.size(), 8);
  return length + little(maskedCrc32c(length), 4) + data + little(maskedCrc32c(data), 4);
}

// Puts the right checksums into those records that lie within the file; damage would not get past them.
std::string withChecksums(std::string file) {
  for (size_t at = 0; at + 12 <= file.size();) {
    uint64_t length = 0;
    for (int i = 7; i >= 0; --i)
      length = length << 8 | static_cast<unsigned char>(file[at + i]);
    file.replace(at + 8, 4, little(maskedCrc32c(absl::string_view(file).substr(at, 8)), 4));
    if (length > file.size() - at - 12 || file.size() - at - 12 - length < 4)
      break;
    file.replace(at + 12 + length, 4, little(maskedCrc32c(absl::string_view(file).substr(at + 12, length)), 4));
    at += 12 + length + 4;
  }
  return file;
}

std::string problemOf(const absl::Status &status) {
  std::string text(status.message());
  if (text.empty() || text.find('\n') != std::string::npos)
    return absl::StrCat("an error is not one line: ", text);
  return status.code() == absl::StatusCode::kInternal ? absl::StrCat("an internal error: ", text) : "";
}

void readAll(const std::string &path, const SampleInput &input, const std::string &feature, fuzz::Outcome &outcome) {
  absl::StatusOr<Samples> samples = openSamples("--calibrate", {&input, 1}, std::vector<SampleSpec>{{"", path}}, feature);
  if (!samples.ok()) {
    outcome.failure = problemOf(samples.status());
    return;
  }
  if (samples->count() < 1)
    outcome.failure = "no samples and no error";
  constexpr int64_t kMost = 50; // of both ends, and back again
  for (int64_t i = 0; i < std::min(kMost, samples->count()) && outcome.failure.empty(); ++i) {
    absl::StatusOr<std::vector<Tensor>> sample = samples->sample(i % 3 ? i : samples->count() - 1 - i);
    if (!sample.ok())
      outcome.failure = problemOf(sample.status());
    else if (sample->size() != 1 || sample->at(0).dtype() != input.type || sample->at(0).shape() != input.shape)
      outcome.failure = "a sample is not of the input's type and shape";
    else
      outcome.accepted = true;
  }
}

fuzz::Outcome run(const std::string &mutant) {
  const SampleInput inputs[] = {{"x", DType::F32, {1, 3}, std::nullopt}, {"x", DType::U8, {2, 3}, std::nullopt}};
  const std::pair<const char *, std::string> files[] = {
      {"a.npy", mutant}, {"a.npz", mutant}, {"a.tfrecord", withChecksums(mutant)}, {"b.tfrecord", record(mutant)}};
  fuzz::Outcome outcome;
  for (const auto &[name, bytes] : files) {
    const std::string path = (scratch() / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    for (const SampleInput &input : inputs)
      for (const char *feature : {"", "label", "raw"})
        if (outcome.failure.empty())
          readAll(path, input, feature, outcome);
  }
  return outcome;
}

} // namespace

#ifdef AOTC_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz::abortOnFailure(run(std::string(reinterpret_cast<const char *>(data), size)));
}
#else
int main(int argc, char **argv) {
  int result = fuzz::runFuzzer(argc, argv, {run, &data::proto::Example::default_instance()});
  fs::remove_all(scratch());
  return result;
}
#endif
