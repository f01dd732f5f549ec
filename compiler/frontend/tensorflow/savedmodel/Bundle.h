// The variables of a checkpoint: an index and the files that hold the bytes.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_BUNDLE_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_BUNDLE_H

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/frontend/common/ModelFolder.h"
#include "compiler/frontend/tensorflow/proto/saved_model.pb.h"
#include "compiler/frontend/tensorflow/savedmodel/Table.h"
#include "ir/Tensor/Tensor.h"

namespace aotc::tf {

// A box in a tensor: where it starts and how large it is, by dimension.
struct Region {
  Shape start, shape;
};

// "" is the whole tensor, "4 3 0,2:-" rows 0 and 1 of one of 4 by 3. Fails on
// text of another form and on boxes that leave the shape.
struct SliceSpec {
  Shape full; // shape of the whole tensor
  Region region;
};
std::optional<SliceSpec> parseSliceSpec(absl::string_view text);

class Bundle {
public:
  // `prefix`: the names of the files without ".index". Messages name the file.
  static absl::StatusOr<Bundle> open(const ModelFolder &folder, const std::string &prefix);

  // The tensor `key`, or a part of it. Checks sums. NotFound: no such key.
  // Messages name the file where it is at fault, never the key.
  absl::StatusOr<Tensor> read(const std::string &key, const std::optional<SliceSpec> &spec = std::nullopt);

  const Table &index() const { return table; }

private:
  struct Shard {
    std::string name;
    ModelFile file;
    uint64_t unread; // bytes of the file that reading may still ask for
  };

  struct Part {
    const Tensor *tensor; // of `stored`
    Region at;            // where it lies in the whole
  };
  static constexpr int64_t kMaxVisitedParts = 1 << 20;

  Bundle(const ModelFolder &folder, std::string prefix, Table table)
      : folder(&folder), prefix(std::move(prefix)), table(std::move(table)) {}
  absl::StatusOr<proto::BundleEntryProto> entry(const std::string &key) const;
  absl::StatusOr<Shard *> shard(int number);
  absl::StatusOr<Tensor> readStored(const proto::BundleEntryProto &entry);
  absl::StatusOr<const Tensor *> readOnce(const std::string &key, const proto::BundleEntryProto &entry);
  absl::StatusOr<std::vector<Part>> readParts(const std::string &key, const proto::BundleEntryProto &whole,
                                              const Region &wanted);

  const ModelFolder *folder;
  std::string prefix;
  Table table;
  int shardCount = 0;
  std::map<int, Shard> shards;
  std::map<std::string, Tensor> stored; // by key of the index
  uint64_t storedBytes = 0;             // of `stored`, at most what the files hold
  uint64_t assembledBytes = 0;          // of tensors made of parts; each part goes into one
  int64_t visitedParts = 0;
};

} // namespace aotc::tf
#endif
