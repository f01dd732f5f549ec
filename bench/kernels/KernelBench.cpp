// kernel-bench: speed of single contraction kernels against the FMA peak.
//   kernel-bench LEVEL [FILTER] [--asm]
// prints best microseconds and GFLOP/s (multiply-adds count twice) of a list of
// shapes from real networks; FILTER keeps the shapes whose name contains it.
#include <cstdio>
#include <cstring>
#include <ctime>

#include "ir/NN/NN.h"
#include "ir/Plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "test/backends/cpu/KernelHarness.h"
#include "test/backends/cpu/KernelText.h"

using namespace aotc;
using namespace aotc::cpu;

namespace {

struct Case {
  std::string name, module;
  double flops;
};

Case matmul(int64_t m, int64_t n, int64_t k) {
  MatMulSpec s;
  s.lhs = {m, k};
  s.rhs = {k, n};
  return {"matmul " + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k), moduleOf(s),
          2.0 * m * n * k};
}

Case attention(int64_t heads, int64_t m, int64_t n, int64_t k, bool transposed) {
  MatMulSpec s;
  s.lhs = {heads, m, k};
  s.rhs = transposed ? std::vector<int64_t>{heads, n, k} : std::vector<int64_t>{heads, k, n};
  s.transposeRhs = transposed;
  s.constantRhs = false;
  s.follow = Follow::Nothing;
  return {"batched " + std::to_string(heads) + "x" + std::to_string(m) + "x" + std::to_string(n) + "x" +
              std::to_string(k) + (transposed ? " transposed" : ""),
          moduleOf(s), 2.0 * heads * m * n * k};
}

Case conv(int64_t h, int64_t c, int64_t o, int64_t k, int64_t stride, int64_t groups, bool residual = false) {
  ConvSpec s;
  s.input = {1, h, h, c};
  s.kernel = {k, k};
  s.outputs = o;
  s.strides = {stride, stride};
  int64_t pad = k - stride > 0 ? k - stride : 0; // SAME
  s.low = {pad / 2, pad / 2};
  s.high = {pad - pad / 2, pad - pad / 2};
  s.groups = groups;
  s.follow = residual ? Follow::BiasResidualClamp : Follow::BiasRelu;
  auto r = s.result();
  return {(groups > 1 && groups == c ? "depthwise " : "conv ") + std::to_string(h) + "x" + std::to_string(c) + "->" +
              std::to_string(o) + " k" + std::to_string(k) + " s" + std::to_string(stride) + " g" +
              std::to_string(groups) + (residual ? " residual" : ""),
          moduleOf(s), 2.0 * r[1] * r[2] * o * k * k * (c / groups)};
}

// CPU time of this thread: other processes on the machine take turns, they do not count.
double seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: kernel-bench LEVEL [FILTER] [--asm]\n");
    return 2;
  }
  std::string level = argv[1], filter = argc > 2 ? argv[2] : "";
  bool assembly = argc > 3 && !std::strcmp(argv[3], "--asm");
  std::vector<Case> cases = {
      matmul(512, 512, 512), matmul(3136, 256, 64), matmul(3136, 64, 256), matmul(196, 256, 1024),
      matmul(196, 1024, 256), matmul(49, 512, 2048), matmul(49, 2048, 512), matmul(128, 768, 768),
      matmul(12544, 24, 96), matmul(1, 512, 784), matmul(1, 512, 512), matmul(1, 1000, 2048), matmul(1, 10, 512),
      matmul(4, 512, 784), matmul(8, 1000, 1280),
      conv(56, 64, 64, 3, 1, 1), conv(28, 128, 128, 3, 1, 1), conv(14, 256, 256, 3, 1, 1), conv(7, 512, 512, 3, 1, 1),
      conv(56, 64, 256, 1, 1, 1, true), conv(56, 256, 512, 1, 2, 1), conv(56, 128, 128, 3, 2, 1),
      conv(224, 3, 64, 7, 2, 1), conv(224, 3, 32, 3, 2, 1), conv(28, 128, 128, 3, 1, 32),
      conv(320, 3, 54, 5, 1, 1), conv(160, 54, 21, 3, 1, 1),
      conv(112, 32, 32, 3, 1, 32), conv(56, 144, 144, 3, 1, 144), conv(28, 192, 192, 3, 1, 192),
      conv(14, 384, 384, 3, 1, 384), conv(14, 576, 576, 3, 1, 576), conv(7, 960, 960, 3, 1, 960),
      conv(112, 96, 96, 3, 2, 96), conv(14, 576, 576, 3, 2, 576), conv(28, 192, 192, 5, 1, 192),
      attention(12, 128, 128, 64, true), attention(12, 128, 64, 128, false)};
  mlir::MLIRContext context;
  context.loadDialect<nn::NNDialect, plan::PlanDialect, mlir::func::FuncDialect>();
  for (const Case &c : cases) {
    if (c.name.find(filter) == std::string::npos)
      continue;
    auto harness = KernelHarness::create(&context, c.module, level);
    if (!harness.ok()) {
      std::printf("%-32s %s\n", c.name.c_str(), std::string(harness.status().message()).c_str());
      continue;
    }
    if (assembly) {
      std::fputs((*harness)->assembly().c_str(), stdout);
      continue;
    }
    if (absl::Status status = (*harness)->load(); !status.ok()) {
      std::printf("%-32s %s\n", c.name.c_str(), std::string(status.message()).c_str());
      continue;
    }
    double best = 1e9, begin = seconds();
    int runs = c.flops < 1e7 ? 50 : c.flops < 1e8 ? 5 : 1;
    while (seconds() - begin < 0.4) {
      double start = seconds();
      for (int i = 0; i < runs; ++i)
        (*harness)->call();
      best = std::min(best, (seconds() - start) / runs);
    }
    std::printf("%-32s %-10s %9.2f us %7.1f GFLOP/s\n", c.name.c_str(), (*harness)->kernelName().c_str(), best * 1e6,
                c.flops / best * 1e-9);
  }
  return 0;
}
