"""Every runner by name, in the order of the tables."""
from suite.aotc import Aotc, AotcInt8
from suite.machine import FmaPeak, ReadWeights
from suite.peers import LiteRt, LiteRtInt8, OnnxRuntime, OnnxRuntimeInt8, OpenVino, OpenVinoInt8, XlaJit
from suite.xla_aot import XlaAot

PEERS = {"onnxruntime": OnnxRuntime, "openvino": OpenVino, "litert": LiteRt, "xla_jit": XlaJit, "xla_aot": XlaAot}
LIMITS = {"fma_peak": FmaPeak, "read_weights": ReadWeights}
INT8_PEERS = {"onnxruntime_int8": OnnxRuntimeInt8, "openvino_int8": OpenVinoInt8, "litert_int8": LiteRtInt8}
RUNNERS = {"aotc": Aotc, "aotc_int8": AotcInt8} | PEERS | INT8_PEERS | LIMITS
