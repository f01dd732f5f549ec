"""XLA's ahead-of-time compiler: python -m suite.xla_aot FOLDER writes FOLDER/model.xla.so.

tfcompile is reached through TensorFlow's Python bindings; its object is linked with the sources of the run-time parts
that the wheel ships. Networks with convolutions are left out: those parts aren't complete for them.
"""
import ctypes
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from suite.native import CACHE

# Results and temporaries belong to the class of the generated header.
WRAPPER = r"""
#include "network.h"
using Compiled = aotc_bench::Network;
extern "C" void *network_create() {
  return new Compiled(Compiled::AllocMode::ARGS_VARIABLES_RESULTS_PROFILES_AND_TEMPS);
}
extern "C" int32_t network_call(void *n) { return static_cast<Compiled *>(n)->Run() ? 0 : 1; }
extern "C" void *network_input(void *n, int32_t i) { return static_cast<Compiled *>(n)->arg_data(i); }
extern "C" void *network_output(void *n, int32_t i) { return static_cast<Compiled *>(n)->result_data(i); }
"""
RUNTIME = ["xla/cpu_function_runtime.cc", "xla/executable_run_options.cc", "xla/service/custom_call_status.cc",
           "tensorflow/compiler/tf2xla/xla_compiled_cpu_function.cc",
           "xla/service/cpu/runtime_single_threaded_matmul_f32.cc"]


class XlaAot:
    FORMS = ["model.xla.so"]
    PACKAGE = "tensorflow-cpu"

    def __init__(self, network, model, threads):
        self.library = ctypes.CDLL(str(model))
        for name in ("create", "input", "output"):
            getattr(self.library, "network_" + name).restype = ctypes.c_void_p
        self.argument = ctypes.c_void_p(self.library.network_create())
        self.entry = ctypes.cast(self.library.network_call, ctypes.c_void_p)
        for i, value in enumerate(network.load(network.inputs)):
            ctypes.memmove(self.library.network_input(self.argument, i), value.ctypes.data, value.nbytes)
        self.shapes = network.outputs

    def outputs(self):
        results = []
        for i, tensor in enumerate(self.shapes):
            result = np.empty(tensor.shape, tensor.dtype)
            ctypes.memmove(result.ctypes.data, self.library.network_output(self.argument, i), result.nbytes)
            results.append(result)
        return results


def compiler(include):
    return ["c++", "-O3", "-march=native", "-std=c++17", "-D_GLIBCXX_USE_CXX11_ABI=1", "-w", "-fPIC", f"-I{include}"]


def runtime(package):
    """The run-time parts, compiled once."""
    archive = CACHE / "xla_runtime.o"
    if not archive.exists():
        with tempfile.TemporaryDirectory() as scratch:
            objects = []
            for source in RUNTIME:
                objects.append(f"{scratch}/{len(objects)}.o")
                subprocess.run([*compiler(package / "include"), "-c", str(package / "xla_aot_runtime_src" / source),
                                "-o", objects[-1]], check=True)
            subprocess.run(["ld", "-r", "-o", str(archive.with_suffix(".partial")), *objects], check=True)
        archive.with_suffix(".partial").rename(archive)
    return archive


def config(network):
    """tfcompile's description of inputs and outputs, protobuf text."""
    node = lambda tensor: tensor.name.split(":")[0]
    shape = lambda tensor: " ".join(f"dim {{ size: {d} }}" for d in tensor.shape)
    lines = [f'feed {{ id {{ node_name: "{node(t)}" }} shape {{ {shape(t)} }} name: "in{i}" }}'
             for i, t in enumerate(network.inputs)]
    return "\n".join(lines + [f'fetch {{ id {{ node_name: "{node(t)}" }} name: "out{i}" }}'
                              for i, t in enumerate(network.outputs)])


def build(network):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    import tensorflow
    from tensorflow.python import _pywrap_tfcompile
    package = pathlib.Path(tensorflow.__file__).parent
    # LLVM's name of this CPU, as aotc found it; Debian's older cc may not know it.
    cpu = json.loads((network.folder / "aotc/report.json").read_text())["targets"][0]["cpu"]
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        (scratch / "config.pbtxt").write_text(config(network))
        (scratch / "wrapper.cc").write_text(WRAPPER)
        objects = [str(scratch / "network.o"), str(scratch / "metadata.o")]
        _pywrap_tfcompile.Compile(
            graph=str(network.folder / "model.pb"), config=str(scratch / "config.pbtxt"),
            cpp_class="aotc_bench::Network", target_triple="x86_64-pc-linux-gnu", target_cpu=cpu,
            entry_point="aotc_bench_network", out_function_object=objects[0], out_metadata_object=objects[1],
            out_header=str(scratch / "network.h"))
        subprocess.run([*compiler(package / "include"), f"-I{scratch}", "-shared", "-Wl,-z,defs", "-o",
                        str(network.folder / "partial.so"), str(scratch / "wrapper.cc"), *objects,
                        str(runtime(package))], check=True)
    (network.folder / "partial.so").rename(network.folder / "model.xla.so")


if __name__ == "__main__":
    from suite.network import Network
    build(Network(sys.argv[1]))
