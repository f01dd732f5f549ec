"""Runs single operations in TensorFlow and writes them down as cases (Cases.h)."""
import io
import os
import struct

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

V1 = tf.compat.v1

# Of the largest reference magnitude.
RTOL = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 1e-5, np.dtype(np.float16): 2e-3,
        np.dtype(tf.bfloat16.as_numpy_dtype): 1.6e-2}


class In:
    """An operand that is fed at run time; other arrays become constants."""

    def __init__(self, value):
        self.value = np.asarray(value)


def npy(array):
    """The bytes of an .npy file; bfloat16 as '<V2', quantized types as the integers that they are."""
    array = np.array(array, order="C") # ascontiguousarray would make a scalar a vector
    if array.dtype.names:
        array = array.view(array.dtype[0])
    if array.dtype == tf.bfloat16.as_numpy_dtype:
        array = array.view(np.dtype("V2"))
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def session_config():
    config = V1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    config.graph_options.optimizer_options.opt_level = -1
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return config


class Recorder:
    """Collects the cases of one family."""

    def __init__(self, family, seed):
        self.family = family
        self.rtol = None # of cases that give none; None: by type
        self.rng = np.random.RandomState([seed] + [ord(c) for c in family])
        self.cases = []

    # Arrays of odd contents.
    def f(self, *shape, lo=-2.0, hi=2.0, dtype=np.float32):
        return np.asarray(self.rng.uniform(lo, hi, shape)).astype(dtype)

    def i(self, *shape, lo=-9, hi=10, dtype=np.int32):
        return np.asarray(self.rng.randint(lo, hi, shape)).astype(dtype)

    def b(self, *shape):
        return np.asarray(self.rng.randint(0, 2, shape)).astype(bool)

    def op(self, op, note="", outputs=None, rtol=None, **arguments):
        """One raw operation; `outputs` picks some of its results by number."""
        self.graph(op, note, lambda *fed: getattr(tf.raw_ops, op)(**self.bind(arguments, fed)),
                   self.inputs_of(arguments), outputs, rtol)

    @staticmethod
    def inputs_of(arguments):
        fed = []
        for value in arguments.values():
            fed += [v for v in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(v, In)]
        return fed

    @staticmethod
    def bind(arguments, fed):
        fed = list(fed)

        def one(value):
            if isinstance(value, (list, tuple)):
                return type(value)(one(v) for v in value)
            return fed.pop(0) if isinstance(value, In) else value

        return {key: one(value) for key, value in arguments.items()}

    def graph(self, op, note, build, inputs, outputs=None, rtol=None, reference=None):
        """Any small graph: build(*placeholders) yields a tensor or several.

        Where TensorFlow's CPU cannot run it, `reference` builds an equal one that it can.
        """
        name = f"{self.family}/{op}#{len(self.cases)}" + (f" {note}" if note else "")
        graph, fed, results = self.build(build, inputs, outputs)
        runnable = self.build(reference, inputs, None) if reference else (graph, fed, results)
        try:
            with V1.Session(graph=runnable[0], config=session_config()) as session:
                values = session.run(runnable[2], {t: i.value for t, i in zip(runnable[1], inputs)})
        except Exception as error:
            raise RuntimeError(f"{name}: TensorFlow refuses it") from error
        rtol = self.rtol if rtol is None else rtol
        if rtol is None:
            rtol = max([RTOL.get(np.asarray(v).dtype, 0) for v in values] +
                       [RTOL.get(i.value.dtype, 0) for i in inputs] + [0])
        definition = graph.as_graph_def(add_shapes=False)
        self.cases.append((name, definition.SerializeToString(deterministic=True), repr(float(rtol)),
                           [(t.op.name, i.value) for t, i in zip(fed, inputs)],
                           [(t.name, np.asarray(v)) for t, v in zip(results, values)]))

    @staticmethod
    def build(build, inputs, outputs):
        graph = tf.Graph()
        with graph.as_default():
            fed = [V1.placeholder(i.value.dtype, i.value.shape, name=f"in{k}") for k, i in enumerate(inputs)]
            results = build(*fed)
            results = list(results) if isinstance(results, (list, tuple)) else [results]
            return graph, fed, [r for k, r in enumerate(results) if outputs is None or k in outputs]

    def write(self, folder):
        def text(value):
            value = value.encode() if isinstance(value, str) else value
            return struct.pack("<I", len(value)) + value

        def tensors(pairs):
            return struct.pack("<I", len(pairs)) + b"".join(text(n) + text(npy(v)) for n, v in pairs)

        with open(os.path.join(folder, self.family + ".cases"), "wb") as out:
            out.write(text("aotc tf cases 1"))
            for name, graph, rtol, inputs, outputs in self.cases:
                out.write(text(name) + text(graph) + text(rtol) + tensors(inputs) + tensors(outputs))
        return len(self.cases)
