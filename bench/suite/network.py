"""A network's folder in the cache, in the format of ../shared/models."""
import dataclasses
import json
import pathlib

import numpy as np


@dataclasses.dataclass
class Tensor:
    name: str
    shape: list
    dtype: str
    file: str

    @property
    def port(self):
        return self.name if ":" in self.name else self.name + ":0"

    @property
    def arena_bytes(self):
        """What it takes in an arena."""
        return -(-int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize // 64) * 64


class Network:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.name = self.folder.name
        self.io = json.loads((self.folder / "io.json").read_text())
        self.inputs, self.outputs = ([Tensor(*(t[k] for k in ("name", "shape", "dtype", "file")))
                                      for t in self.io[key]] for key in ("inputs", "outputs"))
        self.work = self.io.get("work", {})
        self.input_bytes, self.output_bytes = (sum(t.arena_bytes for t in tensors)
                                               for tensors in (self.inputs, self.outputs))
        self.model_bytes = (self.folder / "model.pb").stat().st_size

    def load(self, tensors):
        return [np.load(self.folder / tensor.file) for tensor in tensors]

    def models(self, forms):
        """Those of the forms that the network has."""
        return [path for path in (self.folder / form for form in forms) if path.exists()]

    def error(self, outputs):
        """The largest difference from TensorFlow's outputs, relative to their largest magnitude."""
        worst = 0.0
        for value, expected in zip(outputs, self.load(self.outputs), strict=True):
            value, expected = np.asarray(value, np.float64), expected.astype(np.float64)
            known = np.isfinite(expected)
            if value.shape != expected.shape or not np.array_equal(np.isfinite(value), known) or \
                    not np.array_equal(value[~known], expected[~known], equal_nan=True):
                return float("inf")
            if known.any():
                scale = max(float(np.max(np.abs(expected[known]))), 1e-30)
                worst = max(worst, float(np.max(np.abs(value[known] - expected[known]))) / scale)
        return worst
