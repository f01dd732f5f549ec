#include "compiler/artifact/PlanDrawing.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "llvm/Support/JSON.h"

#include <algorithm>

namespace aotc {
namespace {

constexpr double kLeft = 90, kTop = 70, kHeight = 560, kBottom = 40, kRight = 20;

// Names come from the model, so they may hold anything: markup, control
// characters and bytes that are no UTF-8.
std::string escaped(const std::string &name) {
  std::string result;
  for (char c : llvm::json::fixUTF8(name))
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    default:
      result += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  return result;
}

// 0 to 359, spread so that neighbours differ.
int hueOf(size_t index) { return static_cast<int>(index * 137 % 360); }

class Drawing {
public:
  explicit Drawing(const ModelInfo &model)
      : m(model), steps(std::max<int64_t>(static_cast<int64_t>(m.regions.size()), 1)),
        stepWidth(std::clamp(1200.0 / static_cast<double>(steps), 2.0, 40.0)) {}

  std::string write() {
    double width = kLeft + stepWidth * static_cast<double>(steps) + kRight;
    absl::StrAppendFormat(&text,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                          "font-family=\"sans-serif\" font-size=\"11\">\n",
                          std::max(width, 640.0), kTop + kHeight + kBottom);
    absl::StrAppend(&text, "<style>rect.b{stroke:#333;stroke-width:.5}rect.s{stroke-dasharray:3 2}</style>\n"
                           "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
    label(kLeft, 20, absl::StrCat(escaped(m.name), ": memory plan, kernels from left to right"), "start", 14);
    label(kLeft, 40,
          absl::StrFormat("arena %d bytes; lower bound of this order %d (%.2f of it); buffers side by side %d; "
                          "scratch dashed",
                          m.arenaBytes, m.lowerBound,
                          m.lowerBound > 0 ? static_cast<double>(m.arenaBytes) / static_cast<double>(m.lowerBound)
                                           : 1.0,
                          m.naiveBytes),
          "start", 11);
    axes();
    for (size_t i = 0; i < m.buffers.size(); ++i)
      buffer(m.buffers[i], hueOf(i));
    absl::StrAppend(&text, "</svg>\n");
    return std::move(text);
  }

private:
  double x(int64_t step) const { return kLeft + stepWidth * static_cast<double>(step); }
  double y(int64_t offset) const {
    double arena = static_cast<double>(std::max<int64_t>(m.arenaBytes, 1));
    return kTop + kHeight * (1 - static_cast<double>(offset) / arena);
  }

  void label(double atX, double atY, const std::string &what, const char *anchor, int size) {
    absl::StrAppendFormat(&text, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\">%s</text>\n", atX,
                          atY, anchor, size, what);
  }

  void line(double x1, double y1, double x2, double y2, const char *color) {
    absl::StrAppendFormat(&text, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1,
                          x2, y2, color);
  }

  void axes() {
    constexpr int kTicks = 4;
    for (int tick = 0; tick <= kTicks; ++tick) {
      int64_t offset = m.arenaBytes / kTicks * tick;
      line(kLeft, y(offset), x(steps), y(offset), "#ddd");
      label(kLeft - 6, y(offset) + 4, absl::StrCat(offset), "end", 11);
    }
    if (m.lowerBound < m.arenaBytes)
      line(kLeft, y(m.lowerBound), x(steps), y(m.lowerBound), "#c00");
    int64_t every = std::max<int64_t>(steps / 10, 1);
    for (int64_t step = 0; step < steps; step += every)
      label(x(step) + stepWidth / 2, kTop + kHeight + 16, absl::StrCat(step), "middle", 11);
  }

  void buffer(const BufferInfo &b, int hue) {
    absl::StrAppendFormat(
        &text,
        "<rect class=\"b%s\" x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\" fill=\"hsl(%d,60%%,%d%%)\" "
        "fill-opacity=\".8\"><title>%s%s\n%d bytes at %d\nkernels %d to %d</title></rect>\n",
        b.scratch ? " s" : "", x(b.first), y(b.offset + b.bytes), x(b.last + 1) - x(b.first),
        y(b.offset) - y(b.offset + b.bytes), hue, b.scratch ? 88 : 70, escaped(b.name), b.scratch ? " (scratch)" : "",
        b.bytes, b.offset, b.first, b.last);
  }

  const ModelInfo &m;
  int64_t steps;
  double stepWidth;
  std::string text;
};

} // namespace

std::string drawPlan(const ModelInfo &model) { return Drawing(model).write(); }

} // namespace aotc
