"""The peers, each at its best settings in fp32 or 8 bits.

A runner is made from a network, one of its forms and a number of threads. It has either `entry` and `argument`, C
pointers that the C loop calls, or `call`, a Python function; `outputs()` returns the arrays of the last call.
"""
import ctypes
import os
import pathlib

import numpy as np

from suite.aotc import INT8_TOLERANCE


class OnnxRuntime:
    FORMS = ["model.onnx", "alternative.onnx"]
    PACKAGE = "onnxruntime"

    def __init__(self, network, model, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.binding = session.io_binding()
        for tensor, value in zip(network.inputs, network.load(network.inputs)):
            self.binding.bind_cpu_input(tensor.port, np.ascontiguousarray(value))
        for tensor in network.outputs:
            self.binding.bind_output(tensor.port)
        # The methods below Python's wrappers: their cost is that of one call into C++.
        run, binding, options = session._sess.run_with_iobinding, self.binding._iobinding, onnxruntime.RunOptions()
        self.call = lambda: run(binding, options)
        self.empty = session._sess.get_providers

    def outputs(self):
        return self.binding.copy_outputs_to_cpu()


class OpenVino:
    """Through OpenVINO's C interface, which the C loop can call."""
    FORMS = ["model.onnx", "model.pb", "alternative.onnx"]
    PACKAGE = "openvino"

    def __init__(self, network, model, threads):
        import openvino
        libraries = pathlib.Path(openvino.__file__).parent / "libs"
        self.library = ctypes.CDLL(str(next(libraries.glob("libopenvino_c.so*"))))
        core, compiled, self.request, source = (ctypes.c_void_p() for _ in range(4))
        properties = [b"PERFORMANCE_HINT", b"LATENCY", b"INFERENCE_PRECISION_HINT", b"f32",
                      b"INFERENCE_NUM_THREADS", b"%d" % threads, b"NUM_STREAMS", b"1"]
        self.check("core_create", ctypes.byref(core))
        self.check("core_read_model", core, os.fsencode(model), None, ctypes.byref(source))
        self.check("core_compile_model", core, source, b"CPU", ctypes.c_size_t(len(properties)),
                   ctypes.byref(compiled), *map(ctypes.c_char_p, properties))
        self.check("compiled_model_create_infer_request", compiled, ctypes.byref(self.request))
        for tensor, value in zip(network.inputs, network.load(network.inputs)):
            self.view(tensor)[...] = value
        self.results = network.outputs
        self.entry = ctypes.cast(self.library.ov_infer_request_infer, ctypes.c_void_p)
        self.argument = self.request

    def check(self, name, *arguments):
        status = getattr(self.library, "ov_" + name)(*arguments)
        if status:
            raise RuntimeError(f"ov_{name}: status {status}")

    def view(self, tensor):
        """The request's own memory for a tensor."""
        handle, data = ctypes.c_void_p(), ctypes.c_void_p()
        self.check("infer_request_get_tensor", self.request, tensor.port.encode(), ctypes.byref(handle))
        self.check("tensor_data", handle, ctypes.byref(data))
        size = int(np.prod(tensor.shape)) * np.dtype(tensor.dtype).itemsize
        return np.frombuffer((ctypes.c_char * size).from_address(data.value), tensor.dtype).reshape(tensor.shape)

    def outputs(self):
        return [self.view(tensor) for tensor in self.results]


class LiteRt:
    """The interpreter with its default delegate, XNNPACK."""
    FORMS = ["model.tflite", "alternative.tflite"]
    PACKAGE = "ai-edge-litert"

    def __init__(self, network, model, threads):
        from ai_edge_litert.interpreter import Interpreter
        self.interpreter = Interpreter(model_path=str(model), num_threads=threads)
        self.interpreter.allocate_tensors()
        slots = sorted(self.interpreter.get_input_details(), key=lambda slot: slot["name"])
        for slot, value in zip(slots, network.load(network.inputs)):
            self.interpreter.set_tensor(slot["index"], value)
        self.call = self.interpreter._interpreter.Invoke
        self.empty = self.interpreter._interpreter.NumSubgraphs

    def outputs(self):
        return [self.interpreter.get_tensor(slot["index"]) for slot in self.interpreter.get_output_details()]


# Of 8 bits.

class OnnxRuntimeInt8(OnnxRuntime):
    FORMS = ["int8.onnx", "uint8.onnx"]
    TOLERANCE = INT8_TOLERANCE


class OpenVinoInt8(OpenVino):
    FORMS = ["int8.onnx", "uint8.onnx"]
    TOLERANCE = INT8_TOLERANCE


class LiteRtInt8(LiteRt):
    FORMS = ["int8.tflite"]
    TOLERANCE = INT8_TOLERANCE


class XlaJit:
    """TensorFlow's tf.function(jit_compile=True); the cost of calling a function is part of its times."""
    FORMS = ["model.pb", "alternative.pb"]
    PACKAGE = "tensorflow-cpu"

    def __init__(self, network, model, threads):
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        import tensorflow as tf
        from suite.prepare import imported
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        graph = imported(model, network.io)
        specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in network.inputs]
        function = tf.function(lambda *values: graph(*values), input_signature=specs, jit_compile=True)
        values = [tf.constant(value) for value in network.load(network.inputs)]
        run = function.get_concrete_function()
        nothing = tf.function(lambda x: x + 1, jit_compile=True).get_concrete_function(tf.TensorSpec((1,)))
        one = tf.constant([1.0])

        def call():
            self.results = run(*values)
            self.results[0].numpy()  # waits

        self.call, self.empty = call, lambda: nothing(one).numpy()

    def outputs(self):
        return [value.numpy() for value in self.results]
