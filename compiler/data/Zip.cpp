#include "compiler/data/Zip.h"

#include <algorithm>
#include <zlib.h>

namespace aotc::data {
namespace {

constexpr size_t kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20, kEntryBytes = 46, kLocalBytes = 30;
constexpr uint64_t kMaxDirectory = 16 << 20; // hundreds of thousands of arrays
constexpr uint64_t kMaxRatio = 1032;         // no deflated byte stands for more
constexpr size_t kChunk = 1 << 16;

struct Directory {
  uint64_t offset = 0, bytes = 0;
};

absl::StatusOr<Directory> findDirectory(Bytes &file) {
  const uint64_t size = file.size();
  const size_t tailBytes = std::min<uint64_t>(size, kLocatorBytes + kEndBytes + 0xffff); // a comment may follow
  absl::StatusOr<std::string> tail = file.read(size - tailBytes, tailBytes);
  if (!tail.ok())
    return tail.status();
  size_t at = tail->rfind("PK\5\6");
  if (at == std::string::npos || tail->size() - at < kEndBytes)
    return damaged("no zip directory at its end; it is truncated, or not an .npz file");
  Directory directory{fixedAt(*tail, at + 16, 4), fixedAt(*tail, at + 12, 4)};
  // Large archives say so by a second record, which a locator in front of the first leads to.
  if (at >= kLocatorBytes && tail->compare(at - kLocatorBytes, 4, "PK\6\7") == 0) {
    absl::StatusOr<std::string> end = file.read(fixedAt(*tail, at - kLocatorBytes + 8, 8), kEnd64Bytes);
    if (!end.ok() || end->compare(0, 4, "PK\6\6") != 0)
      return damaged("the directory of the .npz file is damaged");
    directory = {fixedAt(*end, 48, 8), fixedAt(*end, 40, 8)};
  }
  if (directory.bytes > kMaxDirectory)
    return damaged("the directory of the .npz file of ", directory.bytes, " bytes is too long");
  return directory;
}

// The 64-bit fields of an entry stand in an extra field, those only that do not fit 32 bits.
bool widen(absl::string_view extra, ZipMember &member) {
  while (extra.size() >= 4) {
    size_t id = fixedAt(extra, 0, 2), bytes = fixedAt(extra, 2, 2);
    extra.remove_prefix(4);
    if (bytes > extra.size())
      return false;
    if (id == 1) {
      absl::string_view fields = extra.substr(0, bytes);
      for (uint64_t *field : {&member.bytes, &member.packedBytes, &member.offset}) {
        if (*field != 0xffffffff)
          continue;
        if (fields.size() < 8)
          return false;
        *field = fixedAt(fields, 0, 8);
        fields.remove_prefix(8);
      }
      return true;
    }
    extra.remove_prefix(bytes);
  }
  return true;
}

// Contents of a member, in ascending order.
class Member : public Bytes {
public:
  Member(std::shared_ptr<Bytes> file, const ZipMember &entry, uint64_t start)
      : file(std::move(file)), entry(entry), start(start) {}
  uint64_t size() const override { return entry.bytes; }

  absl::Status read(uint64_t offset, size_t count, char *to) override {
    if (offset > entry.bytes || count > entry.bytes - offset)
      return damaged("has ", entry.bytes, " bytes; ", count, " bytes at ", offset, " lie past its end");
    if (absl::Status status = moveTo(offset); !status.ok())
      return status;
    while (count > 0) {
      const size_t some = std::min<size_t>(count, 1 << 30); // what zlib can count
      if (absl::Status status = next(to, some); !status.ok())
        return status;
      sum = crc32(sum, reinterpret_cast<const Bytef *>(to), static_cast<uInt>(some));
      position += some;
      to += some;
      count -= some;
    }
    // Known where all bytes came by, as they do when samples are read in order.
    if (summed && position == entry.bytes && sum != entry.crc)
      return damaged("the checksum does not match; the file is damaged");
    return absl::OkStatus();
  }

protected:
  virtual absl::Status next(char *to, size_t count) = 0; // from `position` on
  virtual absl::Status moveTo(uint64_t offset) = 0;

  std::shared_ptr<Bytes> file;
  const ZipMember entry;
  const uint64_t start; // of the packed bytes
  uint64_t position = 0;
  bool summed = true; // `sum` is of all bytes before `position`
  uLong sum = 0;
};

class StoredMember : public Member {
public:
  using Member::Member;

protected:
  absl::Status next(char *to, size_t count) override { return file->read(start + position, count, to); }
  absl::Status moveTo(uint64_t offset) override {
    if (offset == 0) {
      summed = true;
      sum = 0;
    } else if (offset != position) {
      summed = false;
    }
    position = offset;
    return absl::OkStatus();
  }
};

class DeflatedMember : public Member {
public:
  using Member::Member;
  ~DeflatedMember() override { inflateEnd(&stream); }

  absl::Status restart() {
    inflateEnd(&stream);
    stream = z_stream();
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) // no header of zlib's
      return absl::ResourceExhaustedError("no memory to unpack it");
    position = taken = 0;
    sum = 0;
    return absl::OkStatus();
  }

protected:
  absl::Status next(char *to, size_t count) override {
    stream.next_out = reinterpret_cast<Bytef *>(to);
    stream.avail_out = static_cast<uInt>(count);
    while (stream.avail_out > 0) {
      if (stream.avail_in == 0) {
        const size_t more = std::min<uint64_t>(input.size(), entry.packedBytes - taken);
        if (more == 0)
          return broke();
        if (absl::Status status = file->read(start + taken, more, input.data()); !status.ok())
          return status;
        taken += more;
        stream.next_in = reinterpret_cast<Bytef *>(input.data());
        stream.avail_in = static_cast<uInt>(more);
      }
      const int result = inflate(&stream, Z_NO_FLUSH);
      if (result != Z_OK && !(result == Z_STREAM_END && stream.avail_out == 0))
        return broke();
    }
    return absl::OkStatus();
  }

  absl::Status moveTo(uint64_t offset) override {
    if (offset < position || broken)
      if (absl::Status status = restart(); !status.ok())
        return status;
    broken = false;
    std::string skipped(std::min<uint64_t>(kChunk, offset - position), '\0');
    while (position < offset) {
      const size_t some = std::min<uint64_t>(skipped.size(), offset - position);
      if (absl::Status status = next(skipped.data(), some); !status.ok())
        return status;
      sum = crc32(sum, reinterpret_cast<const Bytef *>(skipped.data()), static_cast<uInt>(some));
      position += some;
    }
    return absl::OkStatus();
  }

private:
  absl::Status broke() {
    broken = true;
    return damaged("the deflated data is damaged");
  }

  z_stream stream = {};
  std::string input = std::string(kChunk, '\0');
  uint64_t taken = 0;  // of the packed bytes
  bool broken = false; // `position` does not tell what comes next
};

} // namespace

absl::StatusOr<std::vector<ZipMember>> listZip(Bytes &file) {
  absl::StatusOr<Directory> directory = findDirectory(file);
  if (!directory.ok())
    return directory.status();
  absl::StatusOr<std::string> content = file.read(directory->offset, directory->bytes);
  if (!content.ok())
    return damaged("the directory of the .npz file lies outside of it; the file is damaged");
  std::vector<ZipMember> members;
  for (absl::string_view rest = *content; !rest.empty();) {
    if (rest.size() < kEntryBytes || rest.substr(0, 4) != "PK\1\2")
      return damaged("entry ", members.size(), " of the .npz file's directory is damaged");
    const size_t name = fixedAt(rest, 28, 2), extra = fixedAt(rest, 30, 2), comment = fixedAt(rest, 32, 2);
    if (rest.size() < kEntryBytes + name + extra + comment)
      return damaged("entry ", members.size(), " of the .npz file's directory is damaged");
    ZipMember member;
    member.name = std::string(rest.substr(kEntryBytes, name));
    member.method = fixedAt(rest, 10, 2);
    member.crc = fixedAt(rest, 16, 4);
    member.packedBytes = fixedAt(rest, 20, 4);
    member.bytes = fixedAt(rest, 24, 4);
    member.offset = fixedAt(rest, 42, 4);
    if (fixedAt(rest, 8, 2) & 1)
      return damaged("'", shown(member.name), "' is encrypted; save the arrays without a password");
    if (!widen(rest.substr(kEntryBytes + name, extra), member))
      return damaged("entry ", members.size(), " of the .npz file's directory is damaged");
    members.push_back(std::move(member));
    rest.remove_prefix(kEntryBytes + name + extra + comment);
  }
  return members;
}

absl::StatusOr<std::shared_ptr<Bytes>> openMember(std::shared_ptr<Bytes> file, const ZipMember &member) {
  absl::StatusOr<std::string> local = file->read(member.offset, kLocalBytes);
  if (!local.ok() || local->compare(0, 4, "PK\3\4") != 0)
    return damaged("its place in the .npz file is damaged");
  // Room is known from here alone: both names and extra fields may differ from the directory's.
  const uint64_t start = member.offset + kLocalBytes + fixedAt(*local, 26, 2) + fixedAt(*local, 28, 2);
  if (start > file->size() || member.packedBytes > file->size() - start)
    return damaged("its ", member.packedBytes, " bytes lie past the end of the .npz file, which is cut off");
  if (member.method == 0) {
    if (member.packedBytes != member.bytes)
      return damaged("its sizes in the .npz file disagree");
    return std::make_shared<StoredMember>(std::move(file), member, start);
  }
  if (member.method != 8)
    return damaged("compression method ", member.method, " is not supported; save with numpy.savez_compressed");
  if (member.bytes / kMaxRatio > member.packedBytes)
    return damaged("its size of ", member.bytes, " bytes is more than ", member.packedBytes, " deflated bytes can hold");
  auto deflated = std::make_shared<DeflatedMember>(std::move(file), member, start);
  if (absl::Status status = deflated->restart(); !status.ok())
    return status;
  return deflated;
}

} // namespace aotc::data
