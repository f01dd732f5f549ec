#include "compiler/frontend/tensorflow/savedmodel/Bundle.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/compiler/frontend/tensorflow/savedmodel/writer.h"

namespace aotc::tf {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// A folder that is emptied before and after each test.
class BundleTest : public testing::Test {
protected:
  BundleTest()
      : path(fs::path(testing::TempDir()) /
             (std::string("bundle_") + testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~BundleTest() override { fs::remove_all(path); }

  // An entry for `bytes` at `offset` of the only shard.
  static proto::BundleEntryProto entry(proto::DataType type, const Shape &shape, int64_t offset,
                                       const std::string &bytes) {
    proto::BundleEntryProto entry;
    entry.set_dtype(type);
    for (int64_t dim : shape)
      entry.mutable_shape()->add_dim()->set_size(dim);
    entry.set_offset(offset);
    entry.set_size(bytes.size());
    entry.set_crc32c(maskedCrc32c(bytes));
    return entry;
  }

  void write(const std::vector<std::pair<std::string, proto::BundleEntryProto>> &tensors, const std::string &data,
             const std::string &header = "\x08\x01") {
    Entries entries{{"", header}};
    for (const auto &[key, value] : tensors)
      entries.emplace_back(key, value.SerializeAsString());
    writeFile(path / "variables.index", table(entries));
    writeFile(path / "variables.data-00000-of-00001", data);
  }

  std::string openError() {
    absl::StatusOr<ModelFolder> folder = ModelFolder::open(path.string());
    return std::string(Bundle::open(*folder, "variables").status().message());
  }
  std::string readError(const std::string &key) {
    absl::StatusOr<ModelFolder> folder = ModelFolder::open(path.string());
    absl::StatusOr<Bundle> bundle = Bundle::open(*folder, "variables");
    return bundle.ok() ? std::string(bundle->read(key).status().message()) : "cannot be opened";
  }

  fs::path path;
};

std::vector<float> floats(const Tensor &t) { return {t.as<float>(), t.as<float>() + t.size()}; }

TEST(SliceSpec, Forms) {
  std::optional<SliceSpec> spec = parseSliceSpec("4 3 1,2:-");
  ASSERT_TRUE(spec);
  EXPECT_THAT(spec->full, ElementsAre(4, 3));
  EXPECT_THAT(spec->region.start, ElementsAre(1, 0));
  EXPECT_THAT(spec->region.shape, ElementsAre(2, 3));
  for (const char *bad : {"", "4", "4 -:-", "4 3 -", "4 3 3,2:-", "4 3 -1,2:-", "4 x -:-", "4 3 1:-", "-4 3 -:-"})
    EXPECT_FALSE(parseSliceSpec(bad)) << bad;
}

// Checkpoints that TensorFlow wrote.
TEST(Bundle, ReadsTensors) {
  absl::StatusOr<ModelFolder> folder = ModelFolder::open(AOTC_SAVED_MODELS "/module");
  ASSERT_TRUE(folder.ok());
  absl::StatusOr<Bundle> bundle = Bundle::open(*folder, "variables/variables");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  absl::StatusOr<Tensor> mask = bundle->read("mask/.ATTRIBUTES/VARIABLE_VALUE");
  ASSERT_TRUE(mask.ok()) << mask.status();
  EXPECT_EQ(typeString(*mask), "bool[3]");
  EXPECT_EQ(mask->i(0) + 10 * mask->i(1) + 100 * mask->i(2), 101);
  absl::StatusOr<Tensor> scale = bundle->read("scale/.ATTRIBUTES/VARIABLE_VALUE");
  ASSERT_TRUE(scale.ok()) << scale.status();
  EXPECT_EQ(typeString(*scale), "i32[]");
  EXPECT_EQ(scale->i(0), 3);
  absl::StatusOr<Tensor> text = bundle->read("_CHECKPOINTABLE_OBJECT_GRAPH");
  EXPECT_THAT(std::string(text.status().message()), HasSubstr("holds DT_STRING elements"));
  EXPECT_TRUE(absl::IsNotFound(bundle->read("nothing").status()));
}

TEST(Bundle, PartsMakeTheWhole) {
  absl::StatusOr<ModelFolder> whole = ModelFolder::open(AOTC_SAVED_MODELS "/reference_variables");
  absl::StatusOr<ModelFolder> parted = ModelFolder::open(AOTC_SAVED_MODELS "/partitioned");
  ASSERT_TRUE(whole.ok() && parted.ok());
  auto read = [](const ModelFolder &folder, const char *spec) {
    absl::StatusOr<Bundle> bundle = Bundle::open(folder, "variables/variables");
    absl::StatusOr<Tensor> tensor = bundle->read("net/w", *spec ? parseSliceSpec(spec) : std::nullopt);
    EXPECT_TRUE(tensor.ok()) << spec << tensor.status();
    return tensor.ok() ? floats(*tensor) : std::vector<float>();
  };
  for (const char *spec : {"", "4 3 0,2:-", "4 3 2,2:-", "4 3 1,2:1,2", "4 3 -:2,1"})
    EXPECT_EQ(read(*whole, spec), read(*parted, spec)) << spec;
  std::vector<float> all = read(*whole, ""), box = read(*parted, "4 3 1,2:1,2");
  EXPECT_THAT(box, ElementsAre(all[4], all[5], all[7], all[8]));
}

TEST_F(BundleTest, Damage) {
  EXPECT_THAT(openError(), HasSubstr("variables.index cannot be read"));
  const std::string data(16, 'd');
  auto tooLarge = entry(proto::DT_FLOAT, {5}, 0, std::string(20, 'd'));
  auto far = entry(proto::DT_FLOAT, {1}, 14, data.substr(0, 4));
  auto shard = entry(proto::DT_FLOAT, {4}, 0, data);
  shard.set_shard_id(1);
  write({{"absurd", entry(proto::DT_FLOAT, {int64_t(1) << 62, int64_t(1) << 62}, 0, data)},
         {"bad sum", entry(proto::DT_FLOAT, {4}, 0, std::string(16, 'x'))},
         {"bad type", entry(proto::DT_STRING, {4}, 0, data)},
         {"disagrees", entry(proto::DT_FLOAT, {3}, 0, data)},
         {"far", far},
         {"good", entry(proto::DT_FLOAT, {4}, 0, data)},
         {"shard", shard},
         {"too large", tooLarge}},
        data);
  EXPECT_EQ(readError("good"), "");
  EXPECT_THAT(readError("bad sum"), HasSubstr("the checksum of 16 bytes at 0 is wrong"));
  EXPECT_THAT(readError("bad type"), HasSubstr("DT_STRING"));
  EXPECT_THAT(readError("absurd"), HasSubstr("impossible shape"));
  EXPECT_THAT(readError("disagrees"), HasSubstr("has 16 bytes, but f32[3] takes 12"));
  EXPECT_THAT(readError("far"), HasSubstr("lie past its end"));
  EXPECT_THAT(readError("shard"), HasSubstr("file 1 of 1"));
  EXPECT_THAT(readError("too large"), HasSubstr("is shorter than what its entries say"));
  write({}, data, "\x10\x01");
  EXPECT_THAT(openError(), HasSubstr("big-endian"));
  writeFile(path / "variables.index", table({{"a", "b"}}));
  EXPECT_THAT(openError(), HasSubstr("has no header"));
}

TEST_F(BundleTest, EntriesThatOverlapDoNotMultiply) {
  const std::string data(1 << 10, 'd');
  write({{"a", entry(proto::DT_UINT8, {1 << 10}, 0, data)}, {"b", entry(proto::DT_UINT8, {1 << 10}, 0, data)}}, data);
  absl::StatusOr<ModelFolder> folder = ModelFolder::open(path.string());
  absl::StatusOr<Bundle> bundle = Bundle::open(*folder, "variables");
  ASSERT_TRUE(bundle.ok());
  EXPECT_TRUE(bundle->read("a").ok());
  EXPECT_TRUE(bundle->read("a").ok()); // shared
  EXPECT_THAT(std::string(bundle->read("b").status().message()), HasSubstr("they overlap"));
  auto part = parseSliceSpec("1024 -");
  EXPECT_TRUE(bundle->read("a", part).ok());
  EXPECT_THAT(std::string(bundle->read("a", part).status().message()), HasSubstr("more from the checkpoint than it holds"));
}

TEST_F(BundleTest, PartsThatDoNotFit) {
  const std::string data(16, 'd');
  auto whole = entry(proto::DT_FLOAT, {4}, 0, "");
  auto *extent = whole.add_slices()->add_extent();
  extent->set_length(2);
  write({{"w", whole}}, data);
  EXPECT_THAT(readError("w"), HasSubstr("a part of it: the checkpoint does not have it"));
  extent->set_start(3);
  write({{"w", whole}}, data);
  EXPECT_THAT(readError("w"), HasSubstr("lies outside"));
  whole.clear_slices();
  whole.add_slices()->add_extent();
  whole.add_slices()->add_extent();
  write({{"w", whole}}, data);
  EXPECT_THAT(readError("w"), testing::AnyOf(HasSubstr("same part twice"), HasSubstr("does not have it")));
  whole.mutable_shape()->mutable_dim(0)->set_size(int64_t(1) << 40); // nothing is allocated for it
  whole.clear_slices();
  whole.add_slices()->add_extent()->set_length(0);
  write({{"w", whole}}, data);
  EXPECT_THAT(readError("w"), HasSubstr("overlap or leave gaps"));
}

TEST_F(BundleTest, FilesStayInTheFolder) {
  writeFile(path / "outside", "x");
  fs::create_directories(path / "in/deep");
  writeFile(path / "in/deep/file", "abc");
  fs::create_symlink(path / "outside", path / "in/link");
  fs::create_directory_symlink(path / "in/deep", path / "in/folder");
  fs::create_hard_link(path / "outside", path / "in/hard");
  absl::StatusOr<ModelFolder> folder = ModelFolder::open((path / "in").string());
  ASSERT_TRUE(folder.ok());
  auto error = [&](absl::string_view name) { return std::string(folder->openFile(name).status().message()); };
  EXPECT_EQ(error("deep/file"), "");
  EXPECT_EQ(error("./deep//file"), "");
  EXPECT_THAT(error("../outside"), HasSubstr("leads out"));
  EXPECT_THAT(error("deep/../deep/file"), HasSubstr("leads out"));
  EXPECT_THAT(error(path.string() + "/outside"), HasSubstr("not a name of a file"));
  EXPECT_THAT(error("link"), HasSubstr("symbolic link"));
  EXPECT_THAT(error("folder/file"), HasSubstr("symbolic link"));
  EXPECT_THAT(error("hard"), HasSubstr("hard links"));
  EXPECT_THAT(error("deep"), HasSubstr("not a regular file"));
  EXPECT_TRUE(absl::IsNotFound(folder->openFile("none").status()));
  EXPECT_THAT(error(""), HasSubstr("not a name"));
}

} // namespace
} // namespace aotc::tf
