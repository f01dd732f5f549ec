// The kinds of sources. Private to compiler/data.
#ifndef AOTC_COMPILER_DATA_SOURCES_H
#define AOTC_COMPILER_DATA_SOURCES_H

#include "compiler/data/File.h"
#include "compiler/data/Samples.h"

namespace aotc::data {

using Source = std::shared_ptr<const SampleSource>;

// Of .npy and .npz files, at least one.
absl::StatusOr<Source> openArrays(const SampleInput &input, std::vector<std::string> files);
absl::StatusOr<Source> openTFRecord(const SampleInput &input, const std::string &path, const std::string &feature);
// "random:8:1"; `count` is for those that give none.
absl::StatusOr<Source> openRandom(const SampleInput &input, const std::string &text, int64_t count);

// "input 'x', f32[1,28,28]"
std::string described(const SampleInput &input);

// "x:0" and "x" name the same tensor.
absl::string_view withoutPort0(absl::string_view name);

} // namespace aotc::data
#endif
