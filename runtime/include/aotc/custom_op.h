/* aotc/custom_op.h: what objects call for operations that their models' users declared. C99 and C++11.
 *
 *   aotc_status my_op(const aotc_op_call *call);
 *
 * An object calls the function once for each node and call of the model, on the thread of NAME_call. It must fill all
 * outputs and may depend on nothing but the inputs and attributes. Any result but AOTC_OK ends the call, which returns it;
 * 1000 and above are free for such functions. It is called concurrently where calls of the model are concurrent. */
#ifndef AOTC_CUSTOM_OP_H
#define AOTC_CUSTOM_OP_H

#include <aotc/abi.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum aotc_op_attr_kind {
  AOTC_ATTR_INT = 0,    /* int64_t; bools are 0 and 1 */
  AOTC_ATTR_FLOAT = 1,  /* double */
  AOTC_ATTR_STRING = 2  /* char, and a zero behind them */
} aotc_op_attr_kind;

typedef struct aotc_op_attr {
  const char *name;
  int32_t kind;               /* aotc_op_attr_kind */
  uint32_t count;             /* of values */
  const void *values;
} aotc_op_attr;

/* Tensors are dense and row-major, aligned to their elements; outputs overlap nothing. */
typedef struct aotc_op_call {
  uint32_t struct_bytes;      /* sizeof(aotc_op_call) */
  uint32_t num_inputs, num_outputs, num_attrs;
  const aotc_tensor_info *inputs;   /* names as declared, shapes, types */
  const aotc_tensor_info *outputs;
  const aotc_op_attr *attrs;        /* those declared, sorted by name */
  const void *const *input_data;    /* of a shape function: null where the compiler does not know the values */
  void *const *output_data;         /* null in a call of a shape function */
} aotc_op_call;

typedef aotc_status (*aotc_op)(const aotc_op_call *call);
/* SYMBOL_shape, which the compiler calls: fills extents that the declaration leaves open ('?'); shapes[i] has those of
 * output i, with -1 for the open ones. */
typedef aotc_status (*aotc_op_shape)(const aotc_op_call *call, int64_t *const *shapes);

/* The attribute of that name, or null. */
static inline const aotc_op_attr *aotc_op_find_attr(const aotc_op_call *call, const char *name) {
  uint32_t i;
  for (i = 0; i < call->num_attrs; ++i)
    if (strcmp(call->attrs[i].name, name) == 0)
      return &call->attrs[i];
  return NULL;
}

#ifdef __cplusplus
}
#endif
#endif
