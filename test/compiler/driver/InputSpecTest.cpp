#include "compiler/driver/InputSpec.h"
#include "gtest/gtest.h"

namespace aotc {
namespace {

InputSpec parse(const std::string &text) {
  absl::StatusOr<InputSpec> spec = parseInputSpec("--input", text);
  EXPECT_TRUE(spec.ok()) << spec.status();
  return spec.value_or(InputSpec());
}

TEST(InputSpec, Shapes) {
  InputSpec spec = parse("x=[1,28,?]:u8");
  EXPECT_EQ(spec.name, "x");
  EXPECT_EQ(*spec.shape, (std::vector<int64_t>{1, 28, -1}));
  EXPECT_EQ(spec.dtype, DType::U8);
  EXPECT_EQ(parse("[]").shape->size(), 0u);
  EXPECT_EQ(parse("[ 2, 3 ]").shape->size(), 2u);
  EXPECT_EQ(parse("[0]").name, "");
  EXPECT_FALSE(parse("[2]").dtype.has_value());
}

TEST(InputSpec, Names) {
  EXPECT_EQ(parse("a/b:0=[1]").name, "a/b");
  EXPECT_EQ(parse("a:1=[1]").name, "a:1");
  InputSpec spec = parse("x=dir=1/in.npy"); // the first '=' ends the name
  EXPECT_EQ(spec.name, "x");
  EXPECT_EQ(spec.npyPath, "dir=1/in.npy");
  EXPECT_EQ(parse("in.npy").npyPath, "in.npy");
}

TEST(InputSpec, EveryTypeName) {
  for (const char *type :
       {"f32", "f64", "f16", "bf16", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "bool"})
    EXPECT_TRUE(parse(std::string("[1]:") + type).dtype.has_value()) << type;
}

TEST(InputSpec, Symbols) {
  auto spec = parseInputSpec("--input", "x=[batch:1..64, 29,n]:f32");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(*spec->shape, (std::vector<int64_t>{-1, 29, -1}));
  EXPECT_EQ(spec->symbols, (std::vector<std::string>{"batch", "", "n"}));
  ASSERT_EQ(spec->ranges.size(), 1u);
  EXPECT_EQ(spec->ranges[0].name, "batch");
  EXPECT_EQ(spec->ranges[0].low, 1);
  EXPECT_EQ(spec->ranges[0].high, 64);
}

TEST(InputSpec, Errors) {
  for (const char *bad : {"", "x", "x=", "=[1]", "1,28", "x=1,28", "[1", "[1,", "[1,,2]", "[-1]", "[1.5]",
                          "[a b]", "[n:1..]", "[n:..4]", "[n:0..4]", "[n:5..4]", "[n:1..9999999]", "[n:1.5]", "[:1..4]", "[int:1..4]", "[1]:float", "[1]f32", "[1]:", "[99999999999999999999]"}) {
    absl::StatusOr<InputSpec> spec = parseInputSpec("--input", bad);
    ASSERT_FALSE(spec.ok()) << bad;
    EXPECT_EQ(spec.status().message().find("--input "), 0u) << spec.status();
  }
}

} // namespace
} // namespace aotc
