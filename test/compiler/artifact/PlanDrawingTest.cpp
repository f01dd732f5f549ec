#include "compiler/artifact/PlanDrawing.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace aotc {
namespace {

TEST(PlanDrawing, OneRectangleABuffer) {
  ModelInfo m;
  m.name = "net";
  m.arenaBytes = 384;
  m.lowerBound = 320;
  m.naiveBytes = 448;
  m.regions.resize(3);
  m.buffers = {{"a<b>&\x01\xff", false, 0, 1, 0, 256}, {"conv", true, 1, 1, 256, 128}};
  std::string svg = drawPlan(m);
  EXPECT_TRUE(absl::StrContains(svg, "arena 384 bytes; lower bound of this order 320 (1.20 of it)")) << svg;
  EXPECT_TRUE(absl::StrContains(svg, "<title>a&lt;b&gt;&amp;?\xEF\xBF\xBD\n256 bytes at 0\nkernels 0 to 1</title>")) << svg;
  EXPECT_TRUE(absl::StrContains(svg, "<title>conv (scratch)\n128 bytes at 256\nkernels 1 to 1</title>")) << svg;
}

TEST(PlanDrawing, NothingInTheArena) {
  std::string svg = drawPlan(ModelInfo());
  EXPECT_TRUE(absl::StrContains(svg, "arena 0 bytes"));
  EXPECT_FALSE(absl::StrContains(svg, "nan"));
}

} // namespace
} // namespace aotc
