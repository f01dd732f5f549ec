#include "test/compiler/data/Writer.h"

namespace aotc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Arrays : public DataTest {};

TEST_F(Arrays, RowsAreSamples) {
  std::string file = write("a.npy", counting(DType::F32, {3, 2}));
  auto samples = open(file, DType::F32, {1, 2});
  EXPECT_THAT(all(samples), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(samples->count(), 3);
  absl::StatusOr<std::vector<Tensor>> last = samples->sample(2);
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(typeString(last->at(0)), "f32[1,2]");
  EXPECT_THAT(values(last->at(0)), ElementsAre(4, 5));
  EXPECT_FALSE(samples->sample(3).ok());
  EXPECT_FALSE(samples->sample(-1).ok());
}

TEST_F(Arrays, ARemainderIsLeftOut) {
  std::string file = write("a.npy", counting(DType::F32, {5, 2}));
  auto samples = open(file, DType::F32, {2, 2});
  EXPECT_THAT(all(samples), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(samples->count(), 2);
  EXPECT_EQ(errorOf(open(file, DType::F32, {8, 2})),
            "a.npy: is f32[5,2], which holds no sample of input 'x', f32[8,2]; give an array of shape [N*8,2]");
}

TEST_F(Arrays, ShapesThatFit) {
  auto count = [&](const Shape &file, const Shape &input) {
    auto samples = open(write("a.npy", counting(DType::F32, file)), DType::F32, input);
    return samples.ok() ? samples->count() : -1;
  };
  EXPECT_EQ(count({2, 3}, {2, 3}), 1);    // exactly the input
  EXPECT_EQ(count({3}, {1, 3}), 1);       // without the batch of one
  EXPECT_EQ(count({4, 2, 3}, {2, 3}), 4); // with a dimension in front
  EXPECT_EQ(count({4, 1, 3}, {1, 3}), 4);
  EXPECT_EQ(count({}, {}), 1);
  EXPECT_EQ(count({7}, {}), 7);
  EXPECT_EQ(count({}, {1}), 1);
  EXPECT_EQ(count({6}, {2}), 3);
  EXPECT_EQ(count({0, 3}, {0, 3}), 1);
  EXPECT_EQ(count({3}, {2, 3}), -1); // the batch is not one
  EXPECT_EQ(count({2, 3}, {3, 2}), -1);
  EXPECT_EQ(count({0, 3}, {1, 3}), -1);
  EXPECT_EQ(count({5, 0}, {1, 0}), -1); // extents beside a zero are only claims
  EXPECT_EQ(count({4, 0, 3}, {0, 3}), -1);
}

TEST_F(Arrays, ShapesThatDoNotFitAreExplained) {
  std::string file = write("a.npy", counting(DType::F32, {10, 27}));
  EXPECT_EQ(errorOf(open(file, DType::F32, {1, 28})),
            "a.npy: is f32[10,27], which holds no sample of input 'x', f32[1,28]; give an array of shape [N,28]");
  EXPECT_EQ(errorOf(open(file, DType::F32, {4, 28, 2})),
            "a.npy: is f32[10,27], which holds no sample of input 'x', f32[4,28,2]; give an array of shape [N*4,28,2]");
  EXPECT_THAT(errorOf(open(file, DType::F32, {})), HasSubstr("give an array of shape [N]"));
  file = write("b.npy", Tensor(DType::F32, {0, 28}));
  EXPECT_EQ(errorOf(open(file, DType::F32, {1, 28})),
            "b.npy: is f32[0,28], which holds no sample of input 'x', f32[1,28]; give an array of shape [N,28]");
}

TEST_F(Arrays, ElementsConvertWhereNothingIsGuessed) {
  std::string bytes = write("u8.npy", Tensor::of<uint8_t>(DType::U8, {2}, {0, 255}));
  EXPECT_THAT(all(open(bytes, DType::F32, {1})), ElementsAre(0, 255));
  EXPECT_THAT(all(open(bytes, DType::F16, {1})), ElementsAre(0, 255));
  EXPECT_THAT(all(open(bytes, DType::BF16, {1})), ElementsAre(0, 255));
  EXPECT_THAT(all(open(bytes, DType::I64, {1})), ElementsAre(0, 255));
  EXPECT_EQ(errorOf(open(bytes, DType::I8, {1})), "u8.npy: sample 1 has 255, which i8 does not hold");
  std::string doubles = write("f64.npy", Tensor::of<double>(DType::F64, {2}, {0.1, -2}));
  EXPECT_THAT(all(open(doubles, DType::F32, {1})), ElementsAre(0.1f, -2));
  EXPECT_EQ(errorOf(open(doubles, DType::I32, {1})),
            "f64.npy: has f64 where the input has i32; save it as i32");
  std::string large = write("u64.npy", Tensor::of<uint64_t>(DType::U64, {2}, {5, ~uint64_t{0}}));
  EXPECT_THAT(all(open(large, DType::U64, {2})), ElementsAre(5, 0x1p64));
  EXPECT_THAT(all(open(large, DType::F64, {2})), ElementsAre(5, 0x1p64));
  EXPECT_THAT(errorOf(open(large, DType::I64, {2})), HasSubstr("has 18446744073709551615, which i64 does not hold"));
  std::string negative = write("i64.npy", Tensor::of<int64_t>(DType::I64, {2}, {1, -1}));
  EXPECT_THAT(all(open(negative, DType::I8, {2})), ElementsAre(1, -1));
  EXPECT_THAT(errorOf(open(negative, DType::U64, {2})), HasSubstr("has -1, which u64 does not hold"));
  EXPECT_THAT(errorOf(open(negative, DType::I1, {2})), HasSubstr("has -1, which bool does not hold"));
  std::string flags = write("bool.npy", Tensor::of<uint8_t>(DType::I1, {2}, {0, 1}));
  EXPECT_THAT(all(open(flags, DType::F32, {1})), ElementsAre(0, 1));
  EXPECT_THAT(all(open(flags, DType::I1, {1})), ElementsAre(0, 1));
  // More than one piece of the conversion.
  std::string many = write("many.npy", counting(DType::I32, {5000}));
  EXPECT_EQ(all(open(many, DType::F32, {5000})), values(counting(DType::I32, {5000})));
  EXPECT_EQ(all(open(many, DType::U16, {5000})), values(counting(DType::I32, {5000})));
}

std::string npy(const std::string &descr, bool fortran, const std::string &shape, const std::string &data) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + "}\n";
  return "\x93NUMPY" + std::string("\1\0", 2) + fixed(header.size(), 2) + header + data;
}

TEST_F(Arrays, ColumnMajorAndBigEndian) {
  std::string file = write("a.npy", npy("|u1", true, "(3, 2)", std::string("\0\2\4\1\3\5", 6)));
  EXPECT_THAT(all(open(file, DType::F32, {1, 2})), ElementsAre(0, 1, 2, 3, 4, 5));
  ZipWriter zip;
  zip.add("x.npy", npy("|u1", true, "(3, 2)", std::string("\0\2\4\1\3\5", 6)), true);
  EXPECT_THAT(all(open(write("a.npz", zip.finish()), DType::F32, {1, 2})), ElementsAre(0, 1, 2, 3, 4, 5));
  file = write("b.npy", npy(">i2", false, "(2, 1)", std::string("\1\0\0\2", 4)));
  EXPECT_THAT(all(open(file, DType::I32, {1, 1})), ElementsAre(256, 2));
}

TEST_F(Arrays, DamagedNpyFiles) {
  EXPECT_THAT(errorOf(open(path("none.npy"), DType::F32, {1})), HasSubstr("none.npy: No such file"));
  EXPECT_EQ(errorOf(open(write("a.npy", "hello"), DType::F32, {1})), "a.npy: not a .npy file");
  std::string bytes = npyBytes(counting(DType::F32, {2, 2}));
  EXPECT_EQ(errorOf(open(write("a.npy", bytes.substr(0, bytes.size() - 1)), DType::F32, {1, 2})),
            "a.npy: f32[2,2] takes 16 bytes, 15 are there; it is truncated");
  // Costs nothing but the claim.
  EXPECT_THAT(errorOf(open(write("a.npy", npy("<f4", false, "(1000000000000, 2)", "")), DType::F32, {1, 2})),
              HasSubstr("takes 8000000000000 bytes, 0 are there"));
}

TEST_F(Arrays, FilesThatBecomeShorter) {
  std::string file = write("a.npy", counting(DType::F32, {2, 2}));
  auto samples = open(file, DType::F32, {1, 2});
  ASSERT_TRUE(samples.ok() && samples->sample(0).ok());
  std::filesystem::resize_file(file, 100);
  EXPECT_EQ(errorOf(samples), "a.npy: became shorter while it was read");
}

TEST_F(Arrays, NpzMembers) {
  ZipWriter zip;
  zip.add("y.npy", npyBytes(counting(DType::F32, {2, 2}, 100)));
  zip.add("x.npy", npyBytes(counting(DType::F32, {2, 2})), true);
  for (bool large : {false, true})
    EXPECT_THAT(all(open(write("a.npz", zip.finish(large)), DType::F32, {1, 2})), ElementsAre(0, 1, 2, 3));
  zip.entries.pop_back();
  EXPECT_THAT(all(open(write("a.npz", zip.finish()), DType::F32, {1, 2})), ElementsAre(100, 101, 102, 103)); // the only one
  zip.add("z.npy", npyBytes(counting(DType::F32, {2, 2})));
  EXPECT_EQ(errorOf(open(write("a.npz", zip.finish()), DType::F32, {1, 2})),
            "a.npz: has no array 'x' but y, z; name one like the input, or save one only");
  EXPECT_EQ(errorOf(open(write("a.npz", ZipWriter().finish()), DType::F32, {1, 2})),
            "a.npz: has no arrays; save some with numpy.savez");
  EXPECT_EQ(errorOf(open(write("b.npz", "hello"), DType::F32, {1, 2})), "b.npz: no zip directory at its end; it is truncated, or not an .npz file");
}

TEST_F(Arrays, NpzInAnyOrderOfSamples) {
  ZipWriter zip;
  Tensor tensor = counting(DType::I32, {50, 3000}); // longer than what is unpacked at once
  for (bool deflated : {false, true}) {
    zip.entries.clear();
    zip.add("x.npy", npyBytes(tensor), deflated);
    auto samples = open(write("a.npz", zip.finish()), DType::I32, {1, 3000});
    EXPECT_EQ(all(samples), values(tensor));
    for (int64_t i : {49, 0, 7, 7, 30}) {
      auto sample = samples->sample(i);
      ASSERT_TRUE(sample.ok()) << sample.status();
      EXPECT_EQ(sample->at(0).i(5), i * 3000 + 5);
    }
  }
}

TEST_F(Arrays, DamagedNpzFiles) {
  ZipWriter zip;
  Tensor tensor = counting(DType::F32, {2, 2});
  auto error = [&](bool deflated, auto change) {
    zip.entries.clear();
    zip.add("x.npy", npyBytes(tensor), deflated);
    change(zip.entries[0]);
    return errorOf(open(write("a.npz", zip.finish()), DType::F32, {1, 2}));
  };
  using Entry = ZipWriter::Entry;
  for (bool deflated : {false, true})
    EXPECT_EQ(error(deflated, [](Entry &e) { e.crc ^= 1; }),
              "a.npz: array 'x': the checksum does not match; the file is damaged");
  EXPECT_EQ(error(false, [](Entry &e) { e.bytes += 1; }), "a.npz: array 'x': its sizes in the .npz file disagree");
  EXPECT_EQ(error(false, [&](Entry &e) {
              ZipWriter longer;
              longer.add("x.npy", npyBytes(tensor) + "?");
              e = longer.entries[0];
            }),
            "a.npz: array 'x': f32[2,2] takes 16 bytes, 17 are there; it is damaged");
  EXPECT_EQ(error(true, [](Entry &e) { e.bytes += 1; }), "a.npz: array 'x': the deflated data is damaged");
  EXPECT_EQ(error(true, [](Entry &e) { e.packed.resize(e.packed.size() / 2); }),
            "a.npz: array 'x': the deflated data is damaged");
  EXPECT_THAT(error(true, [](Entry &e) { e.bytes = 1 << 30; }),
              HasSubstr("array 'x': its size of 1073741824 bytes is more than"));
  EXPECT_EQ(error(false, [](Entry &e) { e.method = 12; }),
            "a.npz: array 'x': compression method 12 is not supported; save with numpy.savez_compressed");
  EXPECT_EQ(error(false, [](Entry &e) { e.flags = 1; }),
            "a.npz: 'x.npy' is encrypted; save the arrays without a password");
  EXPECT_EQ(error(false, [](Entry &e) { e.name = "x\x1b\n.npy", e.method = 1; }),
            "a.npz: array 'x\\x1b\\n': compression method 1 is not supported; save with numpy.savez_compressed");
  std::string good = zip.finish();
  for (bool large : {false, true})
    for (bool deflated : {false, true}) {
      zip.entries.clear();
      zip.add("x.npy", npyBytes(tensor), deflated);
      good = zip.finish(large);
      for (size_t size = 0; size < good.size(); size += 3)
        EXPECT_NE(errorOf(open(write("a.npz", good.substr(0, size)), DType::F32, {1, 2})), "") << size;
    }
}

TEST_F(Arrays, FoldersAddSamples) {
  std::filesystem::create_directories(path("d/inner.npy"));
  std::filesystem::remove_all(path("d/inner.npy"));
  write("d/b.npy", counting(DType::F32, {2}, 4));
  write("d/a.npy", counting(DType::F32, {2, 2}));
  write("d/readme.txt", "not data");
  write("d/._a.npy", "not data");
  ZipWriter zip;
  zip.add("x.npy", npyBytes(counting(DType::U8, {1, 2}, 6)), true);
  write("d/c.npz", zip.finish());
  auto samples = open(path("d"), DType::F32, {1, 2});
  EXPECT_THAT(all(samples), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(samples->count(), 4);
  write("d/a.npy", counting(DType::F32, {3, 2}));
  EXPECT_EQ(errorOf(samples), "d/a.npy: changed while it was used");
  write("d/d.npy", counting(DType::F32, {3}));
  EXPECT_THAT(errorOf(open(path("d"), DType::F32, {1, 2})), HasSubstr("d/d.npy: is f32[3], which holds no sample"));
  std::filesystem::create_directories(path("empty"));
  EXPECT_EQ(errorOf(open(path("empty"), DType::F32, {1, 2})), "empty: no .npy or .npz files in this folder");
}

} // namespace
} // namespace aotc
