/* Pins the binary interface between emitted objects and their callers. A
 * failing line here means that old objects and new headers no longer fit:
 * append fields instead. Compiled as C11 and as C++11. */
#include "aotc/abi.h"

#ifdef __cplusplus
#define PIN(condition) static_assert(condition, #condition)
#else
#define PIN(condition) _Static_assert(condition, #condition)
#endif

PIN(sizeof(void *) == 8);
PIN(AOTC_ABI_VERSION == 1);

PIN(sizeof(aotc_status) == 4);
PIN(AOTC_OK == 0);
PIN(AOTC_INVALID_ARGUMENT == 1);
PIN(AOTC_INDEX_OUT_OF_RANGE == 2);
PIN(AOTC_DIVISION_BY_ZERO == 3);
PIN(AOTC_UNSUPPORTED_CPU == 4);
PIN(AOTC_DIMENSION_OUT_OF_RANGE == 5);
PIN(AOTC_LOOP_LIMIT == 6);

PIN(AOTC_F64 == 0);
PIN(AOTC_F32 == 1);
PIN(AOTC_F16 == 2);
PIN(AOTC_BF16 == 3);
PIN(AOTC_BOOL == 4);
PIN(AOTC_I8 == 5);
PIN(AOTC_I16 == 6);
PIN(AOTC_I32 == 7);
PIN(AOTC_I64 == 8);
PIN(AOTC_U8 == 9);
PIN(AOTC_U16 == 10);
PIN(AOTC_U32 == 11);
PIN(AOTC_U64 == 12);

PIN(sizeof(aotc_error) == 16);
PIN(offsetof(aotc_error, code) == 0);
PIN(offsetof(aotc_error, region) == 4);
PIN(offsetof(aotc_error, detail) == 8);

PIN(sizeof(aotc_parallel) == 24);
PIN(offsetof(aotc_parallel, struct_bytes) == 0);
PIN(offsetof(aotc_parallel, threads) == 4);
PIN(offsetof(aotc_parallel, pool) == 8);
PIN(offsetof(aotc_parallel, run) == 16);

PIN(sizeof(aotc_call) == 96);
PIN(offsetof(aotc_call, struct_bytes) == 0);
PIN(offsetof(aotc_call, reserved) == 4);
PIN(offsetof(aotc_call, inputs) == 8);
PIN(offsetof(aotc_call, outputs) == 16);
PIN(offsetof(aotc_call, dims) == 24);
PIN(offsetof(aotc_call, out_dims) == 32);
PIN(offsetof(aotc_call, state) == 40);
PIN(offsetof(aotc_call, arena) == 48);
PIN(offsetof(aotc_call, weights) == 56);
PIN(offsetof(aotc_call, parallel) == 64);
PIN(offsetof(aotc_call, seed) == 72);
PIN(offsetof(aotc_call, error) == 80);
PIN(offsetof(aotc_call, stream) == 88);

PIN(sizeof(aotc_tensor_info) == 40);
PIN(offsetof(aotc_tensor_info, name) == 0);
PIN(offsetof(aotc_tensor_info, shape) == 8);
PIN(offsetof(aotc_tensor_info, rank) == 16);
PIN(offsetof(aotc_tensor_info, dtype) == 20);
PIN(offsetof(aotc_tensor_info, bytes) == 24);
PIN(offsetof(aotc_tensor_info, scale) == 32);
PIN(offsetof(aotc_tensor_info, zero_point) == 36);

PIN(sizeof(aotc_out_dim) == 8);
PIN(offsetof(aotc_out_dim, output) == 0);
PIN(offsetof(aotc_out_dim, axis) == 4);

PIN(sizeof(aotc_dim) == 24);
PIN(offsetof(aotc_dim, name) == 0);
PIN(offsetof(aotc_dim, min) == 8);
PIN(offsetof(aotc_dim, max) == 16);

PIN(sizeof(aotc_dim_axis) == 24);
PIN(offsetof(aotc_dim_axis, dim) == 0);
PIN(offsetof(aotc_dim_axis, tensor) == 4);
PIN(offsetof(aotc_dim_axis, axis) == 8);
PIN(offsetof(aotc_dim_axis, factor) == 16);

PIN(sizeof(aotc_model_info) == 184);
PIN(offsetof(aotc_model_info, struct_bytes) == 0);
PIN(offsetof(aotc_model_info, abi_version) == 4);
PIN(offsetof(aotc_model_info, name) == 8);
PIN(offsetof(aotc_model_info, aotc_version) == 16);
PIN(offsetof(aotc_model_info, target) == 24);
PIN(offsetof(aotc_model_info, cpu) == 32);
PIN(offsetof(aotc_model_info, inputs) == 40);
PIN(offsetof(aotc_model_info, outputs) == 48);
PIN(offsetof(aotc_model_info, num_inputs) == 56);
PIN(offsetof(aotc_model_info, num_outputs) == 60);
PIN(offsetof(aotc_model_info, arena_bytes) == 64);
PIN(offsetof(aotc_model_info, arena_align) == 72);
PIN(offsetof(aotc_model_info, weights_bytes) == 80);
PIN(offsetof(aotc_model_info, state_bytes) == 88);
PIN(offsetof(aotc_model_info, weights_hash) == 96);
PIN(offsetof(aotc_model_info, call) == 128);
PIN(offsetof(aotc_model_info, state_init) == 136);
PIN(offsetof(aotc_model_info, out_dims) == 144);
PIN(offsetof(aotc_model_info, num_out_dims) == 152);
PIN(offsetof(aotc_model_info, num_dims) == 156);
PIN(offsetof(aotc_model_info, dims) == 160);
PIN(offsetof(aotc_model_info, dim_axes) == 168);
PIN(offsetof(aotc_model_info, num_dim_axes) == 176);
PIN(offsetof(aotc_model_info, reserved) == 180);

int main(void) { return 0; }
