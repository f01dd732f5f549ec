#include "compiler/frontend/onnx/ops/Windows.h"

#include "llvm/Support/MathExtras.h"

namespace aotc::onnx {

// Extents, strides and the like past this are nonsense; sums and products of two fit.
static constexpr int64_t kMaxEntry = int64_t(1) << 30;

std::optional<DimVector> spatialList(NodeImport &n, llvm::StringRef name, size_t spatial, int64_t byDefault,
                                     int64_t least) {
  DimVector list = n.integers(name);
  if (list.empty())
    list.assign(spatial, byDefault);
  if (list.size() != spatial) {
    n.error(name + " has " + llvm::Twine(list.size()) + " entries, not " + llvm::Twine(spatial));
    return std::nullopt;
  }
  for (int64_t entry : list)
    if (entry < least || entry > kMaxEntry) {
      n.error(name + " must be at least " + llvm::Twine(least) + ", got " + llvm::Twine(entry));
      return std::nullopt;
    }
  return list;
}

std::optional<std::pair<DimVector, DimVector>> explicitPads(NodeImport &n, size_t spatial) {
  auto pads = spatialList(n, "pads", 2 * spatial, 0, 0);
  if (!pads)
    return std::nullopt;
  Dims all(*pads);
  return std::pair(DimVector(all.take_front(spatial)), DimVector(all.drop_front(spatial)));
}

std::optional<SpatialWindow> resolveWindow(NodeImport &n, Dims input, Dims kernel, bool ceilMode) {
  size_t spatial = input.size();
  auto strides = spatialList(n, "strides", spatial, 1, 1), dilations = spatialList(n, "dilations", spatial, 1, 1);
  auto pads = explicitPads(n, spatial);
  if (!strides || !dilations || !pads)
    return std::nullopt;
  std::string autoPad = n.text("auto_pad", "NOTSET");
  SpatialWindow w;
  w.strides.assign(strides->begin(), strides->end());
  w.dilations.assign(dilations->begin(), dilations->end());
  w.kernel.assign(kernel.begin(), kernel.end());
  for (size_t i = 0; i < spatial; ++i) {
    int64_t reach; // from a window's first element to its last
    if (kernel[i] < 1 || input[i] > kMaxEntry || llvm::MulOverflow(kernel[i] - 1, w.dilations[i], reach) ||
        reach > kMaxEntry) {
      n.error("window of " + llvm::Twine(kernel[i]) + " elements");
      return std::nullopt;
    }
    int64_t low = 0, high = 0, stride = w.strides[i];
    if (autoPad == "NOTSET") {
      low = pads->first[i];
      high = pads->second[i];
    } else if (autoPad != "VALID") {
      int64_t result = llvm::divideCeil(input[i], stride);
      int64_t total = std::max<int64_t>((result - 1) * stride + reach + 1 - input[i], 0);
      int64_t less = input[i] > 0 ? total / 2 : 0, more = input[i] > 0 ? total - less : 0;
      low = autoPad == "SAME_UPPER" ? less : more;
      high = autoPad == "SAME_UPPER" ? more : less;
    }
    int64_t room = input[i] + low + high - reach - 1; // how far the window can move
    if (room + stride < 0) {
      n.error("window of reach " + llvm::Twine(reach + 1) + " does not fit extent " + llvm::Twine(input[i]));
      return std::nullopt;
    }
    int64_t result = room < 0 ? 0 : room / stride + 1;
    w.declaredHigh.push_back(high);
    if (ceilMode && room >= 0 && room % stride != 0 && result * stride < input[i] + low) {
      high += stride - room % stride;
      ++result;
    }
    w.padLow.push_back(low);
    w.padHigh.push_back(high);
    w.results.push_back(result);
  }
  return w;
}

} // namespace aotc::onnx
