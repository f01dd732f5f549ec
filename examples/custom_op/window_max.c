#include <aotc/custom_op.h>

static int64_t number(const aotc_op_call *call, const char *name) {
  return *(const int64_t *)aotc_op_find_attr(call, name)->values;
}

aotc_status window_max(const aotc_op_call *call);

aotc_status window_max(const aotc_op_call *call) {
  const aotc_tensor_info *in = &call->inputs[0], *out = &call->outputs[0];
  const int64_t width = number(call, "width"), step = number(call, "step");
  const int64_t n = in->shape[in->rank - 1], count = out->shape[out->rank - 1];
  const int64_t rows = count ? (int64_t)(out->bytes / sizeof(float)) / count : 0;
  const float *x = (const float *)call->input_data[0];
  float *largest = (float *)call->output_data[0];
  int32_t *where = (int32_t *)call->output_data[1];
  int64_t row, i, k;
  if (width < 1 || step < 1)
    return 1000; /* a status of our own */
  for (row = 0; row < rows; ++row)
    for (i = 0; i < count; ++i) {
      int64_t best = i * step;
      for (k = best; k < i * step + width; ++k)
        if (x[row * n + k] > x[row * n + best])
          best = k;
      largest[row * count + i] = x[row * n + best];
      where[row * count + i] = (int32_t)best;
    }
  return AOTC_OK;
}
