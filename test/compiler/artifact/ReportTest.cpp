// The report and the drawing of the memory plan.
#include "compiler/artifact/Report.h"
#include "absl/strings/match.h"
#include "compiler/artifact/PlanDrawing.h"
#include "gtest/gtest.h"
#include "llvm/Support/JSON.h"

namespace aotc {
namespace {

ModelInfo threeKernels() {
  ModelInfo m;
  m.name = "m";
  m.arenaBytes = 2048;
  m.lowerBound = 1984;
  m.naiveBytes = 3072;
  m.regions.resize(3);
  m.regions[0].name = "scores";
  m.regions[1].name = "turned";
  m.regions[1].bytes = m.regions[1].movedBytes = 1536;
  m.regions[2].movedBytes = 100;
  m.buffers = {{"a<b>&\"c\"\n\xff", false, 0, 1, 0, 1024},
               {"scores", true, 0, 0, 1024, 960},
               {"t", false, 1, 2, 1024, 1024}};
  return m;
}

size_t count(const std::string &text, const std::string &what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

TEST(Report, CountsWhatOnlyMoves) {
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(writeReport(threeKernels()));
  ASSERT_TRUE(static_cast<bool>(parsed));
  const llvm::json::Object &report = *parsed->getAsObject();
  EXPECT_EQ(report.getObject("data_movement")->getInteger("regions"), 2);
  EXPECT_EQ(report.getObject("data_movement")->getInteger("bytes"), 1636);
  EXPECT_EQ((*report.getArray("regions"))[1].getAsObject()->getInteger("moved_bytes"), 1536);
}

TEST(PlanDrawing, HasOneRectangleForEveryBuffer) {
  std::string drawing = drawPlan(threeKernels());
  EXPECT_TRUE(absl::StartsWith(drawing, "<svg xmlns="));
  EXPECT_TRUE(absl::EndsWith(drawing, "</svg>\n"));
  EXPECT_EQ(count(drawing, "<rect class=\"b"), 3u);
  EXPECT_EQ(count(drawing, "<rect class=\"b s\""), 1u);
  EXPECT_TRUE(absl::StrContains(drawing, "scores (scratch)\n960 bytes at 1024\nkernels 0 to 0"));
  EXPECT_TRUE(absl::StrContains(drawing, "arena 2048 bytes; lower bound of this order 1984 (1.03 of it)"));
}

TEST(PlanDrawing, NamesOfAModelAreText) {
  std::string drawing = drawPlan(threeKernels());
  EXPECT_TRUE(absl::StrContains(drawing, "a&lt;b&gt;&amp;\"c\"?\xef\xbf\xbd\n1024 bytes at 0"));
}

TEST(PlanDrawing, TakesAModelWithoutAnything) {
  EXPECT_EQ(count(drawPlan(ModelInfo()), "<rect class=\"b"), 0u);
}

} // namespace
} // namespace aotc
