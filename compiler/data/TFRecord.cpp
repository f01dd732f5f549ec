// Reads TFRecord files (tensorflow/core/lib/io/record_reader.h): records of
//   u64 length, u32 masked CRC-32C of it, the bytes, u32 masked CRC-32C of them
// that hold tf.train.Example messages.
#include <algorithm>
#include <mutex>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "compiler/data/Convert.h"
#include "compiler/data/Sources.h"
#include "compiler/data/proto/example.pb.h"
#include "ir/Tensor/Crc32c.h"

namespace aotc::data {
namespace {

constexpr uint64_t kLengthBytes = 8, kCrcBytes = 4, kHeadBytes = kLengthBytes + kCrcBytes;

// A TFRecord file. Every 64th record's place is kept, so that the index of a
// file of empty records is small beside the file.
class RecordFile {
public:
  explicit RecordFile(std::shared_ptr<Bytes> file) : file(std::move(file)) {}

  int64_t count() const { return records; }

  absl::StatusOr<bool> isGzip() {
    absl::StatusOr<std::string> start = file->read(0, std::min<uint64_t>(file->size(), 2));
    return start.ok() ? absl::StatusOr<bool>(*start == "\x1f\x8b") : start.status();
  }

  // Walks over all records; their lengths are checked here, their data when read.
  absl::Status index() {
    for (uint64_t offset = 0; offset < file->size(); ++records) {
      if (records % kStride == 0)
        places.push_back(offset);
      absl::StatusOr<uint64_t> length = lengthAt(offset, records);
      if (!length.ok())
        return length.status();
      offset += kHeadBytes + *length + kCrcBytes;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> read(int64_t record, uint64_t limit) {
    // From the last record on, where that is nearer than a kept place.
    if (record < nextRecord || record / kStride != nextRecord / kStride) {
      nextRecord = record / kStride * kStride;
      nextOffset = places[record / kStride];
    }
    for (;;) {
      absl::StatusOr<uint64_t> length = lengthAt(nextOffset, nextRecord);
      if (!length.ok())
        return length.status();
      const uint64_t offset = nextOffset + kHeadBytes;
      nextOffset = offset + *length + kCrcBytes;
      if (nextRecord++ < record)
        continue;
      if (*length > limit)
        return invalid("it has ", *length, " bytes, more than ", limit, "; write smaller examples");
      absl::StatusOr<std::string> data = file->read(offset, *length + kCrcBytes);
      if (!data.ok())
        return data.status();
      absl::string_view payload(data->data(), *length);
      if (fixedAt(*data, *length, kCrcBytes) != maskedCrc32c(payload))
        return damaged("it has a wrong checksum");
      data->resize(*length);
      return data;
    }
  }

private:
  static constexpr int64_t kStride = 64;

  // Looks ahead, as records may be as short as their heads.
  absl::Status fill(uint64_t offset, size_t count) {
    if (offset >= bufferOffset && offset + count <= bufferOffset + buffer.size())
      return absl::OkStatus();
    constexpr size_t kAhead = 1 << 14;
    absl::StatusOr<std::string> bytes = file->read(offset, std::min<uint64_t>(kAhead, file->size() - offset));
    if (!bytes.ok())
      return bytes.status();
    buffer = *std::move(bytes);
    bufferOffset = offset;
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> lengthAt(uint64_t offset, int64_t record) {
    auto error = [&](const auto &...parts) { return damaged("record ", record, ": ", parts...); };
    const uint64_t left = file->size() - offset;
    if (left < kHeadBytes)
      return error("it is truncated at byte ", file->size());
    if (absl::Status status = fill(offset, kHeadBytes); !status.ok())
      return status;
    absl::string_view head = absl::string_view(buffer).substr(offset - bufferOffset, kHeadBytes);
    if (fixedAt(head, kLengthBytes, kCrcBytes) != maskedCrc32c(head.substr(0, kLengthBytes)))
      return error("its length, at byte ", offset, ", has a wrong checksum", record ? "" : "; is this a TFRecord file?");
    const uint64_t length = fixedAt(head, 0, kLengthBytes);
    if (left - kHeadBytes < kCrcBytes || length > left - kHeadBytes - kCrcBytes)
      return error("it is truncated; it has ", length, " bytes from byte ", offset, " on");
    return length;
  }

  std::shared_ptr<Bytes> file;
  int64_t records = 0, nextRecord = 0;
  uint64_t nextOffset = 0, bufferOffset = 0;
  std::vector<uint64_t> places;
  std::string buffer;
};

class TFRecord : public SampleSource {
public:
  TFRecord(const SampleInput &input, std::string path, std::string feature, std::shared_ptr<Bytes> file)
      : input(input), path(shown(path)), feature(std::move(feature)), file(std::move(file)),
        elements(*elementCount(input.shape)),
        // Of an example that holds a sample in the longest form, with room for other features.
        limit((uint64_t{32} << 20) + 16 * static_cast<uint64_t>(elements)) {}

  absl::Status measure() {
    if (absl::StatusOr<bool> gzip = file.isGzip(); gzip.ok() && *gzip)
      return damaged(path, ": is compressed with gzip; unpack it first");
    if (absl::Status status = file.index(); !status.ok())
      return of(path, status);
    if (file.count() == 0)
      return damaged(path, ": no records");
    const int64_t batch = input.shape.empty() ? 1 : input.shape[0];
    if (batch > 1 && elements > 0) {
      // The first record tells whether a record is a sample or a row of one.
      absl::StatusOr<bool> whole = decode(0, elements, nullptr);
      if (!whole.ok())
        return whole.status();
      absl::StatusOr<bool> row = decode(0, elements / batch, nullptr);
      if (!row.ok())
        return row.status();
      if (*row && !*whole)
        perSample = batch;
    }
    if (file.count() < perSample)
      return invalid(path, ": ", file.count(), " records hold no sample of ", described(input), "; give at least ",
                     perSample);
    return absl::OkStatus();
  }

  int64_t count() const override { return file.count() / perSample; }

  absl::StatusOr<Tensor> sample(int64_t i) const override {
    std::lock_guard<std::mutex> lock(mutex);
    Tensor tensor(input.type, input.shape);
    char *target = tensor.mutableData();
    const int64_t size = elements / perSample;
    for (int64_t k = 0; k < perSample; ++k) {
      absl::StatusOr<bool> fits = decode(i * perSample + k, size, target + k * size * byteSize(input.type));
      if (!fits.ok())
        return fits.status();
    }
    return tensor;
  }

private:
  // Writes the `size` elements of a record to `target`. Without a target it tells whether there are as many.
  absl::StatusOr<bool> decode(int64_t record, int64_t size, char *target) const {
    const std::string what = absl::StrCat(path, ": record ", record);
    absl::StatusOr<std::string> data = file.read(record, limit);
    if (!data.ok()) // of another record's place, it says so itself
      return absl::StartsWith(data.status().message(), "record ") ? of(path, data.status()) : of(what, data.status());
    proto::Example example;
    if (!example.ParseFromString(*data))
      return damaged(what, ": it is no tf.train.Example");
    absl::StatusOr<const proto::Feature *> chosen = choose(example);
    if (!chosen.ok())
      return invalid(what, " ", chosen.status().message());
    absl::StatusOr<bool> fits = copy(**chosen, size, target);
    return fits.ok() ? fits : of(what, fits.status());
  }

  absl::StatusOr<const proto::Feature *> choose(const proto::Example &example) const {
    const auto &features = example.features().feature();
    const std::string wanted = feature.empty() ? std::string(withoutPort0(input.name)) : feature;
    if (auto found = features.find(wanted); found != features.end())
      return &found->second;
    if (feature.empty() && features.size() == 1)
      return &features.begin()->second;
    std::vector<std::string> names;
    for (const auto &entry : features)
      names.push_back(shown(entry.first));
    std::sort(names.begin(), names.end());
    constexpr size_t kMostNames = 8;
    if (names.size() > kMostNames) {
      names.resize(kMostNames);
      names.push_back("...");
    }
    return invalid("has no feature '", shown(wanted), "' but ", names.empty() ? "none" : absl::StrJoin(names, ", "),
                   "; name one with --calibrate-feature");
  }

  absl::StatusOr<bool> copy(const proto::Feature &from, int64_t size, char *target) const {
    if (from.has_float_list()) {
      const auto &values = from.float_list().value();
      return copy(DType::F32, reinterpret_cast<const char *>(values.data()), values.size(), "numbers", size, target);
    }
    if (from.has_int64_list()) {
      const auto &values = from.int64_list().value();
      return copy(DType::I64, reinterpret_cast<const char *>(values.data()), values.size(), "integers", size, target);
    }
    const auto &strings = from.bytes_list().value();
    if (strings.size() != 1)
      return invalid("the feature has ", strings.size(), " byte strings, but ", described(input), ", takes one");
    const std::string &bytes = strings.Get(0);
    // Raw elements of the input's type, or bytes that stand for numbers.
    const bool raw = bytes.size() == size * byteSize(input.type) && input.type != DType::I1;
    return copy(raw ? input.type : DType::U8, bytes.data(), raw ? size : bytes.size(), "bytes", size, target);
  }

  absl::StatusOr<bool> copy(DType type, const char *values, int64_t count, absl::string_view kind, int64_t size,
                            char *target) const {
    if (!converts(type, input.type))
      return invalid("the feature has ", std::string(name(type)), " where ", described(input), ", has integers");
    if (!target)
      return count == size;
    if (count != size)
      return invalid("the feature has ", count, " ", kind, ", but input '", shown(input.name), "' is ",
                     typeString(input.type, input.shape), kind == "bytes" ? "; images have to be stored decoded" : "");
    absl::Status status = convert(type, values, size, input.type, target);
    return status.ok() ? absl::StatusOr<bool>(true) : invalid("the feature ", status.message());
  }

  const SampleInput input;
  const std::string path, feature;
  mutable std::mutex mutex;
  mutable RecordFile file; // remembers where it is
  const int64_t elements;
  const uint64_t limit; // of bytes of a record
  int64_t perSample = 1;
};

} // namespace

absl::StatusOr<Source> openTFRecord(const SampleInput &input, const std::string &path, const std::string &feature) {
  absl::StatusOr<std::shared_ptr<Bytes>> file = openFile(path);
  if (!file.ok())
    return of(shown(path), file.status());
  auto records = std::make_shared<TFRecord>(input, path, feature, *std::move(file));
  if (absl::Status status = records->measure(); !status.ok())
    return status;
  return records;
}

} // namespace aotc::data
