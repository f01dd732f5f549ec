// The order in which kernels run, chosen for a low peak of live memory.
#ifndef AOTC_PASSES_SCHEDULE_ORDER_H
#define AOTC_PASSES_SCHEDULE_ORDER_H

#include <cstdint>
#include <vector>

namespace aotc::plan {

// A buffer is live from its first writer to its last reader or writer.
struct OrderProblem {
  struct Kernel {
    std::vector<int> before;  // kernels that must have run
    std::vector<int> reads;   // buffers, each once
    std::vector<int> writes;  // buffers, each once
    std::vector<int> inPlace; // those of `reads` whose memory the (only) result may take over
    int64_t scratch = 0;      // bytes while it runs
  };
  std::vector<Kernel> kernels; // in some valid order
  std::vector<int64_t> bytes;  // a buffer; 0 for what does not lie in the arena
};

// Peak of live bytes when the kernels run in this order.
int64_t peakOf(const OrderProblem &problem, const std::vector<int> &order);

// A valid order: exact for small problems, a beam search of bounded work for
// others, never worse than the given order. Deterministic.
std::vector<int> chooseOrder(const OrderProblem &problem);

} // namespace aotc::plan
#endif
