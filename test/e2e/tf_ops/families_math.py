"""Elementwise families."""
import numpy as np
import tensorflow as tf

from recorder import In

BF16 = tf.bfloat16.as_numpy_dtype
FLOATS = [np.float32, np.float64, np.float16, BF16]
INTS = [np.int32, np.int64, np.int8, np.int16, np.uint8]
SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 0.5, -2.5, 3.5, 1e-30, -1e30], np.float32)


def unary(r):
    ranges = {"Log": (0.01, 9), "Log1p": (-0.9, 9), "Sqrt": (0, 9), "Rsqrt": (0.01, 9), "Asin": (-1, 1),
              "Acos": (-1, 1), "Acosh": (1, 9), "Atanh": (-0.95, 0.95), "Lgamma": (0.1, 9), "Reciprocal": (0.1, 3),
              "Inv": (0.1, 3)}
    ops = ["Abs", "Neg", "Sign", "Floor", "Ceil", "Round", "Rint", "Sqrt", "Rsqrt", "Reciprocal", "Inv", "Square",
           "Exp", "Expm1", "Log", "Log1p", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Tanh",
           "Asinh", "Acosh", "Atanh", "Erf", "Erfc", "Lgamma", "Sigmoid"]
    for op in ops:
        lo, hi = ranges.get(op, (-4, 4))
        r.op(op, x=In(r.f(3, 1, 5, lo=lo, hi=hi)))
        r.op(op, "f64 scalar", x=In(r.f(lo=lo, hi=hi, dtype=np.float64)))
        if op in ("Abs", "Exp", "Tanh", "Sqrt", "Floor", "Sigmoid", "Round", "Square"):
            r.op(op, "f16", x=In(r.f(7, lo=lo, hi=hi, dtype=np.float16)))
            r.op(op, "bf16", x=In(r.f(7, lo=lo, hi=hi, dtype=BF16)))
    for op in ["Abs", "Neg", "Floor", "Round", "Rint", "Sqrt", "Exp", "Log", "Tanh", "Sigmoid", "Erf", "Log1p",
               "Expm1", "Square", "Cos", "Atan"]:
        if op == "Cos":
            r.op(op, "special", x=In(SPECIAL[:8]))
        else:
            r.op(op, "special", x=In(SPECIAL if op not in ("Square",) else SPECIAL[:10]))
    for op in ["Abs", "Neg", "Sign", "Square"]:
        for t in (np.int32, np.int64):
            r.op(op, t.__name__, x=In(r.i(4, 3, dtype=t)))
    r.op("Neg", "empty", x=In(r.f(0, 3)))
    r.op("Abs", "int min wraps", x=In(np.array([-2147483648, 5], np.int32)))
    r.op("Round", "halves", x=In(np.arange(-4.5, 5, 0.5, dtype=np.float32)))
    r.op("Rint", "halves", x=In(np.arange(-4.5, 5, 0.5, dtype=np.float32)))
    for op in ["IsNan", "IsInf", "IsFinite"]:
        r.op(op, x=In(SPECIAL))
    r.op("LogicalNot", x=In(r.b(3, 4)))
    for t in INTS:
        r.op("Invert", t.__name__, x=In(r.i(6, lo=0 if t == np.uint8 else -9, dtype=t)))
    r.op("PopulationCount", x=In(r.i(9, lo=-1000, hi=1000)))


def activation(r):
    for op in ["Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "LeakyRelu"]:
        r.op(op, features=In(r.f(3, 5, lo=-9, hi=9)))
        r.op(op, "f64", features=In(r.f(2, 1, 3, lo=-9, hi=9, dtype=np.float64)))
        r.op(op, "special", features=In(SPECIAL[[0, 1, 2, 3, 6, 7, 8, 9]]))
        r.op(op, "f16", features=In(r.f(6, lo=-7, hi=7, dtype=np.float16)))
    r.op("Relu", "int32", features=In(r.i(7)))
    r.op("Relu6", "int32", features=In(r.i(7)))
    r.op("Relu", "inf", features=In(SPECIAL))
    r.op("LeakyRelu", "alpha 0.01", features=In(r.f(4, 2)), alpha=0.01)
    r.op("LeakyRelu", "alpha 1.5", features=In(r.f(4, 2)), alpha=1.5)
    r.op("LeakyRelu", "alpha -0.5", features=In(r.f(4, 2)), alpha=-0.5)
    r.op("Softplus", "large", features=In(np.array([-100, -20, -10, 0, 10, 20, 100], np.float32)))
    r.op("BiasAdd", value=In(r.f(2, 3, 4)), bias=r.f(4))
    r.op("BiasAdd", "run-time bias", value=In(r.f(2, 5)), bias=In(r.f(5)))
    r.op("BiasAdd", "NHWC", value=In(r.f(2, 3, 1, 4)), bias=r.f(4), data_format="NHWC")
    r.op("BiasAdd", "NCHW", value=In(r.f(2, 4, 3, 5)), bias=r.f(4), data_format="NCHW")
    r.op("BiasAdd", "NCHW rank 3", value=In(r.f(2, 4, 3)), bias=r.f(4), data_format="NCHW")
    r.op("BiasAddV1", value=In(r.f(2, 3)), bias=r.f(3))


def binary(r):
    shapes = [((3, 4), (3, 4)), ((2, 1, 5), (3, 1)), ((), (4,)), ((1,), (2, 3)), ((0, 3), (3,)), ((2, 3, 1, 2), (1, 4, 1))]
    for k, op in enumerate(["Add", "AddV2", "Sub", "Mul", "Div", "RealDiv", "Maximum", "Minimum", "SquaredDifference",
                            "FloorDiv", "FloorMod", "Atan2", "DivNoNan", "MulNoNan", "Xdivy", "Pow"]):
        lo = 0.2 if op in ("Pow",) else -4
        for j in range(3):
            a, b = shapes[(k + 2 * j) % len(shapes)]
            r.op(op, x=In(r.f(*a, lo=lo, hi=4)), y=In(r.f(*b, lo=lo, hi=4)))
        r.op(op, "f64, constant y", x=In(r.f(2, 3, lo=lo, hi=4, dtype=np.float64)),
             y=r.f(3, lo=lo, hi=4, dtype=np.float64))
    for op in ["Xlogy", "Xlog1py"]:
        r.op(op, x=In(np.array([0, 1, 2, 0], np.float32)), y=In(np.array([0, 2, 3, 4], np.float32)))
        r.op(op, "broadcast", x=In(r.f(3, 1, lo=0, hi=2)), y=In(r.f(1, 4, lo=0.1, hi=3)))
    zero = np.array([0, 1, -2, 0, 3, np.inf], np.float32)
    other = np.array([0, 0, 0, np.nan, 2, 0], np.float32)
    for op in ["DivNoNan", "MulNoNan", "Xdivy", "Div", "Mul"]:
        r.op(op, "zeros", x=In(zero), y=In(other))
    r.op("Xdivy", "zero x", x=In(other), y=In(zero))
    nan = np.array([1, np.nan, np.nan, 2], np.float32)
    for op in ["Maximum", "Minimum"]:
        r.op(op, "NaN", x=In(nan), y=In(np.array([np.nan, 1, np.nan, 3], np.float32)))
        for t in (np.int32, np.int64, np.uint8):
            r.op(op, t.__name__, x=In(r.i(3, 1, lo=0, dtype=t)), y=In(r.i(4, lo=0, dtype=t)))
    divisors = np.array([3, -3, 2, -2, 7, 1, -1, 5], np.int64)
    for op in ["FloorDiv", "FloorMod", "TruncateDiv", "TruncateMod", "Mod", "Div"]:
        for t in (np.int32, np.int64):
            r.op(op, t.__name__, x=In(r.i(3, 8, lo=-20, hi=20, dtype=t)), y=In(divisors.astype(t)))
    for op in ["FloorDiv", "TruncateDiv", "Div"]:
        r.op(op, "uint8", x=In(r.i(8, lo=0, hi=255, dtype=np.uint8)), y=In(r.i(8, lo=1, hi=9, dtype=np.uint8)))
    for op in ["FloorMod", "Mod", "TruncateMod"]:
        r.op(op, "floats of both signs", x=In(r.f(2, 6, lo=-9, hi=9)), y=In(np.array([2, -2, 0.7, -0.7, 3, 5], np.float32)))
    r.op("FloorDiv", "floats of both signs", x=In(r.f(2, 4, lo=-9, hi=9)), y=In(np.array([2, -2, 0.7, -0.7], np.float32)))
    for op in ["Add", "Sub", "Mul"]:
        for t in (np.int32, np.int64, np.int8, np.uint8, np.int16):
            r.op(op, t.__name__ + " wraps", x=In(r.i(6, lo=-120 if t != np.uint8 else 0, hi=127, dtype=t)),
                 y=In(r.i(6, lo=-120 if t != np.uint8 else 0, hi=127, dtype=t)))
        r.op(op, "f16", x=In(r.f(5, dtype=np.float16)), y=In(r.f(5, dtype=np.float16)))
        r.op(op, "bf16", x=In(r.f(5, dtype=BF16)), y=In(r.f(1, dtype=BF16)))
    r.op("Pow", "negative base", x=In(np.array([-2, -2, 0, 0, 1, 2], np.float32)),
         y=In(np.array([2, 3, 0, 2, np.inf, -1], np.float32)))
    r.op("Pow", "int32", x=In(np.array([2, -3, 0, 7], np.int32)), y=In(np.array([10, 3, 0, 1], np.int32)))
    r.op("AddN", inputs=[In(r.f(3, 2)), In(r.f(3, 2)), In(r.f(3, 2))])
    r.op("AddN", "one", inputs=[In(r.f(4))])
    r.op("AccumulateNV2", inputs=[In(r.f(3)), In(r.f(3))], shape=[3])


def compare(r):
    for k, op in enumerate(["Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"]):
        r.op(op, "ints", x=In(r.i(3, 1, lo=-2, hi=3)), y=In(r.i(1, 5, lo=-2, hi=3)))
        r.op(op, "NaN", x=In(SPECIAL), y=In(np.roll(SPECIAL, k)))
        r.op(op, "NaN with itself", x=In(SPECIAL), y=In(SPECIAL))
        r.op(op, "scalar", x=In(r.f(2, 3)), y=np.float32(0.1))
    r.op("Equal", "bool", x=In(r.b(6)), y=In(r.b(6)))
    r.op("NotEqual", "bool", x=In(r.b(6)), y=In(r.b(2, 1)))
    r.op("Less", "int64", x=In(np.array([2**53, 2**53 + 1], np.int64)), y=In(np.array([2**53 + 1, 2**53], np.int64)))
    r.op("Greater", "uint8", x=In(r.i(5, lo=0, hi=255, dtype=np.uint8)), y=In(r.i(5, lo=0, hi=255, dtype=np.uint8)))
    r.op("ApproximateEqual", x=In(np.array([1, 2, 3], np.float32)), y=In(np.array([1, 2.05, 2], np.float32)), tolerance=0.1)
    for op in ["LogicalAnd", "LogicalOr"]:
        r.op(op, x=In(r.b(3, 1)), y=In(r.b(4)))
    for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
        for t in (np.int32, np.int8, np.uint8, np.int64):
            r.op(op, t.__name__, x=In(r.i(7, lo=0, hi=100, dtype=t)), y=In(r.i(7, lo=0, hi=100, dtype=t)))
    r.op("BitwiseXor", "negative", x=In(r.i(3, 4)), y=In(r.i(4)))
    for op in ["LeftShift", "RightShift"]:
        r.op(op, "int32", x=In(r.i(6, lo=-99, hi=99)), y=In(np.arange(6, dtype=np.int32)))
        r.op(op, "uint8", x=In(r.i(6, lo=0, hi=255, dtype=np.uint8)), y=In(np.arange(6).astype(np.uint8)))
    r.op("Select", condition=In(r.b(2, 3)), x=In(r.f(2, 3)), y=In(r.f(2, 3)))
    r.op("Select", "vector condition", condition=In(np.array([True, False])), x=In(r.f(2, 3, 2)), y=In(r.f(2, 3, 2)))
    r.op("Select", "scalar condition", condition=In(np.array(True)), x=In(r.i(2, 3)), y=In(r.i(2, 3)))
    r.op("SelectV2", condition=In(r.b(3, 1)), t=In(r.f(4)), e=In(r.f(2, 1, 1)))
    r.op("SelectV2", "bool values", condition=In(r.b(5)), t=In(r.b(5)), e=In(r.b(1)))
    r.op("SelectV2", "empty", condition=In(r.b(0, 1)), t=In(r.f(1, 3)), e=In(r.f(3)))
    r.op("ClipByValue", t=In(r.f(3, 4)), clip_value_min=np.float32(-0.5), clip_value_max=np.float32(1))
    r.op("ClipByValue", "bounds of the shape", t=In(r.f(4)), clip_value_min=In(r.f(4, lo=-2, hi=0)), clip_value_max=In(r.f(4, lo=0)))
    r.op("ClipByValue", "int32", t=In(r.i(8)), clip_value_min=np.int32(-3), clip_value_max=np.int32(4))
    r.op("Bucketize", input=In(r.f(9, lo=-10, hi=200)), boundaries=[0.0, 10.0, 100.0])
    r.op("ZerosLike", x=In(r.f(2, 3)))
    r.op("OnesLike", x=In(r.i(2, 1)))
    r.op("OnesLike", "bool", x=In(r.b(3)))


def cast(r):
    x = np.array([0, 1.5, -1.5, 2.99, -0.1, 100.7, -100.7], np.float32)
    targets = [tf.float64, tf.float16, tf.bfloat16, tf.int32, tf.int64, tf.int8, tf.int16, tf.bool]
    for t in targets:
        r.op("Cast", "f32 to " + t.name, x=In(x), DstT=t)
    r.op("Cast", "f32 to uint8", x=In(np.abs(x)), DstT=tf.uint8)
    for t in [tf.float32, tf.float64, tf.float16, tf.int64, tf.int8, tf.uint8, tf.int16, tf.uint16, tf.bool, tf.uint32]:
        r.op("Cast", "i32 to " + t.name, x=In(r.i(6, lo=-1000, hi=1000)), DstT=t)
    for t in [tf.float32, tf.int32, tf.int64, tf.float16, tf.uint8]:
        r.op("Cast", "bool to " + t.name, x=In(r.b(5)), DstT=t)
        r.op("Cast", "u8 to " + t.name, x=In(r.i(5, lo=0, hi=255, dtype=np.uint8)), DstT=t)
    r.op("Cast", "i64 to f32", x=In(np.array([2**40 + 1, -7, 2**24 + 1], np.int64)), DstT=tf.float32)
    r.op("Cast", "f16 to f32", x=In(r.f(5, dtype=np.float16)), DstT=tf.float32)
    r.op("Cast", "bf16 to f32", x=In(r.f(5, dtype=BF16)), DstT=tf.float32)
    r.op("Cast", "f64 to f32", x=In(r.f(5, dtype=np.float64)), DstT=tf.float32)
    r.op("Cast", "same type", x=In(r.f(5)), DstT=tf.float32)
    r.op("Bitcast", input=In(r.f(2, 3)), type=tf.int32)
    r.op("Bitcast", "i64", input=In(r.i(4, dtype=np.int64)), type=tf.float64, rtol=0)


FAMILIES = {"Unary": unary, "Activation": activation, "Binary": binary, "Compare": compare, "Cast": cast}
