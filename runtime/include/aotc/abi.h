/* aotc/abi.h: the contract between objects that aotc emits and their callers.
 *
 * C99 and C++11, no dependency but the C standard headers below. This file is
 * frozen by test/runtime/abi_test.c: fields are only ever appended, and
 * aotc_call.struct_bytes tells an object which fields the caller knows.
 */
#ifndef AOTC_ABI_H
#define AOTC_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AOTC_ABI_VERSION 1u

#if defined(__cplusplus) && __cplusplus >= 201703L
#define AOTC_NODISCARD [[nodiscard]]
#elif defined(__GNUC__)
#define AOTC_NODISCARD __attribute__((warn_unused_result))
#else
#define AOTC_NODISCARD
#endif

/* What a call returns. Zero is success; values are stable. */
typedef enum aotc_status_code {
  AOTC_OK = 0,
  AOTC_INVALID_ARGUMENT = 1,      /* a null or misaligned pointer, or a struct_bytes that is too small */
  AOTC_INDEX_OUT_OF_RANGE = 2,    /* an index tensor points outside the tensor it indexes */
  AOTC_DIVISION_BY_ZERO = 3,      /* integer division or modulo by zero */
  AOTC_UNSUPPORTED_CPU = 4,       /* the object needs CPU features that this machine lacks */
  AOTC_DIMENSION_OUT_OF_RANGE = 5,/* a value in dims lies outside its declared range */
  AOTC_LOOP_LIMIT = 6             /* a data-dependent loop passed its bound */
} aotc_status_code;
typedef int32_t aotc_status;

/* Element types; values are stable. bool is one byte, 0 or 1. */
typedef enum aotc_dtype {
  AOTC_F64 = 0, AOTC_F32 = 1, AOTC_F16 = 2, AOTC_BF16 = 3, AOTC_BOOL = 4,
  AOTC_I8 = 5, AOTC_I16 = 6, AOTC_I32 = 7, AOTC_I64 = 8,
  AOTC_U8 = 9, AOTC_U16 = 10, AOTC_U32 = 11, AOTC_U64 = 12
} aotc_dtype;

/* Filled by a failing call when the caller supplies one. */
typedef struct aotc_error {
  int32_t code;      /* the returned aotc_status */
  int32_t region;    /* index of the region that failed, -1 if before the first */
  int64_t detail;    /* the offending value where there is one, else 0 */
} aotc_error;

/* A caller's thread pool. `run` calls body(task, context) once for every task
 * in [0, count), on any threads, and returns after all have finished. */
typedef struct aotc_parallel {
  uint32_t struct_bytes;  /* sizeof(aotc_parallel) */
  uint32_t threads;       /* how many tasks can run at once */
  void *pool;             /* passed to `run` */
  void (*run)(void *pool, int64_t count, void (*body)(int64_t task, void *context), void *context);
} aotc_parallel;

/* Arguments of the one entry, NAME_call. Zero means "not used" everywhere.
 *
 * inputs, outputs: one pointer a tensor, in the header's order, dense
 *   row-major, aligned to the element. Inputs are never written and must not
 *   overlap outputs. A tensor of zero elements may be null.
 * arena: NAME_ARENA_BYTES of scratch, aligned to NAME_ARENA_ALIGN; its
 *   contents before and after a call are undefined. One arena per concurrent
 *   call makes calls reentrant. May be null when NAME_ARENA_BYTES is 0.
 * state: NAME_STATE_BYTES that a model with state keeps between calls, aligned
 *   to NAME_STATE_ALIGN, its first contents by NAME_state_init(). One block a
 *   stream; it holds no pointers, so it may be copied, saved and restored. A
 *   call that fails leaves it as it was. Other models ignore it.
 * dims: of a model with symbolic dimensions. Tensors are dense in the sizes
 *   given; AOTC_DIMENSION_OUT_OF_RANGE for sizes outside of the ranges.
 * out_dims: of a model whose outputs have extents that depend on data. The
 *   memory of such an output must hold the largest extents (its
 *   aotc_tensor_info); a call fills as much of it as its extents say, densely.
 * The floating-point environment is neither read nor changed. */
typedef struct aotc_call {
  uint32_t struct_bytes;            /* sizeof(aotc_call) */
  uint32_t reserved;                /* 0 */
  const void *const *inputs;
  void *const *outputs;
  const int64_t *dims;              /* sizes of the symbolic dimensions, info.num_dims of them */
  int64_t *out_dims;                /* receives the data-dependent extents, info.num_out_dims of them */
  void *state;                      /* block of a model with state */
  void *arena;
  const void *weights;              /* overrides the embedded weights */
  const aotc_parallel *parallel;    /* null: one thread, the caller's */
  uint64_t seed;                    /* varies random operators between calls */
  aotc_error *error;                /* receives details of a failure */
  void *stream;                     /* accelerator stream */
} aotc_call;

typedef aotc_status (*aotc_entry)(const aotc_call *call);

typedef struct aotc_tensor_info {
  const char *name;        /* as in the model, without ":0" */
  const int64_t *shape;    /* rank extents */
  int32_t rank;
  int32_t dtype;           /* aotc_dtype */
  uint64_t bytes;          /* dense size */
  float scale;             /* quantized tensors: real = scale * (q - zero_point); else 0 */
  int32_t zero_point;
} aotc_tensor_info;

/* A dimension of an output, whose extent a call writes to out_dims. */
typedef struct aotc_out_dim {
  uint32_t output;         /* its number */
  uint32_t axis;
} aotc_out_dim;

/* A symbolic dimension: each call chooses its size. */
typedef struct aotc_dim {
  const char *name;
  int64_t min, max;
} aotc_dim;

/* A dimension of a tensor whose extent is `factor` times a symbolic dimension's size. The
 * tensor's aotc_tensor_info has the extent of the largest size. */
typedef struct aotc_dim_axis {
  uint32_t dim;            /* number of the symbolic dimension */
  uint32_t tensor;         /* number of the input, or of the output after all inputs */
  uint32_t axis;
  uint32_t reserved;       /* 0 */
  int64_t factor;
} aotc_dim_axis;

/* Describes an object to generic callers; `NAME_info` is one. */
typedef struct aotc_model_info {
  uint32_t struct_bytes;      /* sizeof(aotc_model_info) */
  uint32_t abi_version;       /* AOTC_ABI_VERSION of the object */
  const char *name;
  const char *aotc_version;
  const char *target;         /* target triple */
  const char *cpu;            /* CPU and features that the code needs, e.g. "znver3" */
  const aotc_tensor_info *inputs;
  const aotc_tensor_info *outputs;
  uint32_t num_inputs;
  uint32_t num_outputs;
  uint64_t arena_bytes;
  uint64_t arena_align;
  uint64_t weights_bytes;
  uint64_t state_bytes;
  uint8_t weights_hash[32];   /* SHA-256 of the weights blob */
  aotc_entry call;
  void (*state_init)(void *state); /* NAME_state_init, null without state */
  const aotc_out_dim *out_dims;    /* what aotc_call.out_dims receives, in this order; null: nothing */
  uint32_t num_out_dims;
  uint32_t num_dims;
  const aotc_dim *dims;            /* whose sizes aotc_call.dims gives; null: none */
  const aotc_dim_axis *dim_axes;   /* tensors that have them */
  uint32_t num_dim_axes;
  uint32_t reserved;               /* 0 */
} aotc_model_info;

#ifdef __cplusplus
}
#endif
#endif
