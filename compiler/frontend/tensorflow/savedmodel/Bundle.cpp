#include "compiler/frontend/tensorflow/savedmodel/Bundle.h"

#include <algorithm>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "compiler/frontend/tensorflow/reader/Decode.h"
#include "ir/Tensor/Crc32c.h"
#include "compiler/frontend/tensorflow/savedmodel/SliceKey.h"

namespace aotc::tf {
namespace {

absl::Status about(absl::string_view file, const absl::Status &status) {
  return absl::Status(status.code(), absl::StrCat(file, " ", status.message()));
}

bool isInside(const Region &region, absl::Span<const int64_t> shape) {
  if (region.start.size() != shape.size())
    return false;
  for (size_t d = 0; d < shape.size(); ++d)
    if (region.start[d] < 0 || region.shape[d] < 0 || region.start[d] > shape[d] ||
        region.shape[d] > shape[d] - region.start[d])
      return false;
  return true;
}

std::optional<Region> regionOf(const proto::TensorSliceProto &slice, absl::Span<const int64_t> shape) {
  Region region;
  if (slice.extent_size() != static_cast<int>(shape.size()))
    return std::nullopt;
  for (int d = 0; d < slice.extent_size(); ++d) {
    const auto &extent = slice.extent(d);
    bool whole = extent.has_length_case() != proto::TensorSliceProto::Extent::kLength;
    region.start.push_back(extent.start());
    region.shape.push_back(whole ? shape[d] : extent.length());
  }
  return isInside(region, shape) ? std::optional(region) : std::nullopt;
}

// What two boxes in one tensor have in common.
Region intersect(const Region &a, const Region &b) {
  Region common;
  for (size_t d = 0; d < a.start.size(); ++d) {
    int64_t start = std::max(a.start[d], b.start[d]);
    int64_t end = std::min(a.start[d] + a.shape[d], b.start[d] + b.shape[d]);
    common.start.push_back(start);
    common.shape.push_back(std::max<int64_t>(end - start, 0));
  }
  return common;
}

// In elements; boxes of checked tensors only, so it does not overflow.
int64_t commonSize(const Region &a, const Region &b) { return *elementCount(intersect(a, b).shape); }

// Copies what `from`, which lies at `at` of the whole, and `to`, which is the
// box `wanted` of it, have in common.
void copyCommon(const Tensor &from, const Region &at, Tensor &to, const Region &wanted) {
  const Region common = intersect(at, wanted);
  if (*elementCount(common.shape) == 0)
    return;
  const size_t rank = wanted.shape.size(), elementBytes = byteSize(to.dtype());
  const int64_t row = rank == 0 ? 1 : common.shape.back(); // along the last dimension
  auto offset = [&](const Region &box, const Shape &index) {
    int64_t offset = 0;
    for (size_t d = 0; d < rank; ++d)
      offset = offset * box.shape[d] + index[d] - box.start[d];
    return offset * elementBytes;
  };
  char *bytes = to.mutableData();
  for (Shape index = common.start;;) {
    std::memcpy(bytes + offset(wanted, index), from.data() + offset(at, index), row * elementBytes);
    size_t d = rank < 2 ? 0 : rank - 1;
    while (d > 0 && ++index[d - 1] == common.start[d - 1] + common.shape[d - 1]) {
      index[d - 1] = common.start[d - 1];
      --d;
    }
    if (d == 0)
      return;
  }
}

} // namespace

std::optional<SliceSpec> parseSliceSpec(absl::string_view text) {
  std::vector<absl::string_view> parts = absl::StrSplit(text, ' ');
  SliceSpec spec;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    int64_t dim = 0;
    if (!absl::SimpleAtoi(parts[i], &dim) || dim < 0)
      return std::nullopt;
    spec.full.push_back(dim);
  }
  for (absl::string_view extent : absl::StrSplit(parts.back(), ':')) {
    const size_t d = spec.region.start.size();
    std::pair<absl::string_view, absl::string_view> ends = absl::StrSplit(extent, ',');
    int64_t start = 0, length = d < spec.full.size() ? spec.full[d] : 0;
    if (extent != "-" && (!absl::SimpleAtoi(ends.first, &start) || !absl::SimpleAtoi(ends.second, &length)))
      return std::nullopt;
    spec.region.start.push_back(start);
    spec.region.shape.push_back(length);
  }
  return isInside(spec.region, spec.full) ? std::optional(spec) : std::nullopt;
}

absl::StatusOr<Bundle> Bundle::open(const ModelFolder &folder, const std::string &prefix) {
  const std::string name = absl::StrCat(prefix, ".index");
  absl::StatusOr<ModelFile> file = folder.openFile(name);
  if (!file.ok())
    return about(name, file.status());
  absl::StatusOr<std::string> bytes = file->readAll(kMaxTableBytes);
  if (!bytes.ok())
    return about(name, bytes.status());
  absl::StatusOr<Table> table = Table::parse(*bytes);
  if (!table.ok())
    return about(name, table.status());
  Bundle bundle(folder, prefix, *std::move(table));
  proto::BundleHeaderProto header;
  const std::string *text = bundle.table.find("");
  if (!text || !header.ParseFromString(*text))
    return about(name, absl::InvalidArgumentError("has no header"));
  if (header.endianness() != proto::BundleHeaderProto::LITTLE)
    return about(name, absl::InvalidArgumentError("was written on a big-endian machine, which is not supported"));
  bundle.shardCount = header.num_shards();
  return bundle;
}

absl::StatusOr<proto::BundleEntryProto> Bundle::entry(const std::string &key) const {
  const std::string *text = table.find(key);
  if (!text)
    return absl::NotFoundError("the checkpoint does not have it");
  proto::BundleEntryProto entry;
  if (!entry.ParseFromString(*text))
    return absl::InvalidArgumentError(absl::StrCat("its entry in ", prefix, ".index does not parse"));
  return entry;
}

absl::StatusOr<Bundle::Shard *> Bundle::shard(int number) {
  if (number < 0 || number >= shardCount)
    return absl::InvalidArgumentError(
        absl::StrCat("is said to lie in file ", number, " of ", shardCount, " of the checkpoint"));
  if (auto found = shards.find(number); found != shards.end())
    return &found->second;
  std::string name = absl::StrFormat("%s.data-%05d-of-%05d", prefix, number, shardCount);
  absl::StatusOr<ModelFile> file = folder->openFile(name);
  if (!file.ok()) // not NotFound, which stands for the key
    return absl::InvalidArgumentError(about(name, file.status()).message());
  uint64_t size = file->size();
  return &shards.emplace(number, Shard{name, *std::move(file), size}).first->second;
}

absl::StatusOr<Tensor> Bundle::readStored(const proto::BundleEntryProto &entry) {
  TypeCode code = typeCode(entry.dtype());
  std::optional<DType> type = dtypeOf(code);
  if (!type)
    return absl::InvalidArgumentError(absl::StrCat("holds ", nameOf(code), " elements, which are not supported"));
  PartialShape shape = partialShape(entry.shape());
  std::optional<int64_t> count;
  if (shape && shape->size() <= kMaxRank)
    count = elementCount(*shape, byteSize(*type));
  if (!count)
    return absl::InvalidArgumentError("has an impossible shape");
  const size_t bytes = *count * byteSize(*type);
  if (entry.size() < 0 || static_cast<uint64_t>(entry.size()) != bytes || entry.offset() < 0)
    return absl::InvalidArgumentError(
        absl::StrCat("has ", entry.size(), " bytes, but ", typeString(*type, *shape), " takes ", bytes));
  absl::StatusOr<Shard *> from = shard(entry.shard_id());
  if (!from.ok())
    return from.status();
  // Entries that overlap would let a small checkpoint ask for any memory.
  if (bytes > (*from)->unread)
    return about((*from)->name, absl::InvalidArgumentError(
                                    "is shorter than what its entries say: it is cut off, or they overlap"));
  Tensor tensor(*type, std::move(*shape));
  char *data = tensor.mutableData();
  if (absl::Status status = (*from)->file.read(entry.offset(), bytes, data); !status.ok())
    return about((*from)->name, status);
  (*from)->unread -= bytes;
  if (maskedCrc32c({data, bytes}) != entry.crc32c())
    return about((*from)->name,
                 absl::InvalidArgumentError(absl::StrCat("is damaged: the checksum of ", bytes, " bytes at ",
                                                         entry.offset(), " is wrong")));
  if (*type == DType::I1) // must be 0 or 1 in memory; a file may hold anything
    std::transform(data, data + bytes, data, [](char c) { return c != 0; });
  return tensor;
}

absl::StatusOr<const Tensor *> Bundle::readOnce(const std::string &key, const proto::BundleEntryProto &entry) {
  auto found = stored.find(key);
  if (found == stored.end()) {
    absl::StatusOr<Tensor> tensor = readStored(entry);
    if (!tensor.ok())
      return tensor.status();
    storedBytes += tensor->bytes();
    found = stored.emplace(key, *std::move(tensor)).first;
  }
  return &found->second;
}

// What is stored of the tensor `key`: all of it, or the parts that meet `wanted`.
absl::StatusOr<std::vector<Bundle::Part>> Bundle::readParts(const std::string &key, const proto::BundleEntryProto &whole,
                                                            const Region &wanted) {
  const Shape full = *partialShape(whole.shape());
  if (whole.slices().empty()) {
    absl::StatusOr<const Tensor *> tensor = readOnce(key, whole);
    if (!tensor.ok())
      return tensor.status();
    return std::vector<Part>{{*tensor, {Shape(full.size()), full}}};
  }
  visitedParts += whole.slices_size();
  if (visitedParts > kMaxVisitedParts)
    return absl::InvalidArgumentError("the checkpoint's tensors have too many parts");
  std::vector<Part> parts;
  std::set<std::string> keys;
  for (const proto::TensorSliceProto &slice : whole.slices()) {
    std::optional<Region> at = regionOf(slice, full);
    if (!at)
      return absl::InvalidArgumentError("has a part that lies outside of it");
    const std::string partKey = sliceKey(key, slice);
    if (!keys.insert(partKey).second)
      return absl::InvalidArgumentError("has the same part twice");
    if (commonSize(*at, wanted) == 0)
      continue;
    absl::StatusOr<proto::BundleEntryProto> part = entry(partKey);
    absl::StatusOr<const Tensor *> tensor = part.ok() ? readOnce(partKey, *part) : part.status();
    if (!tensor.ok())
      return absl::InvalidArgumentError(absl::StrCat("a part of it: ", tensor.status().message()));
    if (typeCode(whole.dtype()).value != typeCode(part->dtype()).value || (*tensor)->shape() != at->shape)
      return absl::InvalidArgumentError("has a part whose type or shape disagrees with the whole");
    parts.push_back({*tensor, *std::move(at)});
  }
  return parts;
}

absl::StatusOr<Tensor> Bundle::read(const std::string &key, const std::optional<SliceSpec> &spec) {
  absl::StatusOr<proto::BundleEntryProto> whole = entry(key);
  if (!whole.ok())
    return whole.status();
  if (!spec && whole->slices().empty()) {
    absl::StatusOr<const Tensor *> tensor = readOnce(key, *whole);
    return tensor.ok() ? absl::StatusOr<Tensor>(**tensor) : tensor.status();
  }
  PartialShape full = partialShape(whole->shape());
  std::optional<DType> type = dtypeOf(typeCode(whole->dtype()));
  if (!type || !full || full->size() > kMaxRank || !elementCount(*full, byteSize(*type)))
    return absl::InvalidArgumentError("has an unsupported type or an impossible shape");
  if (spec && spec->full != *full)
    return absl::InvalidArgumentError(absl::StrCat("is ", toString(*full), " in the checkpoint, but the graph restores ",
                                                   "a part of ", toString(spec->full)));
  const Region wanted = spec ? spec->region : Region{Shape(full->size()), *full};
  absl::StatusOr<std::vector<Part>> parts = readParts(key, *whole, wanted);
  if (!parts.ok())
    return parts.status();
  int64_t missing = *elementCount(wanted.shape);
  for (const Part &part : *parts)
    missing -= commonSize(part.at, wanted);
  if (missing != 0)
    return absl::InvalidArgumentError("has parts that overlap or leave gaps");
  const uint64_t bytes = *elementCount(wanted.shape) * byteSize(*type);
  if (bytes > storedBytes - assembledBytes)
    return absl::InvalidArgumentError("the graph restores more from the checkpoint than it holds");
  assembledBytes += bytes;
  Tensor result(*type, wanted.shape);
  for (const Part &part : *parts)
    copyCommon(*part.tensor, part.at, result, wanted);
  return result;
}

} // namespace aotc::tf
