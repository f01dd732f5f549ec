"""Every runner by name, in the order of the tables."""
from suite.aotc import Aotc
from suite.machine import FmaPeak, ReadWeights
from suite.peers import LiteRt, OnnxRuntime, OpenVino, XlaJit
from suite.xla_aot import XlaAot

PEERS = {"onnxruntime": OnnxRuntime, "openvino": OpenVino, "litert": LiteRt, "xla_jit": XlaJit, "xla_aot": XlaAot}
LIMITS = {"fma_peak": FmaPeak, "read_weights": ReadWeights}
RUNNERS = {"aotc": Aotc} | PEERS | LIMITS
