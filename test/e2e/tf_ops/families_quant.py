"""Cases of quantization: every result is that of TensorFlow's kernel to the last bit."""
import numpy as np

from recorder import In, tf

CODES = {tf.quint8: np.uint8, tf.qint8: np.int8, tf.quint16: np.uint16, tf.qint16: np.int16, tf.qint32: np.int32}


def codes(r, kind, *shape, lo=None, hi=None):
    """Integers of a quantized type, all of it unless there are limits."""
    plain = CODES[kind]
    info = np.iinfo(plain)
    values = r.rng.randint(info.min if lo is None else lo, (info.max if hi is None else hi) + 1, shape)
    return np.asarray(values).astype(plain).view(kind.as_numpy_dtype)


def near_halves(r, scale, count, offset=0.0):
    """Numbers around those that lie between two multiples of the scale, and other ones."""
    halves = (r.rng.randint(-300, 300, count) + 0.5) * np.float64(scale) + offset
    nudged = halves.astype(np.float32)
    for step in range(3):
        nudged[step::4] = np.nextafter(nudged[step::4], np.float32([-np.inf, np.inf, np.inf][step]))
    return nudged


def fake(r):
    r.rtol = 0
    ranges = [(-6, 6), (0, 6), (-1, 3.3), (0.5, 4), (-5, -1), (-0.1, 0.02), (-0.7331, 0.9127)]
    for k, (low, high) in enumerate(ranges):
        for bits, narrow in [(8, False), (4, True)] if k < 3 else [(8, k % 2 == 0), (16 if k % 2 else 2, True)]:
            x = np.concatenate([r.f(20, lo=-7, hi=7), near_halves(r, (high - low) / (2**bits - 1 - narrow), 60)])
            more = dict(num_bits=bits, narrow_range=narrow)
            note = f"[{low}, {high}] {bits} bits"
            r.op("FakeQuantWithMinMaxVars", note, inputs=In(x), min=np.float32(low), max=np.float32(high), **more)
            r.op("FakeQuantWithMinMaxVars", note + " known", inputs=x, min=np.float32(low), max=np.float32(high), **more)
            r.op("FakeQuantWithMinMaxArgs", note, inputs=In(x), min=low, max=high, **more)
    r.op("FakeQuantWithMinMaxVars", "empty range", inputs=In(r.f(3)), min=np.float32(0), max=np.float32(0))
    r.op("FakeQuantWithMinMaxArgs", inputs=In(r.f(2, 4, lo=-9, hi=9)))
    low, high = np.array([-1, -2, 0, -0.3, 0], np.float32), np.array([1, 3, 5, 0.1, 0], np.float32)
    for bits in (8, 5, 16):
        for known in (False, True):
            x = np.stack([near_halves(r, (b - a) / (2**bits - 2), 24) for a, b in zip(low, high)], axis=-1).reshape(4, 6, 5)
            r.op("FakeQuantWithMinMaxVarsPerChannel", f"{bits} bits" + " known" * known, inputs=x if known else In(x), min=low,
                 max=high, num_bits=bits, narrow_range=True)
    r.op("FakeQuantWithMinMaxVarsPerChannel", "vector", inputs=In(r.f(5, lo=-5, hi=5)), min=low, max=high)
    r.op("FakeQuantWithMinMaxVarsPerChannel", "symmetric weights", inputs=r.f(3, 3, 2, 4), min=np.float32([-1, -2, -0.5, -0.1]),
         max=np.float32([1, 2, 0.5, 0.1]), narrow_range=True)


def quantize_and_dequantize(r):
    r.rtol = 0
    for rounding in ("HALF_TO_EVEN", "HALF_UP"):
        for signed, bits, narrow in ((True, 8, False), (True, 8, True), (False, 8, False), (True, 4, False), (True, 16, False),
                                     (False, 16, True), (True, 20, False)):
            for op in ("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV4"):
                low, high = (-1.5, 2.3) if signed else (0.0, 2.3)
                x = np.concatenate([r.f(20, lo=-3, hi=3), near_halves(r, 2.3 / (2**(bits - signed) - 1), 40)])
                r.op(op, f"{rounding} {bits} bits signed {signed}", input=In(x), input_min=np.float32(low), input_max=np.float32(high),
                     signed_input=signed, num_bits=bits, range_given=True, round_mode=rounding, narrow_range=narrow)
        r.op("QuantizeAndDequantizeV2", f"{rounding} f64", input=In(r.f(20, dtype=np.float64)), input_min=np.float64(-1),
             input_max=np.float64(2), range_given=True, round_mode=rounding)
    for signed in (True, False):
        r.op("QuantizeAndDequantizeV2", f"own range signed {signed}", input=r.f(5, 7), input_min=np.float32(0), input_max=np.float32(0),
             signed_input=signed)
    r.op("QuantizeAndDequantizeV3", input=In(r.f(30, lo=-3, hi=3)), input_min=np.float32(-2), input_max=np.float32(1.9),
         num_bits=np.int32(7))
    for axis in (0, 1, 2): # the other versions' kernels refuse one
        for given in (False, True):
            x = r.f(4, 3, 2, lo=-3, hi=3)
            low, high = -r.f(x.shape[axis], lo=0.1, hi=2), r.f(x.shape[axis], lo=0.1, hi=2)
            r.op("QuantizeAndDequantizeV3", f"axis {axis} given {given}", input=In(x) if given else x, input_min=low, input_max=high,
                 num_bits=np.int32(8), axis=axis, range_given=given)


def quantize(r):
    r.rtol = 0
    for kind in (tf.quint8, tf.qint8, tf.quint16, tf.qint16):
        for low, high in ((-1.0, 2.0), (0.0, 6.0), (-0.731, 0.113), (0.5, 0.501), (-3.0, -1.0)):
            x = np.concatenate([r.f(30, lo=-7, hi=7), near_halves(r, (high - low) / (2**(8 * CODES[kind]().nbytes) - 1), 40)])
            for mode, rounding, narrow in (("MIN_COMBINED", "HALF_AWAY_FROM_ZERO", False), ("MIN_FIRST", "HALF_AWAY_FROM_ZERO", False),
                                           ("SCALED", "HALF_AWAY_FROM_ZERO", True), ("SCALED", "HALF_TO_EVEN", False)):
                if mode == "SCALED" and high < 0 and np.iinfo(CODES[kind]).min == 0:
                    continue # nothing of the range has codes
                r.op("QuantizeV2", f"{kind.name} {mode} {rounding} [{low}, {high}]", input=In(x), min_range=np.float32(low),
                     max_range=np.float32(high), T=kind, mode=mode, round_mode=rounding, narrow_range=narrow)
    for mode in ("MIN_COMBINED", "SCALED"):
        r.op("QuantizeV2", f"{mode} axis", input=In(r.f(3, 4, 2, lo=-4, hi=4)), min_range=np.float32([-1, -2, 0, -0.3]),
             max_range=np.float32([1, 0.2, 3, 0.1]), T=tf.qint8, mode=mode, axis=1)
    r.op("QuantizeV2", "wide enough", input=In(r.f(20)), min_range=np.float32(-0.01), max_range=np.float32(0.01), T=tf.quint8,
         ensure_minimum_range=0.5)
    for kind in CODES:
        for low, high in ((-1.0, 2.0), (0.0, 6.0), (-0.731, 0.113), (0.5, 4.0)):
            for mode in ("MIN_COMBINED", "MIN_FIRST", "SCALED"):
                if kind == tf.qint32 and mode == "SCALED" and low == 0.5:
                    continue
                r.op("Dequantize", f"{kind.name} {mode} [{low}, {high}]", input=In(codes(r, kind, 5, 9)), min_range=np.float32(low),
                     max_range=np.float32(high), mode=mode)
    r.op("Dequantize", "bf16", input=In(codes(r, tf.quint8, 20)), min_range=np.float32(-1), max_range=np.float32(3), dtype=tf.bfloat16)
    for mode in ("MIN_COMBINED", "SCALED"):
        r.op("Dequantize", f"{mode} axis", input=In(codes(r, tf.qint8, 3, 4, 2)), min_range=np.float32([-1, -2, 0, -0.3]),
             max_range=np.float32([1, 0.2, 3, 0.1]), mode=mode, axis=1, narrow_range=mode == "SCALED")


RANGES = [(-1.0, 1.0), (0.0, 6.0), (-0.731, 0.913), (0.5, 2.0)]


def quantized(r):
    r.rtol = 0

    def ranges(a, b, names):
        return dict(zip(names, (np.float32(v) for v in (*a, *b))))

    for k, a in enumerate(RANGES):
        b = RANGES[(k + 1) % len(RANGES)]
        two = ("min_a", "max_a", "min_b", "max_b")
        for transposed in (False, True):
            r.op("QuantizedMatMul", f"{a} {b}" + " transposed" * transposed, a=In(codes(r, tf.quint8, *((6, 5) if transposed else (5, 6)))),
                 b=codes(r, tf.quint8, *((4, 6) if transposed else (6, 4))), transpose_a=transposed, transpose_b=transposed, **ranges(a, b, two))
        for padding, stride, size in (("SAME", 1, 3), ("VALID", 2, 2), ("SAME", 3, 2), ("VALID", 3, 2), ("SAME", 3, 1)):
            r.op("QuantizedConv2D", f"{a} {b} {padding} {stride}", input=In(codes(r, tf.quint8, 2, 7, 9, 3)),
                 filter=codes(r, tf.quint8, size, size, 3, 5), strides=[1, stride, stride, 1], padding=padding,
                 **ranges(a, b, ("min_input", "max_input", "min_filter", "max_filter")))
        for kind in (tf.quint8, tf.qint8):
            r.op("QuantizedBiasAdd", f"{kind.name} {a} {b}", input=In(codes(r, kind, 2, 3, 5)), bias=codes(r, kind, 5), out_type=tf.qint32,
                 **ranges(a, b, ("min_input", "max_input", "min_bias", "max_bias")))
        for op in ("QuantizedAdd", "QuantizedMul"):
            for left, right in (((4, 5), (4, 5)), ((4, 5), (5,)), ((5,), (4, 5)), ((4, 5), ()), ((), (4, 5)), ((1,), (1,))):
                r.op(op, f"{a} {b} {left} {right}", x=In(codes(r, tf.quint8, *left)), y=In(codes(r, tf.quint8, *right)),
                     **ranges(a, b, ("min_x", "max_x", "min_y", "max_y")))
        one = dict(min_features=np.float32(a[0] * 8), max_features=np.float32(a[1] * 8))
        for kind in (tf.quint8, tf.qint32):
            for op in ("QuantizedRelu", "QuantizedRelu6"):
                r.op(op, f"{kind.name} {a}", features=In(codes(r, kind, 5, 7)), out_type=kind, **one)
        for padding in ("SAME", "VALID"):
            for op in ("QuantizedMaxPool", "QuantizedAvgPool"):
                r.op(op, f"{a} {padding}", input=In(codes(r, tf.quint8, 1, 7, 6, 3)), min_input=np.float32(a[0]), max_input=np.float32(a[1]),
                     ksize=[1, 3, 2, 1], strides=[1, 2, 2, 1], padding=padding)
        r.op("QuantizedReshape", f"{a}", tensor=In(codes(r, tf.quint8, 4, 6)), shape=np.int32([3, -1]), input_min=np.float32(a[0]),
             input_max=np.float32(a[1]))
    for kind, first, second in ((tf.quint8, (-1, 2), (0, 6)), (tf.quint8, (-1, 2), (-1, 2)), (tf.qint32, (-3, 3), (-3, 3))):
        r.op("QuantizedConcat", f"{kind.name} {first} {second}", concat_dim=np.int32(1),
             values=[In(codes(r, kind, 2, 3)), In(codes(r, kind, 2, 5))],
             input_mins=[np.float32(first[0]), np.float32(second[0])], input_maxes=[np.float32(first[1]), np.float32(second[1])])
    for (low, high), (to_low, to_high) in (((-5e4, 5e4), (-1, 2)), ((-7e3, 9e3), (0, 6)), ((-1e4, 1e4), (-0.731, 0)), ((-1, 1), (0, 0)),
                                           ((-3e5, 3e5), (-0.3, 0.9))):
        span = int(2**31 * max(to_high - to_low, 0.1) / max(high - low, 1))
        sums = codes(r, tf.qint32, 6, 9, lo=-span, hi=span)
        given = dict(input_min=np.float32(low), input_max=np.float32(high))
        r.op("Requantize", f"[{low}, {high}] to [{to_low}, {to_high}]", input=In(sums), requested_output_min=np.float32(to_low),
             requested_output_max=np.float32(to_high), out_type=tf.quint8, **given)
        r.op("RequantizationRange", f"[{low}, {high}]", input=In(sums), **given)
        r.op("QuantizeDownAndShrinkRange", f"[{low}, {high}]", input=In(sums), out_type=tf.quint8, **given)


def qat_network(r, weights):
    """A trained network with FakeQuant around each contraction; `weights` quantizes constants."""
    def activation(x, low, high):
        return tf.quantization.fake_quant_with_min_max_vars(x, np.float32(low), np.float32(high))

    def filters(*shape):
        return weights(r.rng.normal(0, np.sqrt(1 / np.prod(shape[:-1])), shape).astype(np.float32))

    def bias(count):
        return r.f(count, lo=-0.3, hi=0.3)

    def build(image):
        x = activation(image, -1, 1)
        x = activation(tf.nn.relu6(tf.nn.conv2d(x, filters(3, 3, 3, 16), 2, "SAME") + bias(16)), 0, 3)
        y = filters(3, 3, 16, 1)
        y = activation(tf.nn.relu6(tf.nn.depthwise_conv2d(x, y, [1, 1, 1, 1], "SAME") + bias(16)), 0, 6)
        y = activation(tf.nn.conv2d(y, filters(1, 1, 16, 16), 1, "VALID") + bias(16), -2.7, 3.1)
        x = activation(tf.nn.max_pool2d(x + y, 2, 2, "VALID"), -1.5, 4)
        x = activation(tf.reduce_mean(x, [1, 2]), -0.4, 2)
        return tf.matmul(x, filters(16, 10)) + bias(10)

    return build


def per_channel(values):
    flat = np.abs(values).reshape(-1, values.shape[-1]).max(0)
    return tf.quantization.fake_quant_with_min_max_vars_per_channel(values, -flat, flat, narrow_range=True)


def per_tensor(values):
    return tf.quantization.fake_quant_with_min_max_vars(values, values.min(), values.max(), narrow_range=True)


def both_ways(values):
    return tf.quantization.quantize_and_dequantize_v2(values, np.float32(-1), np.float32(1), range_given=True, narrow_range=True)


def qat(r):
    # One step of an activation may differ where a sum in f32 is near a half.
    for weights in (per_channel, per_tensor, both_ways):
        r.graph("FakeQuant", f"network {weights.__name__}", qat_network(r, weights), [In(r.f(2, 16, 16, 3, lo=-1, hi=1))], rtol=1e-2)


FAMILIES = {"QAT": qat, "FakeQuant": fake, "QuantizeAndDequantize": quantize_and_dequantize, "Quantize": quantize, "Quantized": quantized}
