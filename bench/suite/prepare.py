"""Makes one network in every peer's form: python -m suite.prepare NAME FOLDER [SOURCE]

Without SOURCE, a folder in the format of ../shared/models, the network is built from suite.zoo. FOLDER receives
model.pb, io.json with its .npy files, model.onnx and model.tflite, and alternative.* where the zoo has another form;
a form that a converter refuses is left out, with the reason in FORM.failed.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import onnx
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

OPSET = 18


def frozen(function, specs):
    graph = tf.function(function, input_signature=specs).get_concrete_function()
    return convert_variables_to_constants_v2(graph)


def make(name, folder):
    """Builds the network and its reference outputs."""
    import keras
    from suite.lstm_onnx import fused
    from suite.zoo import ALTERNATIVES, ZOO, lstm_model
    keras.utils.set_random_seed(1)
    graph = frozen(*ZOO[name]())
    (folder / "model.pb").write_bytes(graph.graph.as_graph_def().SerializeToString())
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal(t.shape).astype(np.float32) if t.dtype.is_floating
              else rng.integers(0, 1000, t.shape).astype(t.dtype.as_numpy_dtype) for t in graph.inputs]
    outputs = [value.numpy() for value in graph(*map(tf.constant, inputs))]
    io = {"source": f"{name} with seeded weights; random input, reference output computed with TensorFlow "
                    f"{tf.__version__}"}
    for key, prefix, tensors, values in (("inputs", "in", graph.inputs, inputs),
                                         ("outputs", "out", graph.outputs, outputs)):
        io[key] = [{"name": t.name, "shape": list(v.shape), "dtype": str(v.dtype), "file": f"{prefix}{i}.npy"}
                   for i, (t, v) in enumerate(zip(tensors, values))]
        for entry, value in zip(io[key], values):
            np.save(folder / entry["file"], value)
    (folder / "io.json").write_text(json.dumps(io, indent=1))
    if name in ALTERNATIVES:
        graph = frozen(*ALTERNATIVES[name]())
        (folder / "alternative.pb").write_bytes(graph.graph.as_graph_def().SerializeToString())
    if name == "lstm":
        names = (io[key][0]["name"] for key in ("inputs", "outputs"))
        onnx.save(fused(lstm_model(unroll=False), *names), folder / "alternative.onnx")


def copy(source, folder):
    for file in ["model.pb", "io.json", *(f.name for f in source.glob("*.npy"))]:
        shutil.copyfile(source / file, folder / file)


def port(name):
    return name if ":" in name else name + ":0"


def to_onnx(graph, target, io):
    subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--graphdef", str(graph), "--opset", str(OPSET),
                    "--inputs", ",".join(f"{port(t['name'])}{t['shape']}".replace(" ", "") for t in io["inputs"]),
                    "--outputs", ",".join(port(t["name"]) for t in io["outputs"]), "--output", str(target)],
                   check=True, capture_output=True, text=True)
    spell_out_log1p(target)


def spell_out_log1p(path):
    """tf2onnx leaves TensorFlow's Log1p, which ONNX lacks: log(1 + x)."""
    model = onnx.load(path)
    if not any(node.op_type == "Log1p" for node in model.graph.node):
        return
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


def imported(graph, io):
    """The frozen graph as a concrete function of static shapes."""
    definition = tf.compat.v1.GraphDef.FromString(graph.read_bytes())
    names = [port(t["name"]) for t in io["inputs"]]

    def body(*values):
        return tf.import_graph_def(definition, dict(zip(names, values)), [port(t["name"]) for t in io["outputs"]])

    specs = [tf.TensorSpec(t["shape"], t["dtype"]) for t in io["inputs"]]
    return tf.compat.v1.wrap_function(body, specs)


def to_tflite(graph, target, io):
    converter = tf.lite.TFLiteConverter.from_concrete_functions([imported(graph, io)])
    target.write_bytes(converter.convert())


def convert(folder, io):
    for graph in sorted(folder.glob("*.pb")):
        for suffix, converter in ((".onnx", to_onnx), (".tflite", to_tflite)):
            target = graph.with_suffix(suffix)
            if target.exists():
                continue
            try:
                converter(graph, target, io)
            except Exception as problem:
                target.unlink(missing_ok=True)
                reason = getattr(problem, "stderr", None) or str(problem)
                (folder / f"{target.name}.failed").write_text(reason[-2000:])


def work(path):
    """FLOPs of contractions and convolutions and the bytes of the weights they read, counted on the ONNX form."""
    counts, weights = {"flops": 0, "convolution_flops": 0}, {}
    if not path.exists():
        return counts | {"weight_bytes": 0}  # unknown
    graph = onnx.shape_inference.infer_shapes(onnx.load(path)).graph
    constants = {t.name: list(t.dims) for t in graph.initializer}
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim]
              for v in [*graph.input, *graph.value_info, *graph.output]} | constants
    for node in graph.node:
        if node.op_type not in ("MatMul", "Gemm", "Conv"):
            continue
        options = {a.name: a.i for a in node.attribute}
        left, right = shapes.get(node.input[0], []), shapes.get(node.input[1], [])
        if node.op_type == "Conv":
            depth = int(np.prod(right[1:]))
        else:
            depth = left[-2] if options.get("transA") else left[-1]
        flops = 2 * int(np.prod(shapes[node.output[0]])) * depth
        counts["flops"] += flops
        counts["convolution_flops"] += flops * (node.op_type == "Conv")
        if node.input[1] in constants:
            weights[node.input[1]] = 4 * int(np.prod(right))
    return counts | {"weight_bytes": sum(weights.values())}


def main():
    name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    if len(sys.argv) > 3:
        copy(pathlib.Path(sys.argv[3]), partial)
    else:
        make(name, partial)
    io = json.loads((partial / "io.json").read_text())
    convert(partial, io)
    io["work"] = work(partial / "model.onnx")
    (partial / "io.json").write_text(json.dumps(io, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


if __name__ == "__main__":
    main()
