// Reads TFRecord files (tensorflow/core/lib/io/record_reader.h): records of
//   u64 length, u32 masked CRC-32C of it, the bytes, u32 masked CRC-32C of them
// that hold tf.train.Example messages.
#include "compiler/data/Sources.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "compiler/data/proto/example.pb.h"
#include "ir/Tensor/Crc32c.h"

namespace aotc::data {
namespace {

uint64_t littleEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

class TFRecord : public SampleSource {
public:
  TFRecord(SampleInput input, std::string path, std::string feature, MappedFile file)
      : input(std::move(input)), path(std::move(path)), feature(std::move(feature)), file(std::move(file)) {}

  // Finds where records start.
  absl::Status index() {
    constexpr size_t kHeader = 12, kTrailer = 4;
    absl::string_view bytes = file.bytes();
    for (size_t at = 0; at < bytes.size();) {
      absl::string_view rest = bytes.substr(at);
      if (rest.size() < kHeader)
        return damaged(records.size(), "its header is truncated");
      if (maskedCrc32c(rest.substr(0, 8)) != littleEndian(rest.substr(8, 4)))
        return damaged(records.size(), records.empty() ? "its length has a wrong checksum; is this a TFRecord file?"
                                                       : "its length has a wrong checksum");
      uint64_t length = littleEndian(rest.substr(0, 8));
      if (length > rest.size() - kHeader || rest.size() - kHeader - length < kTrailer)
        return damaged(records.size(), "it is truncated");
      records.push_back(rest.substr(kHeader, length + kTrailer));
      at += kHeader + length + kTrailer;
    }
    return records.empty() ? absl::DataLossError(absl::StrCat(path, ": no records")) : absl::OkStatus();
  }

  int64_t count() const override { return static_cast<int64_t>(records.size()); }

  absl::StatusOr<Tensor> sample(int64_t i) const override {
    auto number = static_cast<size_t>(i);
    absl::string_view record = records[number], payload = record.substr(0, record.size() - 4);
    if (maskedCrc32c(payload) != littleEndian(record.substr(payload.size())))
      return damaged(number, "it has a wrong checksum");
    proto::Example example;
    if (payload.size() > INT_MAX || !example.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
      return damaged(number, "it is no tf.train.Example");
    absl::StatusOr<const proto::Feature *> chosen = choose(example, number);
    return chosen.ok() ? tensorOf(**chosen, number) : chosen.status();
  }

private:
  absl::Status damaged(size_t record, absl::string_view why) const {
    return absl::DataLossError(absl::StrCat(path, ": record ", record, ": ", why));
  }

  absl::StatusOr<const proto::Feature *> choose(const proto::Example &example, size_t record) const {
    const auto &features = example.features().feature();
    if (auto found = features.find(feature.empty() ? input.name : feature); found != features.end())
      return &found->second;
    if (feature.empty() && features.size() == 1)
      return &features.begin()->second;
    std::vector<std::string> names;
    for (const auto &entry : features)
      names.push_back(entry.first);
    std::sort(names.begin(), names.end());
    return absl::InvalidArgumentError(absl::StrCat(path, ": record ", record, " has no feature '", feature.empty() ? input.name : feature,
                                                   "' but ", names.empty() ? "none" : absl::StrJoin(names, ", "),
                                                   "; name one with --calibrate-feature"));
  }

  absl::StatusOr<Tensor> tensorOf(const proto::Feature &from, size_t record) const {
    int64_t wanted = *elementCount(input.shape);
    auto count = [&](int64_t given, absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": record ", record, ": the feature has ", given, " ", what, ", but input '",
                                                     input.name, "' is ", typeString(input.type, input.shape)));
    };
    if (from.has_float_list()) {
      const auto &values = from.float_list().value();
      if (values.size() != wanted)
        return count(values.size(), "numbers");
      return converted(Tensor::of<float>(DType::F32, input.shape, {values.data(), static_cast<size_t>(values.size())}), input.type);
    }
    if (from.has_int64_list()) {
      const auto &values = from.int64_list().value();
      if (values.size() != wanted)
        return count(values.size(), "integers");
      return converted(Tensor::of<int64_t>(DType::I64, input.shape, {values.data(), static_cast<size_t>(values.size())}), input.type);
    }
    const auto &values = from.bytes_list().value();
    if (values.size() != 1)
      return count(values.size(), "byte strings");
    const std::string &bytes = values[0];
    // Raw elements of the input's type, or bytes that stand for numbers.
    if (bytes.size() == static_cast<size_t>(wanted) * byteSize(input.type))
      return Tensor::of<char>(input.type, input.shape, bytes);
    if (bytes.size() == static_cast<size_t>(wanted))
      return converted(Tensor::of<char>(DType::U8, input.shape, bytes), input.type);
    return absl::InvalidArgumentError(absl::StrCat(path, ": record ", record, ": the feature has ", bytes.size(), " bytes, but input '",
                                                   input.name, "' is ", typeString(input.type, input.shape),
                                                   "; images have to be stored decoded"));
  }

  SampleInput input;
  std::string path, feature;
  MappedFile file;
  std::vector<absl::string_view> records; // with their checksums
};

} // namespace

absl::StatusOr<Source> openTFRecord(const SampleInput &input, const std::string &path, const std::string &feature) {
  absl::StatusOr<MappedFile> file = MappedFile::open(path);
  if (!file.ok())
    return file.status();
  auto source = std::make_shared<TFRecord>(input, path, feature, *std::move(file));
  if (absl::Status status = source->index(); !status.ok())
    return status;
  return source;
}

} // namespace aotc::data
