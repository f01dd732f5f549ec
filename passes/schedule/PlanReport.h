// What a plan costs, for reports.
#ifndef AOTC_PASSES_SCHEDULE_PLANREPORT_H
#define AOTC_PASSES_SCHEDULE_PLANREPORT_H

#include <cstdint>
#include <string>
#include <vector>

#include "mlir/Support/LogicalResult.h"

namespace mlir {
class ModuleOp;
namespace func {
class FuncOp;
}
} // namespace mlir

namespace aotc::plan {

struct PlanReport {
  struct Region {
    int64_t index;
    std::string name; // source node
    std::string kind;
    int64_t liveBytes; // arena bytes live while it runs
  };
  struct Buffer {
    std::string name;
    bool scratch;
    bool inPlace;        // lies in the place of an operand
    int64_t first, last; // regions
    int64_t offset, bytes;
  };
  int64_t arenaBytes = 0, arenaAlign = 0;
  int64_t lowerBound = 0; // largest sum of live bytes
  int64_t naiveBytes = 0; // sum of all buffers
  int64_t weightsBytes = 0;
  std::vector<Region> regions;
  std::vector<Buffer> buffers; // of the arena
};

PlanReport describePlan(mlir::func::FuncOp planned);
// The same as a table.
std::string formatPlan(const PlanReport &report);

// Of a module with several planned functions: places their weights in one section, equal ones once, and numbers their regions
// through. Fails where the section would be too large.
mlir::LogicalResult shareWeights(mlir::ModuleOp module);

} // namespace aotc::plan
#endif
