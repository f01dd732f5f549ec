"""Makes the 8-bit forms of a network that peers read: python -m suite.int8 FOLDER

FOLDER, made by suite.prepare, receives calibration.npy and, quantized with it, int8.onnx and uint8.onnx (ONNX Runtime's
static quantizer, QDQ, one scale a channel of weights, signed and unsigned activations) and int8.tflite (TensorFlow
Lite's, floats at the ends). A form that a quantizer refuses is left out, with the reason in FORM.failed.
"""
import pathlib
import sys

import numpy as np

from suite.network import Network

SAMPLES = 32


def samples(network):
    """Standard normal numbers, and ids like those of the network's own input; a sample a row."""
    rng = np.random.default_rng(7)
    tensor, (own,) = network.inputs[0], network.load(network.inputs)
    shape = (SAMPLES, *tensor.shape)
    if own.dtype.kind == "f":
        return rng.standard_normal(shape).astype(own.dtype)
    return rng.integers(0, int(own.max()) + 1, shape).astype(own.dtype)


def to_onnx(network, calibration, target, activations):
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.rows = iter(calibration)

        def get_next(self):
            row = next(self.rows, None)
            return None if row is None else {network.inputs[0].port: row}

    prepared = target.with_suffix(".prepared")
    quant_pre_process(network.folder / "model.onnx", prepared, skip_symbolic_shape=True)
    quantization.quantize_static(prepared, target, Reader(), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
                                 activation_type=activations, weight_type=quantization.QuantType.QInt8)
    prepared.unlink()


def to_tflite(network, calibration, target):
    import tensorflow as tf
    from suite.prepare import imported
    converter = tf.lite.TFLiteConverter.from_concrete_functions([imported(network.folder / "model.pb", network.io)])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row] for row in calibration)
    target.write_bytes(converter.convert())


def main():
    network = Network(sys.argv[1])
    calibration = samples(network)
    rows = calibration.reshape(-1, *calibration.shape[2:]) if calibration.shape[1] == 1 else calibration
    np.save(network.folder / "calibration.npy", rows)
    from onnxruntime.quantization import QuantType
    forms = {"int8.onnx": lambda target: to_onnx(network, calibration, target, QuantType.QInt8),
             "uint8.onnx": lambda target: to_onnx(network, calibration, target, QuantType.QUInt8),
             "int8.tflite": lambda target: to_tflite(network, calibration, target)}
    for name, make in forms.items():
        try:
            make(network.folder / name)
        except Exception as problem:
            (network.folder / name).unlink(missing_ok=True)
            (network.folder / f"{name}.failed").write_text(str(problem)[-2000:])


if __name__ == "__main__":
    main()
