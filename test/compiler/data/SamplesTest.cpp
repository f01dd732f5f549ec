#include "compiler/data/Samples.h"

#include <filesystem>
#include <fstream>
#include <zlib.h>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "compiler/data/proto/example.pb.h"
#include "ir/Tensor/Crc32c.h"

namespace aotc {
namespace {

std::string little(uint64_t value, size_t width) {
  std::string bytes;
  for (size_t i = 0; i < width; ++i)
    bytes += static_cast<char>(value >> 8 * i);
  return bytes;
}

class SamplesTest : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  std::string path(const std::string &name) const { return (folder / name).string(); }
  std::string write(const std::string &name, const std::string &bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::string npy(const std::string &name, const Tensor &tensor) const {
    EXPECT_TRUE(saveNpy(path(name), tensor).ok());
    return path(name);
  }
  static std::string contents(const std::string &file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  // Numbers first, first + 1, ...
  static Tensor counting(Shape shape, float first = 0) {
    Tensor tensor(DType::F32, std::move(shape));
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.setF(i, first + static_cast<float>(i));
    return tensor;
  }

  // A zip archive as numpy writes them.
  std::string npz(const std::string &name, const std::vector<std::pair<std::string, std::string>> &members, bool deflated) const {
    std::string file, directory;
    for (const auto &[member, bytes] : members) {
      std::string data = bytes;
      if (deflated) {
        data.resize(bytes.size() + 100);
        z_stream stream{};
        deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
        stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
        stream.avail_in = static_cast<uInt>(bytes.size());
        stream.next_out = reinterpret_cast<Bytef *>(data.data());
        stream.avail_out = static_cast<uInt>(data.size());
        EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
        data.resize(stream.total_out);
        deflateEnd(&stream);
      }
      std::string common = little(20, 2) + little(0, 2) + little(deflated ? 8 : 0, 2) + little(0, 4) +
                           little(crc32(0, reinterpret_cast<const Bytef *>(bytes.data()), static_cast<uInt>(bytes.size())), 4) +
                           little(data.size(), 4) +
                           little(bytes.size(), 4) + little(member.size(), 2) + little(0, 2);
      directory += "PK\1\2" + little(20, 2) + common + little(0, 2) + little(0, 8) + little(file.size(), 4) + member;
      file += "PK\3\4" + common + member + data;
    }
    std::string end = std::string("PK\5\6") + little(0, 4) + little(members.size(), 2) + little(members.size(), 2) +
                      little(directory.size(), 4) + little(file.size(), 4) + little(0, 2);
    return write(name, file + directory + end);
  }

  static std::string record(const std::string &payload) {
    std::string length = little(payload.size(), 8);
    return length + little(maskedCrc32c(length), 4) + payload + little(maskedCrc32c(payload), 4);
  }
  static std::string example(const std::string &name, const std::vector<float> &values) {
    data::proto::Example message;
    auto &list = *(*message.mutable_features()->mutable_feature())[name].mutable_float_list();
    for (float value : values)
      list.add_value(value);
    return message.SerializeAsString();
  }

  static absl::StatusOr<Samples> open(const SampleInput &input, const std::string &source, const std::string &feature = "") {
    return openSamples("--calibrate", {&input, 1}, std::vector<SampleSpec>{{"", source}}, feature);
  }
  static std::string errorOf(const SampleInput &input, const std::string &source, const std::string &feature = "") {
    absl::StatusOr<Samples> samples = open(input, source, feature);
    if (!samples.ok())
      return std::string(samples.status().message());
    for (int64_t i = 0; i < samples->count(); ++i)
      if (auto sample = samples->sample(i); !sample.ok())
        return std::string(sample.status().message());
    return "no error";
  }
  static bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

  const SampleInput image{"x", DType::F32, {1, 2, 2}, std::nullopt};
  std::filesystem::path folder;
};

TEST_F(SamplesTest, LeadingDimensionRunsOverSamples) {
  absl::StatusOr<Samples> samples = open(image, npy("a.npy", counting({3, 2, 2})));
  ASSERT_TRUE(samples.ok()) << samples.status();
  ASSERT_EQ(samples->count(), 3);
  Tensor second = (*samples->sample(1))[0];
  EXPECT_EQ(second.shape(), Shape({1, 2, 2}));
  EXPECT_EQ(second.f(0), 4);
  EXPECT_EQ(second.f(3), 7);
}

TEST_F(SamplesTest, BatchesTakeSeveralAndLeaveTheRest) {
  SampleInput batch{"x", DType::F32, {2, 3}, std::nullopt};
  absl::StatusOr<Samples> samples = open(batch, npy("a.npy", counting({5, 3})));
  ASSERT_TRUE(samples.ok());
  EXPECT_EQ(samples->count(), 2);
  EXPECT_EQ((*samples->sample(1))[0].f(0), 6);
}

TEST_F(SamplesTest, OneSampleMayLackItsBatch) {
  EXPECT_EQ(open(image, npy("a.npy", counting({2, 2})))->count(), 1);
  SampleInput vector{"x", DType::F32, {4}, std::nullopt};
  EXPECT_EQ(open(vector, npy("b.npy", counting({7, 4})))->count(), 7);
}

TEST_F(SamplesTest, NumbersConvert) {
  Tensor bytes(DType::U8, {2, 2, 2});
  bytes.setI(5, 200);
  EXPECT_EQ((*open(image, npy("a.npy", bytes))->sample(1))[0].f(1), 200);
  SampleInput narrow{"x", DType::U8, {1, 2, 2}, std::nullopt};
  Tensor wide(DType::I64, {1, 2, 2});
  wide.setI(0, 300);
  EXPECT_TRUE(has(errorOf(narrow, npy("b.npy", wide)), "has 300, which u8 does not hold"));
  EXPECT_TRUE(has(errorOf(narrow, npy("c.npy", counting({1, 2, 2}))), "has f32 where the input has u8"));
}

TEST_F(SamplesTest, ShapesThatDoNotFit) {
  EXPECT_TRUE(has(errorOf(image, npy("a.npy", counting({3, 4}))), "is f32[3,4], which holds no sample of input 'x', f32[1,2,2]"));
}

TEST_F(SamplesTest, Npz) {
  std::string a = contents(npy("a.npy", counting({3, 2, 2}))), b = contents(npy("b.npy", counting({2, 2, 2}, 50)));
  for (bool deflated : {false, true}) {
    EXPECT_EQ(open(image, npz("one.npz", {{"any.npy", a}}, deflated))->count(), 3);
    absl::StatusOr<Samples> samples = open(image, npz("two.npz", {{"y.npy", a}, {"x.npy", b}}, deflated));
    ASSERT_TRUE(samples.ok()) << samples.status();
    EXPECT_EQ((*samples->sample(0))[0].f(0), 50);
    EXPECT_TRUE(has(errorOf(image, npz("none.npz", {{"y.npy", a}, {"z.npy", b}}, deflated)), "has no array 'x' but y, z"));
  }
}

TEST_F(SamplesTest, DamagedNpz) {
  std::string good = contents(npz("good.npz", {{"x.npy", contents(npy("a.npy", counting({3, 2, 2})))}}, true));
  // Whatever byte is wrong: an error or a tensor, never a crash.
  for (size_t i = 0; i < good.size(); ++i)
    for (char flip : {'\1', '\x80', '\xff'}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      errorOf(image, write("bad.npz", bad));
    }
  for (size_t length = 0; length < good.size(); length += 3)
    EXPECT_NE(errorOf(image, write("bad.npz", good.substr(0, length))), "no error");
}

TEST_F(SamplesTest, FoldersJoinTheirFiles) {
  npy("b.npy", counting({2, 2, 2}, 100));
  npy("a.npy", counting({1, 2, 2}));
  write("notes.txt", "not data");
  absl::StatusOr<Samples> samples = open(image, folder.string());
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->count(), 3);
  EXPECT_EQ((*samples->sample(0))[0].f(0), 0);
  EXPECT_EQ((*samples->sample(2))[0].f(0), 104);
  std::filesystem::create_directories(folder / "empty");
  EXPECT_TRUE(has(errorOf(image, path("empty")), "no .npy or .npz files"));
}

TEST_F(SamplesTest, TFRecord) {
  std::string file = write("data.tfrecord", record(example("x", {1, 2, 3, 4})) + record(example("x", {5, 6, 7, 8})));
  absl::StatusOr<Samples> samples = open(image, file);
  ASSERT_TRUE(samples.ok()) << samples.status();
  ASSERT_EQ(samples->count(), 2);
  EXPECT_EQ((*samples->sample(1))[0].f(2), 7);
}

TEST_F(SamplesTest, FeaturesOfTFRecord) {
  data::proto::Example message;
  auto &features = *message.mutable_features()->mutable_feature();
  for (int i = 0; i < 4; ++i)
    features["ids"].mutable_int64_list()->add_value(10 * i);
  features["pixels"].mutable_bytes_list()->add_value(std::string("\x01\x02\xff\x04", 4));
  std::string file = write("data", record(message.SerializeAsString()));
  EXPECT_EQ((*open(image, file, "ids")->sample(0))[0].f(3), 30);
  EXPECT_EQ((*open(image, file, "pixels")->sample(0))[0].f(2), 255);
  EXPECT_TRUE(has(errorOf(image, file), "record 0 has no feature 'x' but ids, pixels; name one with --calibrate-feature"));
  SampleInput other{"x", DType::F32, {1, 5}, std::nullopt};
  EXPECT_TRUE(has(errorOf(other, file, "ids"), "record 0: the feature has 4 integers, but input 'x' is f32[1,5]"));
  EXPECT_TRUE(has(errorOf(other, file, "pixels"), "images have to be stored decoded"));
}

TEST_F(SamplesTest, DamagedTFRecord) {
  std::string good = record(example("x", {1, 2, 3, 4})) + record(example("x", {5, 6, 7, 8}));
  for (size_t i = 0; i < good.size(); ++i) { // every byte is under a checksum
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    EXPECT_TRUE(has(errorOf(image, write("bad", bad)), "record")) << i;
  }
  EXPECT_TRUE(has(errorOf(image, write("bad", good.substr(0, good.size() - 1))), "record 1: it is truncated"));
  EXPECT_TRUE(has(errorOf(image, write("bad", "GIF89a and so on")), "is this a TFRecord file?"));
  EXPECT_TRUE(has(errorOf(image, write("bad", "")), "no records"));
}

TEST_F(SamplesTest, RandomIsTheSameEverywhere) {
  absl::StatusOr<Samples> samples = open(image, "random:8:3"), again = open(image, "random:8:3"), other = open(image, "random:8:4");
  ASSERT_TRUE(samples.ok());
  EXPECT_EQ(samples->count(), 8);
  EXPECT_EQ(open(image, "random")->count(), 32);
  EXPECT_EQ((*samples->sample(2))[0].f(1), (*again->sample(2))[0].f(1));
  EXPECT_NE((*samples->sample(2))[0].f(1), (*other->sample(2))[0].f(1));
  EXPECT_NE((*samples->sample(2))[0].f(1), (*samples->sample(3))[0].f(1));
  SampleInput large{"x", DType::F32, {1, 10000}, std::nullopt};
  Tensor numbers = (*open(large, "random")->sample(0))[0];
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < numbers.size(); ++i) {
    sum += numbers.f(i);
    squares += numbers.f(i) * numbers.f(i);
  }
  EXPECT_NEAR(sum / 10000, 0, 0.05);
  EXPECT_NEAR(squares / 10000, 1, 0.05);
  SampleInput ids{"x", DType::I32, {1000}, 7};
  Tensor integers = (*open(ids, "random")->sample(0))[0];
  int64_t largest = 0;
  for (int64_t i = 0; i < integers.size(); ++i)
    largest = std::max(largest, integers.i(i));
  EXPECT_EQ(largest, 6);
  for (const char *bad : {"random:0", "random:x", "random:1:2:3", "random:99999999999"})
    EXPECT_TRUE(has(errorOf(image, bad), "give random, random:N or random:N:SEED")) << bad;
}

TEST_F(SamplesTest, SeveralInputs) {
  SampleInput inputs[] = {image, {"y", DType::I32, {1}, 5}};
  std::string three = npy("a.npy", counting({3, 2, 2}));
  Tensor ids(DType::I32, {4, 1});
  std::string four = npy("b.npy", ids);
  auto open = [&](std::vector<SampleSpec> specs) { return openSamples("--calibrate", inputs, specs, ""); };
  EXPECT_EQ(open({{"", "random:9"}})->count(), 9);
  EXPECT_EQ(open({{"x", three}, {"", "random:3"}})->count(), 3);
  EXPECT_TRUE(has(std::string(open({{"x", three}}).status().message()), "no samples of input 'y'; give them as y=DATA"));
  EXPECT_TRUE(has(std::string(open({{"", three}, {"", four}}).status().message()), "input 'y' has 4 samples, but input 'x' has 3"));
  EXPECT_TRUE(has(std::string(open({{"z", three}}).status().message()), "the model has no input 'z'"));
  EXPECT_TRUE(has(std::string(open({{"", three}, {"", four}, {"", four}}).status().message()), "the model has 2 inputs"));
}

// A change of these changes what users have calibrated with.
TEST_F(SamplesTest, RandomNumbersArePinned) {
  SampleInput few{"x", DType::F32, {3}, std::nullopt}, ids{"ids", DType::I32, {6}, 10};
  Tensor numbers = (*open(few, "random:8:7")->sample(5))[0], integers = (*open(ids, "random:8:7")->sample(5))[0];
  const float wanted[] = {-1.01828937f, -1.39578101f, 0.31855068f};
  const int64_t wantedIds[] = {1, 1, 4, 3, 6, 5};
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(numbers.f(i), wanted[i], 1e-6);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(integers.i(i), wantedIds[i]);
}

TEST_F(SamplesTest, RandomIdsFitTheType) {
  for (DType type : {DType::I8, DType::U8, DType::I1}) {
    SampleInput input{"x", type, {1000}, 1000}; // more than any of them holds
    Tensor ids = (*open(input, "random")->sample(0))[0];
    int64_t least = 0, most = 0;
    for (int64_t i = 0; i < ids.size(); ++i) {
      least = std::min(least, ids.i(i));
      most = std::max(most, ids.i(i));
    }
    EXPECT_EQ(least, 0);
    EXPECT_GT(most, type == DType::I1 ? 0 : type == DType::I8 ? 100 : 200);
  }
}

TEST_F(SamplesTest, RandomIsAsMuchAsOtherInputsHave) {
  SampleInput inputs[] = {image, {"y:0", DType::I32, {1}, 5}};
  std::string four = npy("b.npy", Tensor(DType::I32, {4, 1}));
  auto open = [&](std::vector<SampleSpec> specs) { return openSamples("--calibrate", inputs, specs, ""); };
  EXPECT_EQ(open({{"", "random"}, {"y", four}})->count(), 4); // "y" is "y:0"
  EXPECT_EQ(open({{"x", "random"}, {"y:0", "random:9"}})->count(), 9);
  EXPECT_TRUE(has(std::string(open({{"y", four}, {"y:0", four}}).status().message()), "are for input 'y:0'; give one"));
  EXPECT_TRUE(has(std::string(open({{"", "random"}, {"", "random:3"}}).status().message()), "random is given twice"));
}

TEST_F(SamplesTest, DamageIsNotUsage) { // tools tell them apart in exit codes
  EXPECT_TRUE(absl::IsDataLoss(open(image, write("a.npy", "hello")).status()));
  EXPECT_TRUE(absl::IsDataLoss(open(image, write("a.npz", "hello")).status()));
  EXPECT_TRUE(absl::IsDataLoss(open(image, write("a", "hello")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(open(image, npy("a.npy", counting({3, 4}))).status()));
  EXPECT_TRUE(absl::IsOutOfRange(open(image, "random")->sample(32).status()));
}

TEST_F(SamplesTest, MissingFiles) {
  for (const char *name : {"no.npy", "no.npz", "no.tfrecord"})
    EXPECT_TRUE(absl::IsNotFound(open(image, path(name)).status())) << open(image, path(name)).status();
}

} // namespace
} // namespace aotc
