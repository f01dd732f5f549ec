#include <aotc/custom_op.h>

aotc_status window_max_shape(const aotc_op_call *call, int64_t *const *shapes);

aotc_status window_max_shape(const aotc_op_call *call, int64_t *const *shapes) {
  const int64_t width = *(const int64_t *)aotc_op_find_attr(call, "width")->values;
  const int64_t step = *(const int64_t *)aotc_op_find_attr(call, "step")->values;
  uint32_t i;
  for (i = 0; i < call->num_outputs; ++i)
    shapes[i][0] = (call->inputs[0].shape[0] - width) / step + 1;
  return AOTC_OK;
}
