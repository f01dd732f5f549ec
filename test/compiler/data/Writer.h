// Writes files of samples, honest and otherwise, for tests of their readers.
#ifndef AOTC_TEST_COMPILER_DATA_WRITER_H
#define AOTC_TEST_COMPILER_DATA_WRITER_H

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>
#include <zlib.h>

#include "compiler/data/Samples.h"
#include "compiler/data/proto/example.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ir/Tensor/Crc32c.h"

namespace aotc {

inline std::string fixed(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i)
    text.push_back(i < 8 ? static_cast<char>(value >> (8 * i)) : 0);
  return text;
}

// The values count from `first`.
inline Tensor counting(DType type, Shape shape, int64_t first = 0) {
  Tensor tensor(type, std::move(shape));
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.setI(i, first + i);
  return tensor;
}

inline std::vector<double> values(const Tensor &tensor) {
  std::vector<double> list;
  for (int64_t i = 0; i < tensor.size(); ++i)
    list.push_back(tensor.f(i));
  return list;
}

// A zip archive. Its fields may be changed before finish().
class ZipWriter {
public:
  struct Entry {
    std::string name, packed;
    uint64_t bytes;
    uint32_t crc;
    int method, flags = 0;
  };

  void add(const std::string &name, const std::string &content, bool deflated = false) {
    auto *bytes = reinterpret_cast<const Bytef *>(content.data());
    entries.push_back({name, deflated ? pack(content) : content, content.size(),
                       static_cast<uint32_t>(crc32(0, bytes, static_cast<uInt>(content.size()))), deflated ? 8 : 0});
  }

  // `large`: sizes and places in 64-bit fields, as archives beyond 4 GB have them.
  std::string finish(bool large = false) const {
    std::string file, directory;
    for (const Entry &entry : entries) {
      const uint64_t offset = file.size();
      std::string common = fixed(entry.flags, 2) + fixed(entry.method, 2) + fixed(0, 4) + fixed(entry.crc, 4);
      std::string sizes = fixed(entry.packed.size(), 4) + fixed(entry.bytes, 4);
      file += "PK\3\4" + fixed(20, 2) + common + sizes + fixed(entry.name.size(), 2) + fixed(4, 2) + entry.name +
              fixed(9, 2) + fixed(0, 2) + entry.packed;
      std::string extra;
      if (large) {
        extra = fixed(1, 2) + fixed(24, 2) + fixed(entry.bytes, 8) + fixed(entry.packed.size(), 8) + fixed(offset, 8);
        sizes = fixed(~0u, 4) + fixed(~0u, 4);
      }
      directory += "PK\1\2" + fixed(20, 2) + fixed(20, 2) + common + sizes + fixed(entry.name.size(), 2) +
                   fixed(extra.size(), 2) + fixed(0, 10) + fixed(large ? ~0u : offset, 4) + entry.name + extra;
    }
    const uint64_t start = file.size(), count = entries.size();
    file += directory;
    if (large) {
      const uint64_t end = file.size();
      file += "PK\6\6" + fixed(44, 8) + fixed(45, 2) + fixed(45, 2) + fixed(0, 8) + fixed(count, 8) + fixed(count, 8) +
              fixed(directory.size(), 8) + fixed(start, 8);
      file += "PK\6\7" + fixed(0, 4) + fixed(end, 8) + fixed(1, 4);
    }
    return file + "PK\5\6" + fixed(0, 4) + fixed(count, 2) + fixed(count, 2) + fixed(large ? ~0u : directory.size(), 4) +
           fixed(large ? ~0u : start, 4) + fixed(0, 2);
  }

  std::vector<Entry> entries;

private:
  static std::string pack(const std::string &content) {
    z_stream stream = {};
    deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, content.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef *>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
  }
};

inline std::string record(const std::string &data) {
  std::string length = fixed(data.size(), 8);
  return length + fixed(maskedCrc32c(length), 4) + data + fixed(maskedCrc32c(data), 4);
}

// An example of several features.
class ExampleWriter {
public:
  ExampleWriter &floats(const std::string &name, const std::vector<float> &list) {
    data::proto::Feature feature;
    feature.mutable_float_list()->mutable_value()->Add(list.begin(), list.end());
    return add(name, feature);
  }
  ExampleWriter &integers(const std::string &name, const std::vector<int64_t> &list) {
    data::proto::Feature feature;
    feature.mutable_int64_list()->mutable_value()->Add(list.begin(), list.end());
    return add(name, feature);
  }
  ExampleWriter &bytes(const std::string &name, const std::vector<std::string> &list) {
    data::proto::Feature feature;
    for (const std::string &value : list)
      feature.mutable_bytes_list()->add_value(value);
    return add(name, feature);
  }
  ExampleWriter &add(const std::string &name, const data::proto::Feature &feature) {
    (*example.mutable_features()->mutable_feature())[name] = feature;
    return *this;
  }
  std::string payload() const { return example.SerializeAsString(); }
  std::string record() const { return aotc::record(payload()); }

private:
  data::proto::Example example;
};

// A folder that is emptied before and after each test.
class DataTest : public testing::Test {
protected:
  DataTest() {
    const testing::TestInfo *info = testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::path(testing::TempDir()) / (std::string("aotc_data_") + info->test_suite_name() + info->name());
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  ~DataTest() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string &name) const { return (folder / name).string(); }
  std::string write(const std::string &name, const std::string &bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::string write(const std::string &name, const Tensor &tensor) const {
    EXPECT_TRUE(saveNpy(path(name), tensor).ok());
    return path(name);
  }
  std::string npyBytes(const Tensor &tensor) const {
    std::ifstream in(write("scratch", tensor), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  // For a model of one input 'x'.
  static absl::StatusOr<Samples> open(const std::string &source, DType type, const Shape &shape,
                                      const std::string &feature = "") {
    return openSamples("--data", {{"x", type, shape, std::nullopt}}, {{"", source}}, feature);
  }
  // The values of all samples, one after the other.
  static std::vector<double> all(const absl::StatusOr<Samples> &samples) {
    std::vector<double> list;
    EXPECT_TRUE(samples.ok()) << samples.status();
    for (int64_t i = 0; samples.ok() && i < samples->count(); ++i) {
      absl::StatusOr<std::vector<Tensor>> sample = samples->sample(i);
      EXPECT_TRUE(sample.ok()) << sample.status();
      if (!sample.ok())
        break;
      for (double value : values(sample->at(0)))
        list.push_back(value);
    }
    return list;
  }
  // The first problem, of opening or of a sample, without the folder's name; "" if there is none.
  std::string errorOf(const absl::StatusOr<Samples> &samples) const {
    absl::Status status = samples.status();
    for (int64_t i = 0; status.ok() && i < samples->count(); ++i)
      status = samples->sample(i).status();
    std::string text(status.message());
    for (size_t at; (at = text.find(folder.string() + "/")) != std::string::npos;)
      text.erase(at, folder.string().size() + 1);
    if (text.rfind("--data ", 0) == 0) // which opening says
      text.erase(0, 7);
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    return text;
  }

  std::filesystem::path folder;
};

} // namespace aotc
#endif
