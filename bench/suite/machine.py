"""The machine's limits: FMA on registers, and reading memory.

As runners they are measured beside the networks, in the same run; python -m suite.machine CPU prints a description and
the rates of one CPU as JSON.
"""
import ctypes
import json
import os
import platform
import sys

import numpy as np

from suite.native import CACHE, HERE, Timer, aligned, shared_library

STREAMS = (1, 2, 4, 8)


class ReadJob(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("vectors", ctypes.c_int64), ("streams", ctypes.c_int64)]


def limits():
    flags = ["-march=native", "-ffp-contract=fast"]
    return ctypes.CDLL(str(shared_library(HERE / "machine.c", CACHE / "machine.so", flags)))


def fma_flops():
    library = limits()
    library.fma_flops.restype = ctypes.c_int64
    return library.fma_flops()


class FmaPeak:
    """A loop of independent FMAs of the widest vectors."""
    FORMS = []

    def __init__(self, network, model, threads):
        self.entry, self.argument = ctypes.cast(limits().fma_block, ctypes.c_void_p), None


class Read:
    """Reads `size` bytes again and again."""

    def __init__(self, size, streams):
        library = limits()
        step = library.vector_bits() // 8 * 8 * streams
        self.buffer = aligned((-(-size // step) * step,), np.uint8)
        self.buffer[:] = 1
        self.job = ReadJob(self.buffer.ctypes.data, self.buffer.size // (library.vector_bits() // 8), streams)
        self.entry, self.argument = ctypes.cast(library.read_block, ctypes.c_void_p), ctypes.addressof(self.job)


class ReadWeights:
    """Reads as many bytes as the network has weights, in the number of streams that is fastest here."""
    FORMS = []

    def __init__(self, network, model, threads):
        timer = Timer()
        runs = [Read(network.work["weight_bytes"], streams) for streams in STREAMS]
        for run in runs:
            run.best = min(timer.burst(run.entry, run.argument, 0.1))
        best = min(runs, key=lambda run: run.best)
        self.buffer, self.job, self.entry, self.argument = best.buffer, best.job, best.entry, best.argument


def cache_bytes():
    """Data caches of one CPU by level, from sysfs."""
    levels, root = {}, "/sys/devices/system/cpu/cpu0/cache"
    for index in os.listdir(root) if os.path.isdir(root) else []:
        read = lambda name: open(f"{root}/{index}/{name}").read().strip()
        if index.startswith("index") and read("type") != "Instruction":
            levels["L" + read("level")] = int(read("size").rstrip("K")) * 1024
    return dict(sorted(levels.items()))


def read_bandwidths(seconds=0.15):
    """GB/s of one core by level and number of streams."""
    caches, timer, table = cache_bytes(), Timer(), {}
    sizes = {level: size // 2 for level, size in caches.items()}
    if "L3" in sizes:  # shared with others: stay well inside
        sizes["L3"] = max(min(sizes["L3"], 8 << 20), 2 * caches.get("L2", 0))
    sizes["DRAM"] = 4 * max(caches.values(), default=32 << 20)
    for level, size in sizes.items():
        runs = {streams: Read(size, streams) for streams in STREAMS}
        table[level] = {"bytes": size, "gb_per_s": {
            streams: run.buffer.size / float(min(timer.burst(run.entry, run.argument, seconds)))
            for streams, run in runs.items()}}
    return table


def description():
    """CPU model and the features that matter here."""
    model, flags = platform.processor() or platform.machine(), set()
    if os.path.exists("/proc/cpuinfo"):
        for line in open("/proc/cpuinfo"):
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                model = value.strip()
            if key.strip() == "cpu family":
                family = value.strip()
            if key.strip() == "model":
                number = value.strip()
            if key.strip() == "flags":
                flags = set(value.split())
                model += f" (family {family} model {number})"
                break
    wanted = ("avx2", "fma", "avx512f", "avx512vl", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile")
    return {"cpu": model, "flags": [f for f in wanted if f in flags], "cpus": os.cpu_count(),
            "caches": cache_bytes(), "vector_bits": limits().vector_bits()}


def main():
    os.sched_setaffinity(0, {int(sys.argv[1])})
    loop = FmaPeak(None, None, 1)
    gflops = fma_flops() / float(min(Timer().burst(loop.entry, loop.argument, 0.3)))
    print(json.dumps(description() | {"fma_flops": fma_flops(), "fma_gflops": gflops, "read": read_bandwidths()}))


if __name__ == "__main__":
    main()
