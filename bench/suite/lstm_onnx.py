"""A stack of Keras LSTM layers and a softmax layer as ONNX with its LSTM operation, which no converter makes of it."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def gates(weight):
    """Keras keeps the gates in the order i, f, c, o; ONNX in i, o, f, c."""
    i, f, c, o = np.split(np.asarray(weight), 4, axis=-1)
    return np.concatenate([i, o, f, c], axis=-1).T


def fused(model, input_name, output_name):
    *cells, last = model.layers
    nodes, constants = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(operation, inputs, output, **attributes):
        nodes.append(helper.make_node(operation, inputs, output if isinstance(output, list) else [output],
                                      **attributes))

    node("Transpose", [input_name], "sequence0", perm=[1, 0, 2])
    axis, tail = constant("axis", np.int64([1])), constant("tail", np.int64([0]))
    for number, layer in enumerate(cells):
        kernel, recurrent, bias = (gates(weight) for weight in layer.get_weights())
        weights = [constant(f"{name}{number}", value[None]) for name, value in
                   (("W", kernel), ("R", recurrent), ("B", np.concatenate([bias, np.zeros_like(bias)])))]
        node("LSTM", [f"sequence{number}", *weights], [f"all{number}", f"final{number}"], hidden_size=layer.units)
        node("Squeeze", [f"all{number}", axis], f"sequence{number + 1}")
    node("Squeeze", [f"final{len(cells) - 1}", tail], "state")
    matrix, bias = last.get_weights()
    node("Gemm", ["state", constant("matrix", matrix), constant("bias", bias)], "logits")
    node("Softmax", ["logits"], output_name, axis=-1)
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "lstm", [value(input_name, [1, *model.input_shape[1:]])],
                              [value(output_name, [1, *model.output_shape[1:]])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
