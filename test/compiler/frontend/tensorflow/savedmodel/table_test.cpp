#include "compiler/frontend/tensorflow/savedmodel/Table.h"

#include "compiler/frontend/tensorflow/savedmodel/Snappy.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/compiler/frontend/tensorflow/savedmodel/writer.h"

namespace aotc::tf {
namespace {

using testing::HasSubstr;

std::string errorOf(const std::string &file) { return std::string(Table::parse(file).status().message()); }

TEST(Snappy, LiteralsAndCopies) {
  EXPECT_EQ(decompressSnappy(varint(5) + "\x10hello"), "hello");
  // "ab", then 6 bytes from 2 back: with one byte of offset, and with two.
  EXPECT_EQ(decompressSnappy(varint(8) + "\x04" "ab" + std::string("\x09\x02", 2)), "abababab");
  EXPECT_EQ(decompressSnappy(varint(8) + "\x04" "ab" + std::string("\x16\x02\0", 3)), "abababab");
  EXPECT_EQ(decompressSnappy(varint(8) + "\x04" "ab" + std::string("\x17\x02\0\0\0", 5)), "abababab");
  std::string text(300, 'x');
  EXPECT_EQ(decompressSnappy(varint(text.size()) + snappyLiteral(text)), text);
  EXPECT_EQ(decompressSnappy(varint(0)), "");
}

TEST(Snappy, Damage) {
  EXPECT_FALSE(decompressSnappy(""));
  EXPECT_FALSE(decompressSnappy(varint(6) + "\x10hello"));                            // too short
  EXPECT_FALSE(decompressSnappy(varint(4) + "\x10hello"));                            // too long
  EXPECT_FALSE(decompressSnappy(varint(5) + "\x10hell"));                             // literal cut off
  EXPECT_FALSE(decompressSnappy(varint(8) + "\x04" "ab" + std::string("\x09\x03", 2))); // before the start
  EXPECT_FALSE(decompressSnappy(varint(8) + "\x04" "ab" + std::string("\x09\0", 2)));
  EXPECT_FALSE(decompressSnappy(varint(8) + "\x04" "ab" + "\x09"));
  EXPECT_FALSE(decompressSnappy(varint(uint64_t(1) << 40) + "\x10hello")); // would take a terabyte
}

TEST(Table, FindsKeys) {
  TableWriter writer;
  writer.add("b", block({{"", "header"}, {"abc/w", "1"}, {"abc/x", "2"}}));
  std::string second = block({{"d", "3"}});
  writer.add("d", varint(second.size()) + snappyLiteral(second), 1);
  absl::StatusOr<Table> table = Table::parse(writer.finish());
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->entries().size(), 4u);
  ASSERT_TRUE(table->find("abc/x"));
  EXPECT_EQ(*table->find("abc/x"), "2");
  EXPECT_EQ(*table->find("d"), "3");
  EXPECT_EQ(*table->find(""), "header");
  EXPECT_FALSE(table->find("abc"));
  EXPECT_FALSE(table->find("e"));
}

TEST(Table, Damage) {
  EXPECT_THAT(errorOf(""), HasSubstr("is not the index of a checkpoint"));
  EXPECT_THAT(errorOf(std::string(100, 'x')), HasSubstr("is not the index of a checkpoint"));
  std::string good = table({{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(errorOf(good), "");
  std::string flipped = good;
  flipped[4] ^= 1;
  EXPECT_THAT(errorOf(flipped), HasSubstr("checksum of the block at 0"));
  EXPECT_THAT(errorOf(good.substr(7)), HasSubstr("damaged"));
  EXPECT_THAT(errorOf(table({{"b", "1"}, {"a", "2"}})), HasSubstr("keys are not in order"));
  EXPECT_THAT(errorOf(table({{"a", "1"}, {"a", "2"}})), HasSubstr("keys are not in order"));
  TableWriter compression;
  compression.add("a", block({{"a", "1"}}), 7);
  EXPECT_THAT(errorOf(compression.finish()), HasSubstr("unknown compression 7"));
  TableWriter junk;
  junk.add("a", std::string(9, '\x7f'));
  EXPECT_THAT(errorOf(junk.finish()), HasSubstr("does not parse"));
  TableWriter packed;
  packed.add("a", varint(1000) + "x", 1);
  EXPECT_THAT(errorOf(packed.finish()), HasSubstr("does not decompress"));
}

TEST(Table, WorkAndMemoryAreBounded) {
  TableWriter twice; // many handles to one block
  twice.add("a", block({{"a", "1"}}));
  for (int i = 0; i < 3; ++i)
    twice.index.push_back(twice.index.front());
  EXPECT_THAT(errorOf(twice.finish()), HasSubstr("blocks are not in order"));
  // Four bytes an entry that repeats a long key.
  std::string bytes = varint(0) + varint(1 << 20) + varint(0) + std::string(1 << 20, 'k');
  for (int i = 0; i < 1000; ++i)
    bytes += varint(1 << 20) + varint(0) + varint(0);
  TableWriter bomb;
  bomb.add("a", bytes + fixed32(0) + fixed32(1));
  EXPECT_THAT(errorOf(bomb.finish()), HasSubstr("takes more than 256 MiB"));
}

} // namespace
} // namespace aotc::tf
