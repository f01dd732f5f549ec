"""Writes ONNX's own backend tests as folders of files; fetch.py runs it.

  generate.py FOLDER

The package makes most of its cases when asked to and brings the others as files; here all become
FOLDER/KIND/NAME/model.onnx and, for each set of values, SET/{input,output}_N.npy, with inputs.txt, the names of the
inputs one a line. FOLDER/cases.txt has a line a counted case: KIND/NAME, relative and absolute tolerance. Not
counted: strings, sequences, optionals and maps at the interface, ImageDecoder, training, random results. Numbers of
narrow types (float8e4m3fn, int4...) are stored one a byte, as in the interface of a compiled model.
"""
import os
import sys
import warnings

import numpy
import onnx
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.model import collect_testcases
from onnx.backend.test.loader import load_model_tests

RANDOM = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
NOT_NUMBERS = {TensorProto.UNDEFINED, TensorProto.STRING, TensorProto.COMPLEX64, TensorProto.COMPLEX128}


def nodes(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for body in [attribute.g, *attribute.graphs]:
                yield from nodes(body)


def drops_at_random(node, model, inputs):
    """Dropout in training mode draws its mask from the generator of the machine that made the case."""
    if node.op_type != "Dropout" or len(node.input) < 3 or not node.input[2]:
        return False
    values = {value.name: array for value, array in zip(model.graph.input, inputs)}
    constants = {output: numpy_helper.to_array(n.attribute[0].t) for n in model.graph.node
                 if n.op_type == "Constant" for output in n.output}
    values = {name: numpy_helper.to_array(a) if isinstance(a, TensorProto) else a for name, a in values.items()}
    values |= constants
    ratio = values.get(node.input[1], 0.5) if node.input[1] else 0.5
    return bool(numpy.any(values.get(node.input[2], False))) and bool(numpy.any(numpy.asarray(ratio) != 0))


def counted(model, inputs):
    for value in [*model.graph.input, *model.graph.output]:
        if value.type.WhichOneof("value") != "tensor_type" or value.type.tensor_type.elem_type in NOT_NUMBERS:
            return False
    for node in nodes(model.graph):
        if node.op_type in RANDOM or node.op_type == "ImageDecoder" or node.domain.startswith("ai.onnx.preview.training"):
            return False
        if drops_at_random(node, model, inputs):
            return False
    return True


def stored(value):
    array = numpy_helper.to_array(value) if isinstance(value, TensorProto) else numpy.asarray(value)
    name = array.dtype.name
    if name.startswith(("int4", "int2")):
        return array.astype(numpy.int8)
    if name.startswith(("uint4", "uint2")):
        return array.astype(numpy.uint8)
    return array.view(numpy.uint8) if name.startswith("float") and array.dtype.itemsize == 1 else array


class Writer:
    def __init__(self, folder):
        self.folder, self.lines = folder, []

    def case(self, kind, name, model, data_sets, rtol, atol):
        if not counted(model, data_sets[0][0]):
            return
        folder = os.path.join(self.folder, kind, name)
        os.makedirs(folder)
        onnx.save(model, os.path.join(folder, "model.onnx"))
        with open(os.path.join(folder, "inputs.txt"), "w") as file:
            file.writelines(f"{value.name}\n" for value in model.graph.input[:len(data_sets[0][0])])
        for i, (inputs, outputs) in enumerate(data_sets):
            data_set = os.path.join(folder, str(i))
            os.makedirs(data_set)
            for what, values in [("input", inputs), ("output", outputs)]:
                for j, value in enumerate(values):
                    numpy.save(os.path.join(data_set, f"{what}_{j}.npy"), stored(value))
        self.lines.append(f"{kind}/{name}\t{rtol:g}\t{atol:g}\n")


def read_tensor(path):
    proto = TensorProto()
    with open(path, "rb") as file:
        proto.ParseFromString(file.read())
    return proto


def stored_data_sets(folder):
    """The tensors of FOLDER/test_data_set_N/{input,output}_M.pb, None where they aren't tensors."""
    sets, i = [], 0
    while os.path.isdir(data_set := os.path.join(folder, f"test_data_set_{i}")):
        both = []
        for what in ("input", "output"):
            values, j = [], 0
            while os.path.exists(path := os.path.join(data_set, f"{what}_{j}.pb")):
                values.append(read_tensor(path))
                j += 1
            both.append(values)
        sets.append(both)
        i += 1
    return sets


def light_data_sets(path, model):
    """What the package's runner feeds to the models without weights, and the results that it brings."""
    weights = {initializer.name for initializer in model.graph.initializer}
    inputs = []
    for value in model.graph.input:
        if value.name not in weights:
            shape = [d.dim_value if d.HasField("dim_value") else 1 for d in value.type.tensor_type.shape.dim]
            count = numpy.prod(shape)
            inputs.append((numpy.arange(count).reshape(shape) / count).astype(numpy.float32))
    stem = os.path.splitext(path)[0]
    return [(inputs, [read_tensor(f"{stem}_output_{i}.pb") for i in range(len(model.graph.output))])]


def main():
    warnings.simplefilter("ignore")
    numpy.seterr(all="ignore")
    writer = Writer(sys.argv[1])
    for case in load_model_tests(kind="node"):
        writer.case("node", case.name, case.model, case.data_sets, case.rtol, case.atol)
    for kind in ("simple", "pytorch-converted", "pytorch-operator"):
        for case in load_model_tests(kind=kind):
            model = onnx.load(os.path.join(case.model_dir, "model.onnx"))
            if all(v.type.HasField("tensor_type") for v in [*model.graph.input, *model.graph.output]):
                writer.case(kind, case.name, model, stored_data_sets(case.model_dir), case.rtol, case.atol)
    root = os.path.dirname(os.path.dirname(onnx.__file__))
    for case in collect_testcases():
        if case.kind == "real" and case.url.startswith("onnx/backend/test/data/light/"):
            path = os.path.join(root, case.url)
            model = onnx.load(path)
            inputs = [v for v in model.graph.input if v.name not in {w.name for w in model.graph.initializer}]
            data_sets = light_data_sets(path, model)
            weights = [v for v in model.graph.input if v not in inputs]
            del model.graph.input[:]
            model.graph.input.extend([*inputs, *weights])
            writer.case("light", case.name, model, data_sets, case.rtol, case.atol)
    with open(os.path.join(sys.argv[1], "cases.txt"), "w") as file:
        file.writelines(sorted(writer.lines))


if __name__ == "__main__":
    main()
