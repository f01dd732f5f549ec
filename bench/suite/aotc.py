"""aotc: the compiler run, its costs, and the compiled network behind NAME_call."""
import ctypes
import json
import os
import subprocess
import time

import numpy as np

from suite.native import ROOT, aligned

DTYPES = {"float32": "f32", "int32": "i32", "int64": "i64"}


class Call(ctypes.Structure):
    """aotc_call of aotc/abi.h."""
    _fields_ = [("struct_bytes", ctypes.c_uint32), ("reserved", ctypes.c_uint32),
                ("inputs", ctypes.POINTER(ctypes.c_void_p)), ("outputs", ctypes.POINTER(ctypes.c_void_p)),
                ("dims", ctypes.c_void_p), ("out_dims", ctypes.c_void_p), ("state", ctypes.c_void_p),
                ("arena", ctypes.c_void_p), ("weights", ctypes.c_void_p), ("parallel", ctypes.c_void_p),
                ("seed", ctypes.c_uint64), ("error", ctypes.c_void_p), ("stream", ctypes.c_void_p)]


# Everything in 8 bits, as peers do it, however much networks of random weights amplify that.
QUANTIZE = ("--quantize=int8", "--calibrate", "calibration.npy", "--max-loss", "1e9")
INT8_TOLERANCE = 1e3  # for that reason only shapes and that numbers are finite are checked


def compile_network(network, folder="aotc", options=()):
    """Compiles the network into network.folder/FOLDER and returns the sizes and costs."""
    scratch = network.folder / folder
    scratch.mkdir(exist_ok=True)
    command = [str(ROOT / "build/bin/aotc"), str(network.folder / "model.pb"), "-o", str(scratch / "model.o"),
               "--name", "model", "--report", str(scratch / "report.json")]
    for tensor in network.inputs:
        command += ["--input", f"{tensor.name}={list(tensor.shape)}:{DTYPES[tensor.dtype]}".replace(" ", "")]
    for tensor in network.outputs:
        command += ["--output", tensor.name]
    command += options
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=network.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    problems = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(problems.strip().splitlines()[0] if problems.strip() else f"exit {process.returncode}")
    pool = [f"-Wl,--whole-archive,{ROOT}/build/runtime/libaotc_threads.a,--no-whole-archive", "-pthread"]
    subprocess.run(["cc", "-shared", "-o", str(scratch / "model.so"), str(scratch / "model.o"), *pool, "-lm"],
                   check=True)
    report = json.loads((scratch / "report.json").read_text())
    last = len(report["regions"]) - 1
    return {"seconds": seconds, "peak_bytes": usage.ru_maxrss * 1024, "model_bytes": network.model_bytes,
            "arena_last_bytes": sum(b["bytes"] for b in report["arena"]["buffers"] if b["last_region"] == last),
            "arena_bytes": report["arena"]["bytes"], "arena_lower_bound_bytes": report["arena"]["lower_bound_bytes"],
            "code_bytes": report["code_bytes"], "object_bytes": report["object_bytes"],
            "weights_bytes": report["weights_bytes"], "target_cpu": report["targets"][0]["cpu"]}


class Aotc:
    """The compiled network in this process."""
    FORMS = ["model.pb"]
    FOLDER = "aotc"

    def __init__(self, network, model, threads):
        scratch = network.folder / self.FOLDER
        library = ctypes.CDLL(str(scratch / "model.so"))
        self.inputs = [np.ascontiguousarray(value) for value in network.load(network.inputs)]
        self.results = [aligned(tensor.shape, tensor.dtype) for tensor in network.outputs]
        arena = json.loads((scratch / "report.json").read_text())["arena"]
        self.arena = aligned((max(arena["bytes"], 64),), np.uint8, arena["align"])
        pointers = lambda arrays: (ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays])
        self.call = Call(struct_bytes=ctypes.sizeof(Call), inputs=pointers(self.inputs),
                         outputs=pointers(self.results), arena=self.arena.ctypes.data)
        self.entry = ctypes.cast(library.model_call, ctypes.c_void_p)
        self.argument = ctypes.addressof(self.call)
        if threads > 1:
            library.aotc_threads_create.restype = library.aotc_threads_parallel.restype = ctypes.c_void_p
            pool = ctypes.c_void_p(library.aotc_threads_create(threads))
            self.call.parallel = library.aotc_threads_parallel(pool)

    def outputs(self):
        return self.results


class AotcInt8(Aotc):
    FOLDER = "aotc_int8"
    TOLERANCE = INT8_TOLERANCE
