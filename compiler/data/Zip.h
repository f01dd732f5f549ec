// Members of a zip archive, which is what an .npz file is. Private to this
// folder. Messages do not name the file.
#ifndef AOTC_COMPILER_DATA_ZIP_H
#define AOTC_COMPILER_DATA_ZIP_H

#include <vector>

#include "compiler/data/File.h"

namespace aotc::data {

struct ZipMember {
  std::string name;
  unsigned method = 0; // 0: stored, 8: deflated
  uint32_t crc = 0;
  uint64_t packedBytes = 0, bytes = 0;
  uint64_t offset = 0; // of its own header
};

// What the directory at the end lists; sizes are as claimed there.
absl::StatusOr<std::vector<ZipMember>> listZip(Bytes &file);

// The contents. They are unpacked as far as they are read: in ascending order
// this costs nothing twice, and never more memory than what is asked for.
absl::StatusOr<std::shared_ptr<Bytes>> openMember(std::shared_ptr<Bytes> file, const ZipMember &member);

} // namespace aotc::data
#endif
