#include "compiler/frontend/tensorflow/ops/Windows.h"

#include "llvm/Support/MathExtras.h"

namespace aotc::tf {

// Extents, strides and the like past this are nonsense; sums of two fit.
static constexpr int64_t kMaxEntry = int64_t(1) << 40;

std::optional<LayoutList> splitLayout(NodeImport &n, llvm::StringRef what, Dims list, size_t spatial) {
  LayoutList split;
  if (list.empty()) {
    split.spatial.assign(spatial, 1);
    return split;
  }
  if (list.size() != spatial + 2) {
    n.error(what + " has " + llvm::Twine(list.size()) + " entries, not " + llvm::Twine(spatial + 2));
    return std::nullopt;
  }
  for (int64_t entry : list)
    if (entry < 1 || entry > kMaxEntry) {
      n.error(what + " must be at least 1, got " + llvm::Twine(entry));
      return std::nullopt;
    }
  bool first = n.channelsFirst();
  split.batch = list[0];
  split.channel = first ? list[1] : list.back();
  llvm::append_range(split.spatial, list.slice(first ? 2 : 1, spatial));
  return split;
}

std::optional<SpatialWindow> resolveWindow(NodeImport &n, Dims input, Dims kernel, Dims strides, Dims dilations) {
  SpatialWindow w;
  w.strides.assign(strides.begin(), strides.end());
  w.dilations.assign(dilations.begin(), dilations.end());
  std::string padding = n.text("padding", "VALID");
  DimVector given = n.integers("explicit_paddings");
  size_t firstSpatial = n.channelsFirst() ? 2 : 1;
  if (padding == "EXPLICIT" && given.size() != 2 * (input.size() + 2)) {
    n.error("explicit_paddings has " + llvm::Twine(given.size()) + " entries");
    return std::nullopt;
  }
  for (size_t i = 0; i < input.size(); ++i) {
    int64_t reach; // from a window's first element to its last
    if (kernel[i] < 1 || input[i] > kMaxEntry || llvm::MulOverflow(kernel[i] - 1, dilations[i], reach) ||
        reach > kMaxEntry) {
      n.error("window of " + llvm::Twine(kernel[i]) + " elements");
      return std::nullopt;
    }
    int64_t low = 0, high = 0;
    if (padding == "SAME") {
      int64_t result = llvm::divideCeil(input[i], strides[i]);
      int64_t total = std::max<int64_t>((result - 1) * strides[i] + reach + 1 - input[i], 0);
      low = input[i] > 0 ? total / 2 : 0;
      high = input[i] > 0 ? total - low : 0;
    } else if (padding == "EXPLICIT") {
      low = given[2 * (firstSpatial + i)];
      high = given[2 * (firstSpatial + i) + 1];
      if (low < 0 || high < 0 || low > kMaxEntry || high > kMaxEntry) {
        n.error("explicit padding must be at least 0, got " + llvm::Twine(std::min(low, high)));
        return std::nullopt;
      }
    }
    // C++ division: a window up to one stride too long yields an empty result.
    int64_t result = (input[i] + low + high - reach - 1 + strides[i]) / strides[i];
    if (padding == "SAME")
      result = llvm::divideCeil(input[i], strides[i]);
    if (result < 0) {
      n.error("window of reach " + llvm::Twine(reach + 1) + " does not fit extent " + llvm::Twine(input[i]));
      return std::nullopt;
    }
    w.padLow.push_back(low);
    w.padHigh.push_back(high);
    w.results.push_back(result);
  }
  return w;
}

} // namespace aotc::tf
