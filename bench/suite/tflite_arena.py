"""The arena that TensorFlow Lite's planner makes: python -m suite.tflite_arena MODEL.tflite prints its bytes.

The interpreter without delegates runs every operation over the planned arena; its extent is read off the addresses of
the tensors that operations write, their temporaries and the network's inputs.
"""
import sys

import numpy as np


def arena_bytes(model):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    interpreter = Interpreter(model_path=str(model), num_threads=1,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    interpreter.allocate_tensors()
    interpreter.invoke()
    planned = {slot["index"] for slot in interpreter.get_input_details()}
    for operation in interpreter._get_ops_details():
        planned.update(int(i) for i in operation["outputs"])
    begins, ends = [], []
    for slot in interpreter.get_tensor_details():
        if slot["index"] not in planned:
            continue
        try:
            view = interpreter.tensor(slot["index"])()
        except ValueError:  # a tensor without memory
            continue
        begins.append(view.ctypes.data)
        ends.append(view.ctypes.data + view.nbytes)
        del view
    return max(ends) - min(begins)


if __name__ == "__main__":
    print(arena_bytes(sys.argv[1]))
