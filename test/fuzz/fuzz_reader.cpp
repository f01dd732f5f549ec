// Any bytes give a well-formed graph or at least one diagnostic.
#include "compiler/frontend/tensorflow/proto/graph.pb.h"
#include "compiler/frontend/tensorflow/reader/Reader.h"
#include "test/fuzz/CheckModel.h"
#include "test/fuzz/Driver.h"

namespace {

using namespace aotc;

fuzz::Outcome run(const std::string &bytes) {
  Diagnostics diagnostics;
  absl::StatusOr<tf::Model> model = tf::parseGraph(bytes, "mutant", {}, diagnostics);
  return fuzz::checkResult(model, diagnostics);
}

} // namespace

#ifdef AOTC_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz::abortOnFailure(run(std::string(reinterpret_cast<const char *>(data), size)));
}
#else
int main(int argc, char **argv) {
  return aotc::fuzz::runFuzzer(argc, argv, {run, &aotc::tf::proto::GraphDef::default_instance()});
}
#endif
