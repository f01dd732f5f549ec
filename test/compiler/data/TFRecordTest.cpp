#include "test/compiler/data/Writer.h"

namespace aotc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TFRecords : public DataTest {};

TEST_F(TFRecords, WhatTensorFlowWrites) {
  // tf.io.TFRecordWriter, with features 'x' [1.5, -2] and 'label' [3].
  static const char kFile[] =
      "\x25\x00\x00\x00\x00\x00\x00\x00\xea\xbc\x36\xf3\x0a\x23\x0a\x0e\x0a\x05\x6c\x61\x62\x65\x6c\x12"
      "\x05\x1a\x03\x0a\x01\x03\x0a\x11\x0a\x01\x78\x12\x0c\x12\x0a\x0a\x08\x00\x00\xc0\x3f\x00\x00\x00"
      "\xc0\xaf\x97\x23\x09";
  std::string file = write("a", std::string(kFile, sizeof kFile - 1));
  EXPECT_THAT(all(open(file, DType::F32, {1, 2})), ElementsAre(1.5, -2));
  EXPECT_THAT(all(open(file, DType::I32, {1}, "label")), ElementsAre(3));
}

TEST_F(TFRecords, KindsOfFeatures) {
  auto read = [&](const ExampleWriter &example, DType type, const Shape &shape) {
    return all(open(write("a", example.record()), type, shape));
  };
  EXPECT_THAT(read(ExampleWriter().floats("x", {1, 2.5}), DType::F32, {1, 2}), ElementsAre(1, 2.5));
  EXPECT_THAT(read(ExampleWriter().floats("x", {1, 2.5}), DType::F64, {2}), ElementsAre(1, 2.5));
  EXPECT_THAT(read(ExampleWriter().integers("x", {1, -2}), DType::I8, {2}), ElementsAre(1, -2));
  EXPECT_THAT(read(ExampleWriter().integers("x", {1, -2}), DType::F32, {2}), ElementsAre(1, -2));
  // Bytes: elements of the input's type, or numbers of one byte.
  EXPECT_THAT(read(ExampleWriter().bytes("x", {std::string("\0\0\x80\x3f\0\0\0\x40", 8)}), DType::F32, {2}),
              ElementsAre(1, 2));
  EXPECT_THAT(read(ExampleWriter().bytes("x", {std::string("\1\xff", 2)}), DType::F32, {2}), ElementsAre(1, 255));
  EXPECT_THAT(read(ExampleWriter().bytes("x", {std::string("\1\xff", 2)}), DType::I8, {2}), ElementsAre(1, -1));
  EXPECT_THAT(read(ExampleWriter().bytes("x", {std::string("\1\xff", 2)}), DType::I32, {2}), ElementsAre(1, 255));
  EXPECT_THAT(read(ExampleWriter().bytes("x", {std::string("\1\0", 2)}), DType::I1, {2}), ElementsAre(1, 0));
}

TEST_F(TFRecords, ChoosesTheFeature) {
  std::string file = write("a", ExampleWriter().integers("label", {3}).floats("x", {1}).record());
  EXPECT_THAT(all(open(file, DType::F32, {1})), ElementsAre(1));
  EXPECT_THAT(all(open(file, DType::F32, {1}, "label")), ElementsAre(3));
  EXPECT_EQ(errorOf(open(file, DType::F32, {1}, "image")),
            "a: record 0 has no feature 'image' but label, x; name one with --calibrate-feature");
  EXPECT_THAT(all(open(write("a", ExampleWriter().floats("other", {1}).record()), DType::F32, {1})), ElementsAre(1));
  // The last one of a name counts.
  EXPECT_THAT(all(open(write("a", ExampleWriter().floats("x", {1}).floats("x", {2}).record()), DType::F32, {1})),
              ElementsAre(2));
}

TEST_F(TFRecords, ARecordIsASampleOrARowOfOne) {
  std::string rows, samples;
  for (float i = 0; i < 5; ++i) {
    rows += ExampleWriter().floats("x", {i, i + 10}).record();
    samples += ExampleWriter().floats("x", {i, i, i, i}).record();
  }
  auto byRow = open(write("a", rows), DType::F32, {2, 2});
  EXPECT_THAT(all(byRow), ElementsAre(0, 10, 1, 11, 2, 12, 3, 13));
  EXPECT_EQ(byRow->count(), 2); // a remainder is left out
  auto whole = open(write("a", samples), DType::F32, {2, 2});
  EXPECT_EQ(whole->count(), 5);
  EXPECT_EQ(errorOf(open(write("a", rows), DType::F32, {6, 2})),
            "a: 5 records hold no sample of input 'x', f32[6,2]; give at least 6");
}

TEST_F(TFRecords, InAnyOrder) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) // with features of other lengths in between
    bytes += ExampleWriter().integers("x", {i}).bytes("note", {std::string(i * 37 % 211, 'n')}).record();
  auto samples = open(write("a", bytes), DType::I32, {1});
  ASSERT_TRUE(samples.ok()) << samples.status();
  ASSERT_EQ(samples->count(), 1000);
  for (int64_t i : {0, 1, 999, 63, 64, 65, 64, 500, 499, 127, 128, 130, 999, 0}) {
    auto sample = samples->sample(i);
    ASSERT_TRUE(sample.ok()) << sample.status();
    EXPECT_EQ(sample->at(0).i(0), i);
  }
  EXPECT_EQ(errorOf(samples), "");
}

TEST_F(TFRecords, DoNotFit) {
  auto error = [&](const ExampleWriter &example, DType type, const Shape &shape) {
    return errorOf(open(write("a", ExampleWriter().integers("x", {1, 2}).record() + example.record()), type, shape));
  };
  EXPECT_EQ(error(ExampleWriter().floats("x", {1, 2}), DType::I32, {2}),
            "a: record 1: the feature has f32 where input 'x', i32[2], has integers");
  EXPECT_EQ(error(ExampleWriter().floats("x", {1, 2, 3}), DType::F32, {2}),
            "a: record 1: the feature has 3 numbers, but input 'x' is f32[2]");
  EXPECT_EQ(error(ExampleWriter().integers("x", {1}), DType::F32, {2}),
            "a: record 1: the feature has 1 integers, but input 'x' is f32[2]");
  EXPECT_EQ(error(ExampleWriter().integers("x", {1, 300}), DType::U8, {2}),
            "a: record 1: the feature has 300, which u8 does not hold");
  EXPECT_EQ(error(ExampleWriter().bytes("x", {"jpeg"}), DType::U8, {2}),
            "a: record 1: the feature has 4 bytes, but input 'x' is u8[2]; images have to be stored decoded");
  EXPECT_EQ(error(ExampleWriter().bytes("x", {"a", "b"}), DType::U8, {2}),
            "a: record 1: the feature has 2 byte strings, but input 'x', u8[2], takes one");
  EXPECT_EQ(error(ExampleWriter().add("x", {}), DType::U8, {2}), "a: record 1: the feature has 0 byte strings, but input 'x', u8[2], takes one");
  EXPECT_EQ(error(ExampleWriter(), DType::U8, {2}),
            "a: record 1 has no feature 'x' but none; name one with --calibrate-feature");
  EXPECT_EQ(errorOf(open(write("a", record("hello")), DType::F32, {1})),
            "a: record 0: it is no tf.train.Example");
}

TEST_F(TFRecords, DamagedFiles) {
  std::string one = ExampleWriter().floats("x", {1, 2}).record(), file = one + one + one;
  auto error = [&](const std::string &bytes) { return errorOf(open(write("a", bytes), DType::F32, {1, 2})); };
  ASSERT_EQ(error(file), "");
  std::string at = std::to_string(one.size());
  std::string bytes = file;
  bytes[one.size()] ^= 1;
  EXPECT_EQ(error(bytes), "a: record 1: its length, at byte " + at + ", has a wrong checksum");
  bytes = file;
  bytes[one.size() + 20] ^= 1;
  EXPECT_EQ(error(bytes), "a: record 1: it has a wrong checksum");
  bytes = file;
  bytes[2 * one.size() - 1] ^= 1;
  EXPECT_EQ(error(bytes), "a: record 1: it has a wrong checksum");
  EXPECT_EQ(error("neither .npy, .npz nor records"),
            "a: record 0: its length, at byte 0, has a wrong checksum; is this a TFRecord file?");
  EXPECT_EQ(error(""), "a: no records");
  EXPECT_EQ(error("\x1f\x8b and more"), "a: is compressed with gzip; unpack it first");
  std::string huge = fixed(uint64_t(1) << 60, 8);
  EXPECT_EQ(error(huge + fixed(maskedCrc32c(huge), 4) + "data"),
            "a: record 0: it is truncated; it has 1152921504606846976 bytes from byte 0 on");
  huge = fixed(~uint64_t(0), 8);
  EXPECT_EQ(error(huge + fixed(maskedCrc32c(huge), 4) + "data"),
            "a: record 0: it is truncated; it has 18446744073709551615 bytes from byte 0 on");
  for (size_t size = 0; size < file.size(); ++size)
    if (size % one.size() != 0 || size == 0)
      EXPECT_NE(error(file.substr(0, size)), "") << size;
  EXPECT_EQ(error(file.substr(0, one.size() + 5)),
            "a: record 1: it is truncated at byte " + std::to_string(one.size() + 5));
}

TEST_F(TFRecords, ExamplesFarLargerThanTheInput) {
  // What one example may cost is limited, whatever its features claim.
  std::string large = ExampleWriter().floats("x", {1}).bytes("other", {std::string(65 << 20, ' ')}).record();
  EXPECT_THAT(errorOf(open(write("a", large), DType::F32, {1})),
              HasSubstr("a: record 0: it has 68157"));
}

} // namespace
} // namespace aotc
