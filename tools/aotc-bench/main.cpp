// aotc-bench: compiles a model and times the very object.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "compiler/artifact/Loader.h"
#include "tools/common/Options.h"
#include "tools/common/Threads.h"
#include "tools/common/Values.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace cl = llvm::cl;
using namespace aotc;

namespace {

constexpr char kOverview[] =
    "aotc-bench compiles a model and times its calls, on made-up inputs unless given some.\n\n"
    "Example: aotc-bench digits.pb --seconds 2";

cl::opt<std::string> secondsText("seconds", cl::value_desc("S"), cl::cat(tools::toolCategory()),
                                 cl::desc("How long to measure, after the warm-up (default 1)"));
cl::opt<std::string>
    threadsText("threads", cl::value_desc("T"), cl::cat(tools::toolCategory()),
                cl::desc("Threads that the model may use, the calling one included (default 1)"));
cl::opt<std::string> sizeText("size", cl::value_desc("N"), cl::cat(tools::toolCategory()),
                              cl::desc("Size of the symbolic dimension in the calls (default: its largest)"));
cl::opt<bool> asJson("json", cl::cat(tools::toolCategory()),
                     cl::desc("Print one JSON object on standard output"));

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

// Times of single calls in ms, sorted.
absl::StatusOr<std::vector<double>> measure(const PreparedCall &call, double seconds) {
  const Clock::duration budget =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  const size_t maxRuns = 10'000'000;
  std::vector<double> times;
  // Warm-up: a tenth of the time, at least two calls.
  Clock::time_point begin = Clock::now();
  for (int i = 0; i < 2 || Clock::now() - begin < budget / 10; ++i)
    if (aotc_status status = call())
      return callError(absl::StrCat("the model returned ", statusName(status), " (region ",
                                    call.error().region, ", value ", call.error().detail, ")"));
  begin = Clock::now();
  for (Clock::time_point last = begin; times.empty() || (last - begin < budget && times.size() < maxRuns);) {
    Clock::time_point start = Clock::now();
    if (call() != AOTC_OK)
      return callError("the model failed while it was timed");
    last = Clock::now();
    times.push_back(milliseconds(last - start));
  }
  std::sort(times.begin(), times.end());
  return times;
}

double quantile(const std::vector<double> &sorted, double q) {
  double position = q * static_cast<double>(sorted.size() - 1);
  size_t low = static_cast<size_t>(position), high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (position - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

absl::Status run() {
  absl::StatusOr<CompileOptions> options = tools::compileOptions();
  if (!options.ok())
    return options.status();
  double seconds = 1;
  if (!secondsText.empty() &&
      (!absl::SimpleAtod(secondsText.getValue(), &seconds) || !(seconds >= 0 && seconds <= 86400)))
    return usageError(absl::StrCat("--seconds ", secondsText.getValue(), ": give a number from 0 to 86400"));
  absl::StatusOr<tools::Threads> threads = tools::Threads::create(threadsText);
  if (!threads.ok())
    return threads.status();
  std::optional<int64_t> size;
  if (!sizeText.empty() && !absl::SimpleAtoi(sizeText.getValue(), &size.emplace()))
    return usageError(absl::StrCat("--size ", sizeText.getValue(), ": give a number"));
  options->emit = {Emit::Obj};

  absl::StatusOr<CompileResult> result = tools::compile(*options, asJson);
  if (!result.ok())
    return result.status();
  absl::StatusOr<std::vector<Tensor>> inputs =
      tools::inputValues(*options, *result, /*madeUp=*/true, options->seed, size);
  if (!inputs.ok())
    return inputs.status();
  if (size && !result->model.symbol)
    return usageError("--size: the model has no symbolic dimension");
  absl::StatusOr<std::unique_ptr<LoadedModel>> model = LoadedModel::load(result->object, options->name, tools::customLibraries());
  if (!model.ok())
    return model.status();
  if (absl::StatusOr<std::vector<int64_t>> dims = (*model)->dimsOf(*inputs); !dims.ok())
    return usageError(std::string(dims.status().message()));
  LoadedModel::CallOptions callOptions;
  callOptions.parallel = threads->parallel();
  PreparedCall call(**model, *inputs, callOptions);
  absl::StatusOr<std::vector<double>> times = measure(call, seconds);
  if (!times.ok())
    return times.status();

  double median = quantile(*times, 0.5), p95 = quantile(*times, 0.95);
  if (!asJson)
    return tools::print(
        absl::StrFormat("%s  min %.4f ms  median %.4f ms  p95 %.4f ms  (%d runs, %d thread%s)\n",
                        printable(options->modelPath), times->front(), median, p95, times->size(),
                        threads->count(), threads->count() == 1 ? "" : "s"));
  llvm::json::Value figures = llvm::json::Object{{"model", llvm::json::fixUTF8(options->modelPath)},
                                                 {"min_ms", times->front()},
                                                 {"median_ms", median},
                                                 {"p95_ms", p95},
                                                 {"threads", static_cast<int64_t>(threads->count())},
                                                 {"runs", static_cast<int64_t>(times->size())},
                                                 {"cpu", cpuNames(result->model.targets)},
                                                 {"arena_bytes", result->model.arenaBytes},
                                                 {"weights_bytes", result->model.weightsBytes}};
  return tools::print(llvm::formatv("{0}\n", figures));
}

} // namespace

int main(int argc, char **argv) {
  if (std::optional<ExitCode> code = tools::parseCommandLine(argc, argv, kOverview))
    return static_cast<int>(*code);
  return tools::exitCode(run());
}
