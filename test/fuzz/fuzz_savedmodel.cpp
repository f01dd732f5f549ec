// Any SavedModel folder gives a well-formed graph or at least one diagnostic.
// Folders become archives (saved_model_archive.proto) that are mutated as a
// whole: graph, index and shards.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "compiler/frontend/tensorflow/savedmodel/SavedModel.h"
#include "compiler/frontend/tensorflow/savedmodel/Table.h"
#include "compiler/frontend/tensorflow/savedmodel/Varint.h"
#include "google/protobuf/stubs/logging.h"
#include "test/compiler/frontend/tensorflow/savedmodel/writer.h"
#include "test/fuzz/CheckModel.h"
#include "test/fuzz/Driver.h"
#include "test/fuzz/saved_model_archive.pb.h"

namespace {

using namespace aotc;
namespace fs = std::filesystem;

fs::path scratch() {
  static const fs::path path = fs::temp_directory_path() / absl::StrCat("aotc-fuzz-savedmodel-", getpid());
  return path;
}

std::string readFile(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string shardName(size_t i, size_t count) { return absl::StrFormat("variables.data-%05d-of-%05d", i, count); }

// Puts the right checksums behind those blocks that are where the index says.
void correctChecksums(std::string &index) {
  auto correct = [&](absl::string_view handle) -> absl::string_view {
    std::optional<uint64_t> offset = tf::takeVarint(handle), size = tf::takeVarint(handle);
    if (!offset || !size || *offset > index.size() || *size > index.size() - *offset ||
        index.size() - *offset - *size < 5)
      return {};
    absl::string_view typed(index.data() + *offset, *size + 1);
    index.replace(*offset + *size + 1, 4, tf::fixed32(maskedCrc32c(typed)));
    return typed.substr(0, *size);
  };
  if (index.size() < 48)
    return;
  absl::string_view footer(index.data() + index.size() - 48, 48);
  tf::takeVarint(footer), tf::takeVarint(footer);
  absl::string_view block = correct(footer);
  while (!block.empty()) { // entries of the index block; what follows them does no harm
    std::optional<uint64_t> shared = tf::takeVarint(block), own = tf::takeVarint(block),
                            value = tf::takeVarint(block);
    if (!shared || !own || !value || *own > block.size() || *value > block.size() - *own)
      return;
    correct(block.substr(*own, *value));
    block.remove_prefix(*own + *value);
  }
}

void unpack(const fuzz::SavedModelArchive &archive) {
  fs::path folder = scratch() / "mutant";
  tf::writeFile(folder / "saved_model.pb", archive.model().SerializePartialAsString());
  std::string index = archive.index();
  if (index.empty()) {
    tf::proto::BundleHeaderProto header;
    header.set_num_shards(archive.shards());
    tf::Entries entries{{"", header.SerializeAsString()}};
    for (const auto &entry : archive.entries())
      entries.emplace_back(entry.key(), entry.value().SerializePartialAsString());
    std::sort(entries.begin(), entries.end());
    index = tf::table(entries);
  } else {
    correctChecksums(index);
  }
  tf::writeFile(folder / "variables/variables.index", index);
  for (int i = 0; i < archive.data_size(); ++i)
    tf::writeFile(folder / "variables" / shardName(i, archive.data_size()), archive.data(i));
}

fuzz::Outcome run(const std::string &bytes) {
  google::protobuf::LogSilencer silencer; // of names that are no UTF-8
  fuzz::SavedModelArchive archive;
  if (!archive.ParsePartialFromString(bytes))
    return {};
  unpack(archive);
  Diagnostics diagnostics;
  absl::StatusOr<tf::Model> model =
      tf::readSavedModel((scratch() / "mutant").string(), "", {}, diagnostics);
  return fuzz::checkResult(model, diagnostics);
}

// Two archives of a folder: with the index by entries, and as it is.
void pack(const fs::path &folder, const fs::path &to) {
  fuzz::SavedModelArchive archive;
  if (!archive.mutable_model()->ParseFromString(readFile(folder / "saved_model.pb")))
    return;
  std::string index = readFile(folder / "variables/variables.index");
  absl::StatusOr<tf::Table> table = tf::Table::parse(index);
  if (!table.ok())
    return;
  for (const auto &[key, value] : table->entries()) {
    tf::proto::BundleHeaderProto header;
    if (key.empty() && header.ParseFromString(value)) {
      archive.set_shards(header.num_shards());
      continue;
    }
    auto *entry = archive.add_entries();
    entry->set_key(key);
    entry->mutable_value()->ParseFromString(value);
  }
  for (int i = 0; i < archive.shards(); ++i)
    archive.add_data(readFile(folder / "variables" / shardName(i, archive.shards())));
  tf::writeFile(absl::StrCat(to.string(), ".entries.pb"), archive.SerializeAsString());
  archive.clear_entries();
  archive.set_index(index);
  tf::writeFile(absl::StrCat(to.string(), ".index.pb"), archive.SerializeAsString());
}

} // namespace

#ifdef AOTC_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz::abortOnFailure(run(std::string(reinterpret_cast<const char *>(data), size)));
}
#else
// Archives of all SavedModels below a folder.
static void packAll(const fs::path &from, const fs::path &to) {
  std::vector<fs::path> folders;
  for (const fs::directory_entry &entry : fs::recursive_directory_iterator(from))
    if (entry.path().filename() == "saved_model.pb")
      folders.push_back(entry.path().parent_path());
  std::sort(folders.begin(), folders.end());
  for (size_t i = 0; i < folders.size(); ++i)
    pack(folders[i], to / absl::StrFormat("%03d", i));
}

// Of folders among the arguments, all SavedModels below them. --pack TO FROM only writes their archives.
int main(int argc, char **argv) {
  std::vector<std::string> arguments(argv, argv + argc);
  if (arguments.size() == 4 && arguments[1] == "--pack") {
    packAll(arguments[3], arguments[2]);
    return 0;
  }
  size_t packed = 0;
  for (std::string &argument : arguments) {
    if (!fs::is_directory(argument))
      continue;
    const fs::path seeds = scratch() / "seeds" / std::to_string(packed++);
    packAll(argument, seeds);
    argument = seeds.string();
  }
  std::vector<char *> pointers;
  for (std::string &argument : arguments)
    pointers.push_back(argument.data());
  int status =
      fuzz::runFuzzer(argc, pointers.data(), {run, &fuzz::SavedModelArchive::default_instance()});
  std::error_code ignored;
  fs::remove_all(scratch(), ignored);
  return status;
}
#endif
