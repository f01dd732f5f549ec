// The kinds of sources. Private to compiler/data.
#ifndef AOTC_COMPILER_DATA_SOURCES_H
#define AOTC_COMPILER_DATA_SOURCES_H

#include "compiler/data/Samples.h"

namespace aotc::data {

using Source = std::shared_ptr<const SampleSource>;

absl::StatusOr<Source> openRandom(const SampleInput &input, const std::string &text); // "random:8:1"
absl::StatusOr<Source> openTFRecord(const SampleInput &input, const std::string &path, const std::string &feature);

// Of an .npz (a zip archive of .npy files) the array `name`, or the only one.
absl::StatusOr<Tensor> loadNpz(const std::string &path, const std::string &name);

// The elements as those of another type: any numbers to floating point, integers to integers that hold them.
absl::StatusOr<Tensor> converted(const Tensor &tensor, DType type);

// A file that is mapped while this lives.
class MappedFile {
public:
  static absl::StatusOr<MappedFile> open(const std::string &path);
  MappedFile(MappedFile &&other) noexcept : begin(other.begin), size(other.size) { other.begin = nullptr; }
  MappedFile(const MappedFile &) = delete;
  ~MappedFile();
  absl::string_view bytes() const { return {begin, size}; }

private:
  MappedFile(const char *begin, size_t size) : begin(begin), size(size) {}
  const char *begin; // null: an empty file
  size_t size;
};

} // namespace aotc::data
#endif
