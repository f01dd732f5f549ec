#include "compiler/artifact/Report.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

namespace aotc {
namespace {

void writeTensors(llvm::json::OStream &json, llvm::StringRef key, const std::vector<TensorInfo> &tensors) {
  json.attributeArray(key, [&] {
    for (const TensorInfo &t : tensors)
      json.object([&] {
        json.attribute("name", llvm::json::fixUTF8(t.name));
        json.attribute("type", llvm::StringRef(name(t.dtype)));
        json.attribute("shape", llvm::json::Array(t.shape));
        if (t.scale) {
          json.attribute("scale", t.scale->scale);
          json.attribute("zero_point", t.scale->zero);
        }
      });
  });
}

double decibels(const QuantizedRegion &r) {
  constexpr double kMost = 200; // nothing changed
  return r.noise > 0 && r.signal > 0 ? std::min(10 * std::log10(r.signal / r.noise), kMost) : kMost;
}

// The worst first.
void writeQuantization(llvm::json::OStream &json, const QuantizationInfo &q) {
  std::vector<const QuantizedRegion *> order;
  for (const QuantizedRegion &r : q.regions)
    order.push_back(&r);
  std::stable_sort(order.begin(), order.end(), [](const auto *a, const auto *b) { return decibels(*a) < decibels(*b); });
  json.attributeObject("quantization", [&] {
    json.attribute("calibrator", q.calibrator);
    json.attribute("samples", q.samples);
    json.attribute("loss", q.loss);
    json.attribute("max_loss", q.maxLoss);
    json.attribute("float_regions", llvm::count_if(q.regions, [](const QuantizedRegion &r) { return r.isFloat; }));
    json.attributeArray("regions", [&] {
      for (const QuantizedRegion *r : order)
        json.object([&] {
          json.attribute("name", llvm::json::fixUTF8(r->name));
          json.attribute("sqnr_db", decibels(*r));
          json.attribute("low", r->low);
          json.attribute("high", r->high);
          json.attribute("scale", r->scale);
          json.attribute("zero_point", r->zero);
          json.attribute("float", r->isFloat);
          if (r->isFloat)
            json.attribute("why", r->why);
        });
    });
  });
}

} // namespace

std::string writeReport(const ModelInfo &m) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream, /*IndentSize=*/1);
  json.object([&] {
    json.attribute("aotc", kVersion);
    json.attribute("name", m.name);
    json.attribute("model", llvm::json::fixUTF8(m.modelFile));
    json.attribute("model_sha256", m.modelHash);
    json.attributeArray("targets", [&] {
      for (size_t i = 0; i < m.targets.size(); ++i)
        json.object([&] {
          json.attribute("triple", m.targets[i].triple);
          json.attribute("cpu", m.targets[i].cpu);
          json.attribute("features", m.targets[i].features);
          if (i < m.targetCodeBytes.size())
            json.attribute("code_bytes", m.targetCodeBytes[i]);
        });
    });
    writeTensors(json, "inputs", m.inputs);
    writeTensors(json, "outputs", m.outputs);
    if (!m.states.empty()) {
      writeTensors(json, "states", m.states);
      json.attribute("state_bytes", m.stateBytes);
    }
    json.attribute("object_bytes", m.objectBytes);
    json.attribute("code_bytes", m.codeBytes);
    json.attribute("weights_bytes", m.weightsBytes);
    json.attributeObject("arena", [&] {
      json.attribute("bytes", m.arenaBytes);
      json.attribute("align", m.arenaAlign);
      json.attribute("lower_bound_bytes", m.lowerBound);
      json.attribute("naive_bytes", m.naiveBytes);
      json.attributeArray("buffers", [&] {
        for (const BufferInfo &b : m.buffers)
          json.object([&] {
            json.attribute("name", llvm::json::fixUTF8(b.name));
            json.attribute("scratch", b.scratch);
            json.attribute("first_region", b.first);
            json.attribute("last_region", b.last);
            json.attribute("offset", b.offset);
            json.attribute("bytes", b.bytes);
          });
      });
    });
    int64_t flops = 0, movers = 0, movedBytes = 0;
    json.attributeArray("regions", [&] {
      for (const RegionReport &r : m.regions) {
        flops += r.flops;
        movers += r.movedBytes > 0;
        movedBytes += r.movedBytes;
        json.object([&] {
          json.attribute("name", llvm::json::fixUTF8(r.name));
          json.attribute("kind", r.kind);
          json.attribute("function", r.function);
          json.attribute("flops", r.flops);
          json.attribute("bytes", r.bytes);
          json.attribute("moved_bytes", r.movedBytes);
        });
      }
    });
    json.attribute("flops", flops);
    json.attributeObject("data_movement", [&] {
      json.attribute("regions", movers);
      json.attribute("bytes", movedBytes);
    });
    if (m.quantization)
      writeQuantization(json, *m.quantization);
    double total = 0;
    json.attributeObject("compile_seconds", [&] {
      for (const PhaseTime &p : m.phases) {
        json.attribute(p.phase, p.seconds);
        total += p.seconds;
      }
      json.attribute("total", total);
    });
    json.attribute("compiler_peak_bytes", m.peakMemory);
  });
  stream << "\n";
  return text;
}

} // namespace aotc
