#!/usr/bin/env python3
"""Times objects compiled by aotc beside ONNX Runtime, interleaved in one run.

usage: build/bench-venv/bin/python bench/compare.py [--models DIR] [--seconds S] [--json FILE] [NAME...]

For every network folder in DIR (default ../shared/models) that has model.pb:
compiles it, links the object into a shared library, loads it beside ONNX
Runtime (model.onnx, or model.pb converted by tf2onnx), checks that the outputs
agree to 1e-3, then times both in alternating bursts on one thread pinned to
one core. Prints minimum and median of both and the ratio of the minima.
"""
import argparse
import ctypes
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONTROL_FLOW = {"lstm", "ntm_while", "crnn_ctc"}


class Call(ctypes.Structure):
    """aotc_call of aotc/abi.h."""
    _fields_ = [("struct_bytes", ctypes.c_uint32), ("reserved", ctypes.c_uint32),
                ("inputs", ctypes.POINTER(ctypes.c_void_p)), ("outputs", ctypes.POINTER(ctypes.c_void_p)),
                ("dims", ctypes.c_void_p), ("out_dims", ctypes.c_void_p), ("state", ctypes.c_void_p),
                ("arena", ctypes.c_void_p), ("weights", ctypes.c_void_p), ("parallel", ctypes.c_void_p),
                ("seed", ctypes.c_uint64), ("error", ctypes.c_void_p), ("stream", ctypes.c_void_p)]


def aligned(shape, dtype, alignment=64):
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + alignment, np.uint8)
    start = -raw.ctypes.data % alignment
    return raw[start:start + size].view(dtype).reshape(shape)


class Aotc:
    """A compiled network in this process."""

    def __init__(self, model, inputs, outputs, scratch):
        obj, header = scratch / "model.o", scratch / "model.h"
        command = [str(ROOT / "build/bin/aotc"), str(model), "-o", str(obj), "--name", "model",
                   "--report", str(scratch / "report.json")]
        for name, value in inputs:
            kind = {"float32": "f32", "int32": "i32", "int64": "i64"}[str(value.dtype)]
            command += ["--input", f"{name}=[{','.join(map(str, value.shape))}]:{kind}"]
        for name, _ in outputs:
            command += ["--output", name]
        start = time.perf_counter()
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        subprocess.run(command, check=True)
        self.compile_seconds = time.perf_counter() - start
        self.compile_mib = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
        subprocess.run(["cc", "-shared", "-o", str(scratch / "model.so"), str(obj), "-lm"], check=True)
        text = header.read_text()
        arena = int(text.split("MODEL_ARENA_BYTES", 1)[1].split()[0].rstrip("uUlL"))
        self.arena_bytes = arena
        self.entry = ctypes.CDLL(str(scratch / "model.so")).model_call
        self.arena = aligned((max(arena, 64),), np.uint8)
        self.inputs = [np.ascontiguousarray(value) for _, value in inputs]
        self.outputs = [aligned(value.shape, value.dtype) for _, value in outputs]
        self.call = Call(struct_bytes=ctypes.sizeof(Call), arena=self.arena.ctypes.data)
        self.in_pointers = (ctypes.c_void_p * len(self.inputs))(*[a.ctypes.data for a in self.inputs])
        self.out_pointers = (ctypes.c_void_p * len(self.outputs))(*[a.ctypes.data for a in self.outputs])
        self.call.inputs, self.call.outputs = self.in_pointers, self.out_pointers
        self.reference = ctypes.byref(self.call)

    def run(self):
        status = self.entry(self.reference)
        assert status == 0, f"status {status}"


class Ort:
    """The same network in ONNX Runtime, all optimisations, one thread."""

    def __init__(self, model, inputs, outputs):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        for slot, (_, value) in zip(self.session.get_inputs(), inputs):
            self.binding.bind_cpu_input(slot.name, np.ascontiguousarray(value))
        for slot in self.session.get_outputs():
            self.binding.bind_output(slot.name)

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def results(self):
        return self.binding.copy_outputs_to_cpu()


def burst(runner, seconds):
    times, end = [], time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        runner.run()
        now = time.perf_counter()
        times.append((now - start) * 1e3)
        if now > end:
            return times


def to_onnx(folder, io, cache):
    if (folder / "model.onnx").exists():
        return folder / "model.onnx"
    path = cache / f"{folder.name}.onnx"
    if not path.exists():
        port = lambda name: name if ":" in name else name + ":0"
        subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--graphdef", str(folder / "model.pb"),
                        "--inputs", ",".join(f"{port(t['name'])}{t['shape']}".replace(" ", "") for t in io["inputs"]),
                        "--outputs", ",".join(port(t["name"]) for t in io["outputs"]), "--output", str(path)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        spell_out_log1p(path)
    return path


def spell_out_log1p(path):
    """tf2onnx leaves TensorFlow's Log1p, which ONNX lacks: log(1 + x)."""
    model = onnx.load(path)
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Log1p":
            one, total = node.output[0] + "/one", node.output[0] + "/sum"
            model.graph.initializer.append(onnx.numpy_helper.from_array(np.float32([1]).reshape(()), one))
            nodes.append(onnx.helper.make_node("Add", [node.input[0], one], [total]))
            nodes.append(onnx.helper.make_node("Log", [total], list(node.output)))
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)


def measure(folder, seconds, cache):
    io = json.loads((folder / "io.json").read_text())
    load = lambda key: [(t["name"], np.load(folder / t["file"])) for t in io[key]]
    inputs, outputs = load("inputs"), load("outputs")
    with tempfile.TemporaryDirectory() as scratch:
        ours = Aotc(folder / "model.pb", inputs, outputs, pathlib.Path(scratch))
        ort = Ort(to_onnx(folder, io, cache), inputs, outputs)
        ours.run(), ort.run()
        error = max(float(np.max(np.abs(a - b))) / max(float(np.max(np.abs(b))), 1e-30)
                    for a, b in zip(ours.outputs, ort.results()))
        samples = {"aotc": [], "onnxruntime": []}
        rounds = 10
        for _ in range(rounds):
            samples["aotc"] += burst(ours, seconds / rounds / 2)
            samples["onnxruntime"] += burst(ort, seconds / rounds / 2)
    row = {"network": folder.name, "error": error, "compile_s": ours.compile_seconds,
           "compile_peak_mib": ours.compile_mib, "arena_bytes": ours.arena_bytes}
    for name, times in samples.items():
        row[name] = {"min_ms": min(times), "median_ms": statistics.median(times), "runs": len(times)}
    row["ratio"] = row["aotc"]["min_ms"] / row["onnxruntime"]["min_ms"]
    return row


def cpu_model():
    for line in open("/proc/cpuinfo"):
        if line.startswith(("model name", "flags")):
            if line.startswith("flags"):
                return "avx512" if "avx512f" in line else "avx2" if " avx2" in line else "sse"
    return platform.machine()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--models", default=os.environ.get("AOTC_MODELS", str(ROOT.parent / "shared/models")))
    parser.add_argument("--seconds", type=float, default=4.0, help="for each network")
    parser.add_argument("--json")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    cache = ROOT / "build/bench-cache"
    cache.mkdir(parents=True, exist_ok=True)
    folders = sorted(p.parent for p in pathlib.Path(options.models).glob("*/model.pb"))
    folders = [f for f in folders if f.name not in CONTROL_FLOW and (not options.names or f.name in options.names)]
    print(f"{cpu_model()}, 1 thread, onnxruntime {onnxruntime.__version__}, load {os.getloadavg()[0]:.2f}")
    print(f"{'network':18} {'aotc min':>10} {'median':>9} {'ORT min':>10} {'median':>9} {'ratio':>6} {'error':>8} {'compile':>8}")
    rows = []
    for folder in folders:
        try:
            row = measure(folder, options.seconds, cache)
        except Exception as problem:  # a peer's refusal must not end the run
            print(f"{folder.name:18} failed: {str(problem)[:160]}")
            continue
        rows.append(row)
        print(f"{row['network']:18} {row['aotc']['min_ms']:10.4f} {row['aotc']['median_ms']:9.4f} "
              f"{row['onnxruntime']['min_ms']:10.4f} {row['onnxruntime']['median_ms']:9.4f} "
              f"{row['ratio']:6.2f} {row['error']:8.1e} {row['compile_s']:7.1f}s"
              + ("  (outputs differ: not counted)" if row["error"] > 1e-3 else ""), flush=True)
    counted = [r["ratio"] for r in rows if r["error"] <= 1e-3]
    if counted:
        print(f"geometric mean of ratios {statistics.geometric_mean(counted):.3f}, worst {max(counted):.2f}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"cpu": cpu_model(), "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
