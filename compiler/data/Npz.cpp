// Reads .npz files: zip archives (PKWARE's APPNOTE) of .npy files, stored or deflated.
#include "compiler/data/Sources.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace aotc::data {

absl::StatusOr<MappedFile> MappedFile::open(const std::string &path) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return absl::ErrnoToStatus(errno, path);
  struct stat info;
  absl::Status status;
  const char *begin = nullptr;
  if (fstat(file, &info) != 0) {
    status = absl::ErrnoToStatus(errno, path);
  } else if (!S_ISREG(info.st_mode)) {
    status = absl::DataLossError(absl::StrCat(path, ": not a regular file"));
  } else if (info.st_size > 0) {
    void *map = mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, MAP_PRIVATE, file, 0);
    if (map == MAP_FAILED)
      status = absl::ErrnoToStatus(errno, path);
    else
      begin = static_cast<const char *>(map);
  }
  close(file);
  if (!status.ok())
    return status;
  return MappedFile(begin, begin ? static_cast<size_t>(info.st_size) : 0);
}

MappedFile::~MappedFile() {
  if (begin)
    munmap(const_cast<char *>(begin), size);
}

namespace {

uint64_t number(absl::string_view bytes, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i)
    value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[at + i])) << 8 * i;
  return value;
}

// A file in the archive, as its central directory has it.
struct Member {
  std::string name;
  uint64_t method = 0, stored = 0, size = 0, offset = 0;
};

class Archive {
public:
  Archive(absl::string_view bytes, const std::string &path) : bytes(bytes), path(path) {}

  absl::StatusOr<std::vector<Member>> members() const {
    constexpr size_t kEndBytes = 22, kMostComment = 0xffff;
    size_t end = bytes.rfind("PK\5\6");
    if (end == absl::string_view::npos || end + kEndBytes > bytes.size() || bytes.size() - end > kEndBytes + kMostComment)
      return error("not an .npz file: no zip directory at its end");
    uint64_t count = number(bytes, end + 10, 2), at = number(bytes, end + 16, 4);
    constexpr uint64_t kIn64 = 0xffffffff;
    if (at == kIn64 || count == 0xffff) { // zip64 has them in a record before
      constexpr size_t kLocatorBytes = 20, kEnd64Bytes = 56;
      if (end < kLocatorBytes || number(bytes, end - kLocatorBytes, 4) != 0x07064b50)
        return error("its zip directory is damaged");
      uint64_t record = number(bytes, end - kLocatorBytes + 8, 8);
      if (record > bytes.size() || bytes.size() - record < kEnd64Bytes || number(bytes, record, 4) != 0x06064b50)
        return error("its zip directory is damaged");
      count = number(bytes, record + 32, 8);
      at = number(bytes, record + 48, 8);
    }
    std::vector<Member> result;
    constexpr size_t kEntryBytes = 46;
    for (uint64_t i = 0; i < count; ++i) {
      if (at > bytes.size() || bytes.size() - at < kEntryBytes || number(bytes, at, 4) != 0x02014b50)
        return error("its zip directory is damaged");
      size_t nameBytes = number(bytes, at + 28, 2), extraBytes = number(bytes, at + 30, 2), commentBytes = number(bytes, at + 32, 2);
      if (bytes.size() - at - kEntryBytes < nameBytes + extraBytes + commentBytes)
        return error("its zip directory is damaged");
      Member member{std::string(bytes.substr(at + kEntryBytes, nameBytes)), number(bytes, at + 10, 2), number(bytes, at + 20, 4),
                    number(bytes, at + 24, 4), number(bytes, at + 42, 4)};
      readExtra64(bytes.substr(at + kEntryBytes + nameBytes, extraBytes), member);
      result.push_back(std::move(member));
      at += kEntryBytes + nameBytes + extraBytes + commentBytes;
    }
    return result;
  }

  absl::StatusOr<std::string> contents(const Member &member) const {
    constexpr size_t kHeaderBytes = 30;
    constexpr uint64_t kStored = 0, kDeflated = 8;
    uint64_t at = member.offset;
    if (at > bytes.size() || bytes.size() - at < kHeaderBytes || number(bytes, at, 4) != 0x04034b50)
      return error("array '", member.name, "' is damaged");
    at += kHeaderBytes + number(bytes, at + 26, 2) + number(bytes, at + 28, 2);
    if (at > bytes.size() || bytes.size() - at < member.stored)
      return error("array '", member.name, "' is truncated");
    absl::string_view from = bytes.substr(at, member.stored);
    if (member.method == kStored)
      return std::string(from);
    if (member.method != kDeflated)
      return error("array '", member.name, "' is compressed by method ", member.method, "; save it with numpy.savez");
    // Deflate gives at most about a thousand times its size: what claims more is damaged.
    constexpr uint64_t kMostRatio = 1100, kMostBytes = uint64_t(4) << 30;
    if (member.size > member.stored * kMostRatio || member.size > kMostBytes)
      return error("array '", member.name, "' claims ", member.size, " bytes; save it uncompressed with numpy.savez");
    std::string result(member.size, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
      return absl::InternalError("zlib does not start");
    bool ok = true;
    size_t read = 0, written = 0;
    constexpr size_t kPiece = size_t(1) << 30; // what zlib's counters hold
    for (int status = Z_OK; ok && status != Z_STREAM_END;) {
      stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(from.data() + read));
      stream.avail_in = static_cast<uInt>(std::min(kPiece, from.size() - read));
      stream.next_out = reinterpret_cast<Bytef *>(result.data() + written);
      stream.avail_out = static_cast<uInt>(std::min(kPiece, result.size() - written));
      size_t in = stream.avail_in, out = stream.avail_out;
      status = inflate(&stream, Z_NO_FLUSH);
      read += in - stream.avail_in;
      written += out - stream.avail_out;
      ok = status == Z_STREAM_END || (status == Z_OK && (in > stream.avail_in || out > stream.avail_out));
    }
    inflateEnd(&stream);
    if (!ok || written != result.size())
      return error("array '", member.name, "' is damaged");
    return result;
  }

private:
  template <typename... Parts> absl::Status error(const Parts &...parts) const {
    return absl::DataLossError(absl::StrCat(path, ": ", parts...));
  }

  // Zip64's extra field has what 32 bits do not hold, in this order.
  static void readExtra64(absl::string_view extra, Member &member) {
    while (extra.size() >= 4) {
      size_t id = number(extra, 0, 2), size = number(extra, 2, 2);
      absl::string_view data = extra.substr(4, size);
      if (id == 1)
        for (uint64_t *value : {&member.size, &member.stored, &member.offset})
          if (*value == 0xffffffff && data.size() >= 8) {
            *value = number(data, 0, 8);
            data.remove_prefix(8);
          }
      extra.remove_prefix(std::min(extra.size(), 4 + size));
    }
  }

  absl::string_view bytes;
  const std::string &path;
};

} // namespace

absl::StatusOr<Tensor> loadNpz(const std::string &path, const std::string &name) {
  absl::StatusOr<MappedFile> file = MappedFile::open(path);
  if (!file.ok())
    return file.status();
  Archive archive(file->bytes(), path);
  absl::StatusOr<std::vector<Member>> members = archive.members();
  if (!members.ok())
    return members.status();
  const Member *chosen = members->size() == 1 ? &members->front() : nullptr;
  std::vector<std::string> names;
  for (const Member &member : *members) {
    names.push_back(absl::EndsWith(member.name, ".npy") ? member.name.substr(0, member.name.size() - 4) : member.name);
    if (names.back() == name)
      chosen = &member;
  }
  if (!chosen)
    return absl::InvalidArgumentError(absl::StrCat(path, ": has no array '", name, "' but ", names.empty() ? "none" : absl::StrJoin(names, ", ")));
  absl::StatusOr<std::string> contents = archive.contents(*chosen);
  if (!contents.ok())
    return contents.status();
  return parseNpy(*contents, absl::StrCat(path, ":", chosen->name));
}

} // namespace aotc::data
