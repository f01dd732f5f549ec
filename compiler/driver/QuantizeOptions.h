// How a network is quantized. See docs/quantization.md.
#ifndef AOTC_COMPILER_DRIVER_QUANTIZEOPTIONS_H
#define AOTC_COMPILER_DRIVER_QUANTIZEOPTIONS_H

#include <string>
#include <vector>

#include "compiler/data/Samples.h"
#include "compiler/quantize/Ranges.h"

namespace aotc {

struct QuantizeOptions {
  std::vector<SampleSpec> samples; // that ranges and losses are measured on
  std::string feature;             // of TFRecord files that is the input; empty: named like it, or the only one
  Calibrator calibrator = Calibrator::MeanSquareError;
  // The largest root-mean-square error of the outputs, as a share of their root mean square. What exceeds
  // it keeps regions in f32, fewest first.
  double maxLoss = 0.03;
};

} // namespace aotc
#endif
