"""C code of the suite as shared libraries, and the loop that times calls of C functions."""
import ctypes
import pathlib
import subprocess

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = ROOT / "build/bench-cache"
CAPACITY = 1 << 17


def shared_library(source, target, flags=(), compiler="cc"):
    """Builds `source` (files) into the shared library `target` unless that is newer than all of them."""
    sources = [source] if isinstance(source, pathlib.Path) else list(source)
    if not target.exists() or any(s.stat().st_mtime > target.stat().st_mtime for s in sources):
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", *flags, "-o", str(partial), *map(str, sources), "-lm"],
                       check=True)
        partial.rename(target)
    return target


def aligned(shape, dtype, alignment=64):
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + alignment, np.uint8)
    start = -raw.ctypes.data % alignment
    return raw[start:start + size].view(dtype).reshape(shape)


class Timer:
    """Times entry(argument), both C pointers."""

    def __init__(self):
        library = ctypes.CDLL(str(shared_library(HERE / "timer.c", CACHE / "timer.so")))
        self.time_calls = library.time_calls
        self.time_calls.restype = ctypes.c_int64
        self.time_calls.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
        self.durations = np.zeros(CAPACITY, np.int64)

    def burst(self, entry, argument, seconds):
        count = self.time_calls(entry, argument, int(seconds * 1e9), CAPACITY, self.durations.ctypes.data)
        if count <= 0:
            raise RuntimeError(f"status {-count}")
        return self.durations[:count].copy()
