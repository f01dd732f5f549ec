// Chains of convolutions that run strip by strip, against the interpreter.
#include <cstring>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "backends/cpu/Isa.h"
#include "test/backends/cpu/CodegenHarness.h"
#include "gtest/gtest.h"

namespace aotc::test {
namespace {

struct Conv {
  int64_t channels;                     // of the result; 0: depthwise
  int64_t kernel = 1, stride = 1, dilation = 1;
  int64_t low = 0, high = 0;            // of both dimensions
  bool residual = false;                // adds the chain's input
};

std::string type(std::vector<int64_t> shape) {
  std::string text = "tensor<";
  for (int64_t extent : shape)
    absl::StrAppend(&text, extent, "x");
  return text + "f32>";
}

// As MLIR writes the elements of a dense attribute in hexadecimal.
std::string randomElements(int64_t count, std::mt19937 &generator) {
  std::uniform_real_distribution<float> values(-0.5f, 0.5f);
  std::string text = "dense<\"0x";
  for (int64_t i = 0; i < count; ++i) {
    float value = values(generator);
    uint8_t bytes[4];
    std::memcpy(bytes, &value, 4);
    for (uint8_t byte : bytes)
      absl::StrAppend(&text, absl::Hex(byte, absl::kZeroPad2));
  }
  return text + "\">";
}

// A bias and a rectifier after each convolution but the last, which has a bias alone.
std::string chainText(int64_t height, int64_t width, int64_t channels, const std::vector<Conv> &convs) {
  std::mt19937 generator(5);
  std::string input = type({1, height, width, channels}), now = input, value = "%x", body;
  for (size_t i = 0; i < convs.size(); ++i) {
    const Conv &conv = convs[i];
    bool depthwise = conv.channels == 0;
    int64_t out = depthwise ? channels : conv.channels, reach = (conv.kernel - 1) * conv.dilation + 1;
    std::vector<int64_t> filter{conv.kernel, conv.kernel, depthwise ? 1 : channels, out};
    height = (height + conv.low + conv.high - reach) / conv.stride + 1;
    width = (width + conv.low + conv.high - reach) / conv.stride + 1;
    std::string result = type({1, height, width, out}), bias = type({1, 1, 1, out});
    absl::StrAppend(
        &body,
        absl::Substitute(R"(
  %w$0 = nn.constant $1 : $2
  %c$0 = nn.conv $3, %w$0 {strides = array<i64: $4, $4>, dilations = array<i64: $5, $5>,
    padLow = array<i64: $6, $6>, padHigh = array<i64: $7, $7>$8} : ($9, )",
                         i, randomElements(filter[0] * filter[1] * filter[2] * filter[3], generator), type(filter),
                         value, conv.stride, conv.dilation, conv.low, conv.high,
                         depthwise ? absl::StrCat(", groups = ", channels, " : i64") : "", now),
        absl::Substitute(R"($2) -> $1
  %b$0 = nn.constant $3 : $4
  %B$0 = nn.broadcast %b$0 : $4 -> $1
  %s$0 = nn.binary add %c$0, %B$0 : $1
)",
                         i, result, type(filter), randomElements(out, generator), bias));
    value = absl::StrCat("%s", i);
    if (i + 1 < convs.size()) {
      absl::StrAppend(&body, "  %r", i, " = nn.unary relu ", value, " : ", result, " -> ", result, "\n");
      value = absl::StrCat("%r", i);
    }
    if (conv.residual) {
      absl::StrAppend(&body, "  %a = nn.binary add ", value, ", %x : ", result, "\n");
      value = "%a";
    }
    channels = out;
    now = result;
  }
  return absl::StrCat("func.func @f(%x: ", input, " {test.finite}) -> ", now, " {", body, "  return ", value, " : ",
                      now, "\n}");
}

class Strips : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (GetParam() == std::string("native"))
      cpu::setStageNanoseconds(0); // all work that can be divided is
  }
  void TearDown() override { cpu::setStageNanoseconds(cpu::Isa().stageNanoseconds); }

  // The results of one kernel for the whole chain, and of fewer strips where only large tensors count.
  void check(int64_t height, int64_t width, int64_t channels, const std::vector<Conv> &convs) {
    Program program(chainText(height, width, channels, convs));
    ASSERT_TRUE(program.module);
    for (bool preferSize : {false, true}) {
      program.select.preferSize = preferSize;
      auto emitted = compile(program, GetParam());
      ASSERT_TRUE(emitted.ok()) << emitted.status();
      EXPECT_TRUE(llvm::any_of(emitted->regions, [](auto &region) { return region.kind == "strips strips"; }));
      if (preferSize)
        EXPECT_EQ(emitted->regions.size(), 1u);
      EXPECT_EQ(difference(program, arguments(program), GetParam(), 1e-5), "");
    }
  }
};

TEST_P(Strips, InvertedResidual) {
  check(50, 61, 12, {{40}, {0, 3, 1, 1, 1, 1}, {12, 1, 1, 1, 0, 0, true}});
}

TEST_P(Strips, StridedFromBorderedImage) {
  check(127, 90, 3, {{32, 3, 2, 1, 1, 1}, {0, 3, 1, 1, 1, 1}, {24}, {60}, {0, 3, 2, 1, 0, 1}, {20}});
}

TEST_P(Strips, UnpaddedAndUneven) {
  check(70, 63, 5, {{20, 5, 1, 1, 0, 0}, {0, 3, 2, 1, 0, 0}, {70}, {7}});
}

TEST_P(Strips, WideAndDilatedWindows) {
  check(61, 64, 9, {{33}, {0, 3, 1, 3, 3, 3}, {0, 5, 2, 1, 2, 2}, {90}, {0, 7, 3, 1, 3, 3}});
}

TEST_P(Strips, DepthwiseFirst) { check(64, 71, 24, {{0, 3, 1, 1, 1, 1}, {31}, {11}}); }

TEST_P(Strips, WindowsLargerThanTheImage) { check(2, 600, 64, {{64}, {0, 5, 1, 1, 2, 2}, {3}}); }

INSTANTIATE_TEST_SUITE_P(Cpus, Strips, testing::Values("x86-64", "x86-64-v3", "native", "x86-64,x86-64-v3,x86-64-v4"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           std::replace(name.begin(), name.end(), ',', '_');
                           return name;
                         });

} // namespace
} // namespace aotc::test
