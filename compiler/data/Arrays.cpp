#include <algorithm>
#include <mutex>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "compiler/data/Convert.h"
#include "compiler/data/Sources.h"
#include "compiler/data/Zip.h"
#include "ir/Tensor/Npy.h"

namespace aotc::data {
namespace {

// Arrays in column-major order are transposed as a whole.
constexpr uint64_t kMaxFortranBytes = uint64_t{1} << 30;

// How many samples an array of shape `file` holds, one after the other in row-major order.
absl::StatusOr<int64_t> samplesIn(const Shape &file, DType type, const SampleInput &input) {
  const Shape &shape = input.shape;
  if (!converts(type, input.type))
    return invalid("has ", std::string(name(type)), " where the input has ", std::string(name(input.type)), "; save it as ",
                   std::string(name(input.type)));
  if (file == shape)
    return 1;
  auto isTail = [](const Shape &tail, const Shape &of) {
    return !of.empty() && tail.size() + 1 == of.size() && std::equal(tail.begin(), tail.end(), of.begin() + 1);
  };
  const Shape rest(shape.begin() + !shape.empty(), shape.end());
  const bool counted = isTail(shape, file), unbatched = isTail(file, shape) && shape[0] == 1;
  const bool batched = !shape.empty() && isTail(rest, file);
  const int64_t batch = shape.empty() ? 1 : shape[0];
  // Extents beside a zero are claims that cost nothing.
  if ((counted || unbatched || batched) && *elementCount(file) > 0) {
    if (unbatched)
      return 1;
    if (counted)
      return file[0];
    if (file[0] >= batch)
      return file[0] / batch;
  }
  std::string rows = batch == 1 ? "N" : absl::StrCat("N*", batch);
  return invalid("is ", typeString(type, file), ", which holds no sample of ", described(input),
                 "; give an array of shape [", rows, rest.empty() ? "" : ",", absl::StrJoin(rest, ","), "]");
}

// The array of an .npz file that is for the input.
absl::StatusOr<ZipMember> chooseMember(const std::vector<ZipMember> &members, const SampleInput &input) {
  const ZipMember *only = nullptr;
  size_t arrays = 0;
  std::string names;
  for (const ZipMember &member : members) {
    absl::string_view array = member.name;
    if (!absl::ConsumeSuffix(&array, ".npy"))
      continue;
    if (withoutPort0(array) == withoutPort0(input.name))
      return member;
    only = &member;
    if (++arrays <= 8)
      absl::StrAppend(&names, names.empty() ? "" : ", ", shown(array));
  }
  if (arrays == 0)
    return damaged("has no arrays; save some with numpy.savez");
  if (arrays > 1)
    return invalid("has no array '", shown(input.name), "' but ", names, arrays > 8 ? ", ..." : "",
                   "; name one like the input, or save one only");
  return *only;
}

// One array of a file: its header now, its values when asked for.
class Array {
public:
  static absl::StatusOr<Array> open(const std::string &path, const SampleInput &input) {
    absl::StatusOr<Array> array = openIn(path, input);
    return array.ok() ? std::move(array) : of(shown(path), array.status());
  }

  int64_t count() const { return samples; }

  absl::StatusOr<Tensor> sample(int64_t i, const SampleInput &input) {
    Tensor tensor(input.type, input.shape);
    if (tensor.size() == 0)
      return tensor;
    const size_t bytes = static_cast<size_t>(tensor.size()) * byteSize(header.type);
    std::string values;
    const char *from = nullptr;
    if (header.fortranOrder) {
      if (absl::Status status = transpose(); !status.ok())
        return of(where, status);
      from = whole.data() + i * bytes;
    } else {
      absl::StatusOr<std::string> read = content->read(header.dataOffset + i * bytes, bytes);
      if (!read.ok())
        return of(where, read.status());
      values = *std::move(read);
      finishNpyValues(header, values.data(), bytes);
      from = values.data();
    }
    if (absl::Status status = convert(header.type, from, tensor.size(), input.type, tensor.mutableData()); !status.ok())
      return invalid(where, ": sample ", i, " ", status.message());
    return tensor;
  }

private:
  static absl::StatusOr<Array> openIn(const std::string &path, const SampleInput &input) {
    Array array;
    array.where = shown(path);
    absl::StatusOr<std::shared_ptr<Bytes>> file = openFile(path);
    if (!file.ok())
      return file.status();
    if (!absl::EndsWith(path, ".npz")) {
      array.content = *file;
      absl::Status status = array.readHeader(input, false);
      return status.ok() ? absl::StatusOr<Array>(std::move(array)) : status;
    }
    absl::StatusOr<std::vector<ZipMember>> members = listZip(**file);
    if (!members.ok())
      return members.status();
    absl::StatusOr<ZipMember> member = chooseMember(*members, input);
    if (!member.ok())
      return member.status();
    std::string what = absl::StrCat("array '", shown(absl::StripSuffix(member->name, ".npy")), "'");
    absl::StrAppend(&array.where, ": ", what);
    absl::StatusOr<std::shared_ptr<Bytes>> content = openMember(*file, *member);
    if (!content.ok())
      return of(what, content.status());
    array.content = *std::move(content);
    if (absl::Status status = array.readHeader(input, true); !status.ok())
      return of(what, status);
    return array;
  }

  // `exact`: nothing may follow the values.
  absl::Status readHeader(const SampleInput &input, bool exact) {
    absl::StatusOr<std::string> start = content->read(0, std::min<uint64_t>(content->size(), kMaxNpyHeader));
    if (!start.ok())
      return start.status();
    absl::StatusOr<NpyHeader> parsed = parseNpyHeader(*start, "");
    if (!parsed.ok()) // without the empty name
      return damaged(absl::StripPrefix(parsed.status().message(), ": "));
    header = *std::move(parsed);
    const uint64_t left = content->size() - header.dataOffset, wantedBytes = header.dataBytes();
    if (left < wantedBytes || (exact && left > wantedBytes))
      return damaged(typeString(header.type, header.shape), " takes ", wantedBytes, " bytes, ", left, " are there; it is ",
                     left < wantedBytes ? "truncated" : "damaged");
    if (header.fortranOrder && wantedBytes > kMaxFortranBytes)
      return invalid("is ", typeString(header.type, header.shape),
                     " in column-major order, which is too large; save it after numpy.ascontiguousarray");
    absl::StatusOr<int64_t> held = samplesIn(header.shape, header.type, input);
    if (!held.ok())
      return held.status();
    samples = *held;
    return absl::OkStatus();
  }

  absl::Status transpose() {
    if (transposed)
      return absl::OkStatus();
    absl::StatusOr<std::string> bytes = content->read(0, header.dataOffset + header.dataBytes());
    if (!bytes.ok())
      return bytes.status();
    absl::StatusOr<Tensor> tensor = parseNpy(*bytes, "");
    if (!tensor.ok())
      return damaged("changed while it was read");
    whole = *std::move(tensor);
    transposed = true;
    return absl::OkStatus();
  }

  std::string where; // file and array, for messages
  std::shared_ptr<Bytes> content;
  NpyHeader header;
  int64_t samples = 0;
  Tensor whole; // of an array in column-major order, once it was read
  bool transposed = false;
};

// Only the file read last is open: folders may have more than a process can open.
class Arrays : public SampleSource {
public:
  Arrays(const SampleInput &input, std::vector<std::string> files) : input(input), files(std::move(files)) {}

  absl::Status measure() {
    for (const std::string &file : files) {
      absl::StatusOr<Array> array = Array::open(file, input);
      if (!array.ok())
        return array.status();
      int64_t end;
      if (__builtin_add_overflow(count(), array->count(), &end))
        return invalid(shown(file), ": too many samples");
      ends.push_back(end);
    }
    return absl::OkStatus();
  }

  int64_t count() const override { return ends.empty() ? 0 : ends.back(); }

  absl::StatusOr<Tensor> sample(int64_t i) const override {
    std::lock_guard<std::mutex> lock(mutex);
    const size_t file = std::upper_bound(ends.begin(), ends.end(), i) - ends.begin();
    const int64_t begin = file ? ends[file - 1] : 0;
    if (!current || currentFile != file) {
      absl::StatusOr<Array> opened = Array::open(files[file], input);
      if (!opened.ok())
        return opened.status();
      if (opened->count() != ends[file] - begin)
        return damaged(shown(files[file]), ": changed while it was used");
      current = *std::move(opened);
      currentFile = file;
    }
    return current->sample(i - begin, input);
  }

private:
  const SampleInput input;
  const std::vector<std::string> files;
  std::vector<int64_t> ends; // how many samples there are up to the end of each file
  mutable std::mutex mutex;
  mutable std::optional<Array> current;
  mutable size_t currentFile = 0;
};

} // namespace

absl::StatusOr<Source> openArrays(const SampleInput &input, std::vector<std::string> files) {
  auto arrays = std::make_shared<Arrays>(input, std::move(files));
  if (absl::Status status = arrays->measure(); !status.ok())
    return status;
  return arrays;
}

} // namespace aotc::data
