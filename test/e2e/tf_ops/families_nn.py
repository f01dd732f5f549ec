"""Contractions, windows, normalisation and reductions."""
import numpy as np
import tensorflow as tf

from recorder import In

BF16 = tf.bfloat16.as_numpy_dtype


def matmul(r):
    for m, k, n in [(1, 1, 1), (3, 5, 7), (1, 17, 2), (9, 4, 1), (2, 0, 3), (0, 4, 3)]:
        r.op("MatMul", a=In(r.f(m, k)), b=r.f(k, n))
    for ta in (False, True):
        for tb in (False, True):
            r.op("MatMul", f"transposes {ta} {tb}", a=In(r.f(*((4, 3) if ta else (3, 4)))),
                 b=In(r.f(*((5, 4) if tb else (4, 5)))), transpose_a=ta, transpose_b=tb)
    r.op("MatMul", "f64", a=In(r.f(3, 4, dtype=np.float64)), b=In(r.f(4, 2, dtype=np.float64)))
    r.op("MatMul", "int32", a=In(r.i(3, 4)), b=In(r.i(4, 2)))
    r.op("MatMul", "bf16", a=In(r.f(3, 4, dtype=BF16)), b=In(r.f(4, 2, dtype=BF16)))
    r.op("MatMul", "f16", a=In(r.f(3, 4, dtype=np.float16)), b=In(r.f(4, 2, dtype=np.float16)))
    r.op("BatchMatMul", x=In(r.f(2, 3, 4)), y=In(r.f(2, 4, 5)))
    r.op("BatchMatMul", "adjoint", x=In(r.f(2, 4, 3)), y=In(r.f(2, 5, 4)), adj_x=True, adj_y=True)
    for a, b in [((2, 1, 3, 4), (5, 4, 2)), ((3, 4), (2, 4, 5)), ((1, 2, 3), (4, 1, 3, 1)), ((2, 3), (3, 2)),
                 ((0, 2, 3), (1, 3, 2)), ((2, 3, 2, 2), (2, 1, 2, 2))]:
        r.op("BatchMatMulV2", x=In(r.f(*a)), y=In(r.f(*b)))
    r.op("BatchMatMulV2", "adj_y", x=In(r.f(2, 3, 4)), y=r.f(5, 4), adj_y=True)
    r.op("BatchMatMulV2", "int32", x=In(r.i(2, 3, 4)), y=In(r.i(2, 4, 1)))
    r.op("BatchMatMulV3", x=In(r.i(2, 3, 4, dtype=np.int8)), y=In(r.i(2, 4, 2, dtype=np.int8)), Tout=tf.int32)
    r.op("SparseMatMul", a=In(r.f(3, 4)), b=In(r.f(4, 2)), a_is_sparse=True)


def einsum(r):
    def e(equation, *shapes):
        r.op("Einsum", equation, inputs=[In(r.f(*s)) for s in shapes], equation=equation)

    e("ij,jk->ik", (3, 4), (4, 5))
    e("ij,kj->ki", (3, 4), (5, 4))
    e("bij,bjk->bik", (2, 3, 4), (2, 4, 5))
    e("abc,cd->abd", (2, 3, 4), (4, 5))
    e("abc,cde->abde", (2, 3, 4), (4, 2, 5))
    e("abcd,cde->abe", (2, 3, 4, 2), (4, 2, 5))
    e("BTNH,BSNH->BNTS", (2, 3, 2, 4), (2, 5, 2, 4))
    e("BNTS,BSNH->BTNH", (2, 2, 3, 5), (2, 5, 2, 4))
    e("i,i->", (5,), (5,))
    e("i,j->ij", (3,), (4,))
    e("ij->ji", (3, 4))
    e("ijk->j", (3, 4, 2))
    e("ij->", (3, 4))
    e("...ij,...jk->...ik", (2, 3, 4), (2, 4, 5))
    e("...ij,jk->...ik", (2, 2, 3, 4), (4, 5))
    e("...ij,...jk->...ik", (5, 1, 3, 4), (2, 4, 5))
    e("...a->a...", (2, 3, 4))
    e("ab,bc->ac", (2, 1), (1, 3))
    e("abc,ab->ac", (2, 3, 4), (2, 3))
    e("ij,k->i", (3, 4), (5,))
    e("abc,abc->abc", (2, 1, 3), (2, 1, 3))


def conv(r):
    case = 0
    for size, kernel, stride, dilation, padding in [
            ((5, 7), (3, 3), 1, 1, "SAME"), ((5, 7), (3, 3), 1, 1, "VALID"), ((6, 6), (3, 3), 2, 1, "SAME"),
            ((7, 5), (3, 2), 2, 1, "SAME"), ((8, 9), (1, 1), 1, 1, "VALID"), ((8, 9), (1, 1), 2, 1, "SAME"),
            ((9, 9), (3, 3), 1, 2, "SAME"), ((11, 9), (2, 3), 1, 3, "VALID"), ((1, 12), (1, 5), 1, 1, "SAME"),
            ((10, 10), (5, 4), 3, 1, "VALID"), ((4, 4), (5, 5), 1, 1, "SAME"), ((3, 3), (3, 3), 1, 1, "VALID"),
            ((12, 8), (4, 4), 4, 1, "SAME")]:
        case += 1
        channels, filters = [(3, 4), (1, 2), (5, 1), (2, 9)][case % 4]
        r.op("Conv2D", f"{padding} stride {stride} dilation {dilation}", input=In(r.f(1 + case % 2, *size, channels)),
             filter=r.f(*kernel, channels, filters), strides=[1, stride, stride, 1], padding=padding,
             dilations=[1, dilation, dilation, 1])
    r.op("Conv2D", "strides differ", input=In(r.f(1, 9, 8, 2)), filter=r.f(3, 3, 2, 3), strides=[1, 2, 1, 1], padding="SAME")
    r.op("Conv2D", "EXPLICIT", input=In(r.f(1, 5, 6, 2)), filter=r.f(3, 3, 2, 3), strides=[1, 1, 2, 1],
         padding="EXPLICIT", explicit_paddings=[0, 0, 1, 2, 0, 3, 0, 0])
    r.op("Conv2D", "run-time filter", input=In(r.f(1, 4, 4, 2)), filter=In(r.f(2, 2, 2, 3)), strides=[1, 1, 1, 1], padding="SAME")
    r.op("Conv2D", "groups", input=In(r.f(1, 5, 5, 6)), filter=r.f(3, 3, 2, 9), strides=[1, 1, 1, 1], padding="SAME")
    r.op("Conv2D", "f64", input=In(r.f(1, 5, 5, 2, dtype=np.float64)), filter=r.f(3, 3, 2, 3, dtype=np.float64),
         strides=[1, 1, 1, 1], padding="SAME")
    r.op("Conv2D", "empty batch", input=In(r.f(0, 5, 5, 2)), filter=r.f(3, 3, 2, 3), strides=[1, 1, 1, 1], padding="SAME")
    r.op("Conv2D", "f16", input=In(r.f(1, 4, 4, 2, dtype=np.float16)), filter=r.f(3, 3, 2, 3, dtype=np.float16),
         strides=[1, 1, 1, 1], padding="SAME")
    r.graph("Conv1D", "expanded", lambda x: tf.nn.conv1d(x, tf.constant(r.f(3, 2, 4)), 2, "SAME"), [In(r.f(2, 9, 2))])
    r.graph("AtrousConv", "through batches", lambda x: tf.nn.atrous_conv2d(x, tf.constant(r.f(3, 3, 2, 2)), 2, "SAME"), [In(r.f(1, 7, 8, 2))])
    for stride, dilation, padding, multiplier in [(1, 1, "SAME", 1), (2, 1, "SAME", 1), (1, 1, "VALID", 2),
                                                  (1, 1, "SAME", 3), (2, 1, "VALID", 1)]:
        r.op("DepthwiseConv2dNative", f"{padding} multiplier {multiplier}", input=In(r.f(2, 7, 6, 3)),
             filter=r.f(3, 3, 3, multiplier), strides=[1, stride, stride, 1], padding=padding,
             dilations=[1, dilation, dilation, 1])
    r.op("DepthwiseConv2dNative", "EXPLICIT", input=In(r.f(1, 5, 5, 2)), filter=r.f(2, 3, 2, 1), strides=[1, 1, 1, 1],
         padding="EXPLICIT", explicit_paddings=[0, 0, 0, 1, 1, 1, 0, 0])
    for depth, stride, dilation, padding in [(4, 1, 1, "SAME"), (5, 2, 1, "SAME"), (4, 1, 1, "VALID")]:
        r.op("Conv3D", padding, input=In(r.f(1, depth, 5, 6, 2)), filter=r.f(2, 3, 3, 2, 3),
             strides=[1, stride, stride, stride, 1], padding=padding, dilations=[1, dilation, dilation, dilation, 1])


def gradient(r):
    def grad(size, kernel, stride, padding, channels=2, filters=3, batch=1, **more):
        strides = [1, stride, stride, 1]
        forward = tf.nn.conv2d(tf.zeros([batch, *size, channels]), tf.zeros([*kernel, channels, filters]), strides,
                               more.get("pads", padding), dilations=more.get("dilations"))
        attributes = {}
        if "pads" in more:
            attributes = dict(explicit_paddings=sum(more["pads"], []))
        if "dilations" in more:
            attributes["dilations"] = more["dilations"]
        r.op("Conv2DBackpropInput", f"{padding} stride {stride}", input_sizes=np.array([batch, *size, channels], np.int32),
             filter=r.f(*kernel, channels, filters), out_backprop=In(r.f(*forward.shape)), strides=strides,
             padding="EXPLICIT" if "pads" in more else padding, **attributes)

    grad((5, 7), (3, 3), 1, "SAME")
    grad((6, 6), (3, 3), 2, "SAME", batch=2)
    grad((7, 5), (3, 2), 2, "SAME")
    grad((9, 8), (4, 4), 2, "VALID")
    grad((8, 8), (2, 2), 2, "VALID", channels=1, filters=1)
    grad((9, 7), (3, 5), 3, "SAME", channels=4)
    grad((6, 6), (1, 1), 2, "SAME")
    grad((5, 5), (3, 3), 1, "EXPLICIT", pads=[[0, 0], [1, 0], [2, 1], [0, 0]])
    r.op("Conv3DBackpropInputV2", "SAME stride 2", input_sizes=np.array([1, 4, 5, 6, 2], np.int32),
         filter=r.f(2, 3, 3, 2, 3), out_backprop=In(r.f(1, 2, 3, 3, 3)), strides=[1, 2, 2, 2, 1], padding="SAME")
    r.op("Conv3DBackpropInputV2", "VALID", input_sizes=np.array([2, 4, 4, 4, 1], np.int32),
         filter=r.f(2, 2, 2, 1, 3), out_backprop=In(r.f(2, 3, 3, 3, 3)), strides=[1, 1, 1, 1, 1], padding="VALID")
    r.op("DepthwiseConv2dNativeBackpropInput", "SAME", input_sizes=np.array([1, 5, 6, 3], np.int32),
         filter=r.f(3, 3, 3, 2), out_backprop=In(r.f(1, 3, 3, 6)), strides=[1, 2, 2, 1], padding="SAME")
    r.graph("Conv2DTranspose", "sizes from the shape", lambda x: tf.nn.conv2d_transpose(
        x, tf.constant(r.f(3, 3, 2, 3)), tf.stack([tf.shape(x)[0], tf.shape(x)[1] * 2, tf.shape(x)[2] * 2, 2]), 2), [In(r.f(2, 3, 4, 3))])


def pool(r):
    for op, key in [("MaxPool", "input"), ("AvgPool", "value")]:
        for size, window, stride, padding in [((4, 4), 2, 2, "VALID"), ((5, 7), 3, 2, "SAME"), ((5, 7), 3, 2, "VALID"),
                                              ((6, 5), 2, 1, "SAME"), ((3, 3), 5, 1, "SAME"), ((7, 7), 7, 1, "VALID"),
                                              ((8, 8), 1, 2, "SAME"), ((9, 4), 3, 3, "SAME")]:
            r.op(op, f"{window}x{window} {padding} stride {stride}", ksize=[1, window, window, 1],
                 strides=[1, stride, stride, 1], padding=padding, **{key: In(r.f(2, *size, 3, lo=-9, hi=-1))})
        r.op(op, "unequal", ksize=[1, 1, 4, 1], strides=[1, 2, 3, 1], padding="SAME", **{key: In(r.f(1, 5, 10, 2))})
        r.op(op, "f64", ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="SAME", **{key: In(r.f(1, 3, 4, 2, dtype=np.float64))})
        r.op(op, "f16", ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="SAME", **{key: In(r.f(1, 3, 4, 2, dtype=np.float16))})
        r.op(op, "empty batch", ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="SAME", **{key: In(r.f(0, 3, 4, 2))})
    r.op("MaxPool", "along channels", input=In(r.f(1, 2, 3, 6)), ksize=[1, 1, 1, 3], strides=[1, 1, 1, 3], padding="VALID")
    r.op("MaxPool", "EXPLICIT", input=In(r.f(1, 5, 5, 2)), ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding="EXPLICIT",
         explicit_paddings=[0, 0, 1, 1, 0, 2, 0, 0])
    r.op("MaxPool", "int32", input=In(r.i(1, 4, 4, 2)), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    r.op("MaxPoolV2", input=In(r.f(1, 5, 6, 2)), ksize=np.array([1, 2, 3, 1], np.int32),
         strides=np.array([1, 2, 1, 1], np.int32), padding="SAME")
    for op in ("MaxPool3D", "AvgPool3D"):
        r.op(op, "SAME", input=In(r.f(1, 4, 5, 6, 2)), ksize=[1, 2, 3, 2, 1], strides=[1, 2, 2, 2, 1], padding="SAME")
        r.op(op, "VALID", input=In(r.f(2, 3, 4, 5, 1)), ksize=[1, 3, 2, 2, 1], strides=[1, 1, 1, 2, 1], padding="VALID")


def norm(r):
    for op in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"):
        r.op(op, "inference", outputs=[0], x=In(r.f(2, 3, 4, 5)), scale=r.f(5), offset=r.f(5), mean=r.f(5),
             variance=r.f(5, lo=0.1, hi=2), is_training=False, epsilon=1e-3)
        r.op(op, "training", outputs=[0, 1, 2], x=In(r.f(2, 3, 2, 3)), scale=r.f(3), offset=r.f(3),
             mean=np.zeros(0, np.float32), variance=np.zeros(0, np.float32), is_training=True, epsilon=1e-3)
    r.op("FusedBatchNormV3", "run-time parameters", outputs=[0, 1, 2], x=In(r.f(1, 2, 2, 3)), scale=In(r.f(3)), offset=In(r.f(3)),
         mean=In(r.f(3)), variance=In(r.f(3, lo=0.1, hi=2)), is_training=False)
    r.op("FusedBatchNormV3", "f16", outputs=[0], x=In(r.f(1, 2, 2, 3, dtype=np.float16)), scale=r.f(3), offset=r.f(3),
         mean=r.f(3), variance=r.f(3, lo=0.1, hi=2), is_training=False)
    r.op("FusedBatchNormV3", "running average", outputs=[0, 1, 2], x=In(r.f(2, 3, 2, 3)), scale=r.f(3), offset=r.f(3),
         mean=r.f(3), variance=r.f(3, lo=0.1, hi=2), is_training=True, exponential_avg_factor=0.3)
    r.op("FusedBatchNormV3", "NDHWC", outputs=[0], x=In(r.f(1, 2, 2, 2, 3)), scale=r.f(3), offset=r.f(3),
         mean=r.f(3), variance=r.f(3, lo=0.1, hi=2), is_training=False, data_format="NDHWC")
    for radius, bias, alpha, beta, channels in [(5, 1.0, 1.0, 0.5, 7), (2, 2.0, 1e-4, 0.75, 6), (1, 1.0, 0.3, 1.0, 1), (9, 1.0, 0.1, 0.75, 4)]:
        r.op("LRN", f"radius {radius}", input=In(r.f(2, 3, 2, channels)), depth_radius=radius, bias=bias, alpha=alpha, beta=beta)
    for op in ("Softmax", "LogSoftmax"):
        for shape in [(5,), (3, 7), (2, 3, 1), (2, 1, 3, 4), (0, 3)]:
            r.op(op, logits=In(r.f(*shape, lo=-8, hi=8)))
        r.op(op, "large", logits=In(np.array([[1000, 1001, 999], [-1000, 0, -1001]], np.float32)))
        r.op(op, "f64", logits=In(r.f(2, 4, dtype=np.float64)))
        r.op(op, "f16", logits=In(r.f(2, 4, dtype=np.float16)))
    r.op("L2Loss", t=In(r.f(3, 4)))
    r.op("L2Loss", "scalar", t=In(r.f()))
    r.graph("LayerNorm", "", lambda x: layer_norm(r, x), [In(r.f(3, 9))])
    r.graph("L2Normalize", "", lambda x: tf.math.l2_normalize(x, axis=-1), [In(r.f(3, 5))])


def layer_norm(r, x):
    mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, r.f(9), r.f(9), 1e-5)


def channels_first(r):
    """The CPU runs channels last only, so that is the reference."""

    def twin(op, note, value, run):
        rank = len(value.shape)
        last, first = [0, *range(2, rank), 1], [0, rank - 1, *range(1, rank - 1)]
        r.graph(op, note, lambda x: run(x, True), [In(value)],
                reference=lambda x: tf.transpose(run(tf.transpose(x, last), False), first))

    def image(nchw):
        return dict(data_format="NCHW" if nchw else "NHWC")

    def volume(nchw):
        return dict(data_format="NCDHW" if nchw else "NDHWC")

    def place(nchw, *spatial):
        return [1, 1, *spatial] if nchw else [1, *spatial, 1]

    w, w3 = r.f(3, 2, 3, 4), r.f(2, 2, 3, 3, 2)
    for padding in ("SAME", "VALID"):
        twin("Conv2D", padding, r.f(2, 3, 7, 6), lambda x, c: tf.raw_ops.Conv2D(
            input=x, filter=w, strides=place(c, 2, 1), dilations=place(c, 1, 1), padding=padding, **image(c)))
        twin("Conv3D", padding, r.f(1, 3, 4, 5, 6), lambda x, c: tf.raw_ops.Conv3D(
            input=x, filter=w3, strides=place(c, 2, 1, 2), padding=padding, **volume(c)))
        for op, key in ("MaxPool", "input"), ("AvgPool", "value"):
            twin(op, padding, r.f(2, 3, 7, 6), lambda x, c: getattr(tf.raw_ops, op)(
                ksize=place(c, 3, 2), strides=place(c, 2, 1), padding=padding, **image(c), **{key: x}))
        twin("MaxPool3D", padding, r.f(1, 2, 4, 5, 6), lambda x, c: tf.raw_ops.MaxPool3D(
            input=x, ksize=place(c, 2, 3, 2), strides=place(c, 1, 2, 2), padding=padding, **volume(c)))
    twin("Conv2D", "dilated", r.f(1, 3, 9, 9), lambda x, c: tf.raw_ops.Conv2D(
        input=x, filter=w, strides=place(c, 1, 1), dilations=place(c, 2, 3), padding="SAME", **image(c)))
    twin("Conv2D", "EXPLICIT", r.f(1, 3, 6, 6), lambda x, c: tf.raw_ops.Conv2D(
        input=x, filter=w, strides=place(c, 1, 1), padding="EXPLICIT",
        explicit_paddings=[0, 0, 0, 0, 1, 2, 0, 3] if c else [0, 0, 1, 2, 0, 3, 0, 0], **image(c)))
    depthwise = r.f(3, 3, 3, 2)
    twin("DepthwiseConv2dNative", "", r.f(2, 3, 5, 6), lambda x, c: tf.raw_ops.DepthwiseConv2dNative(
        input=x, filter=depthwise, strides=place(c, 1, 1), padding="SAME", **image(c)))
    back = r.f(3, 3, 2, 4)
    twin("Conv2DBackpropInput", "", r.f(1, 4, 3, 4), lambda x, c: tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 2, 5, 8] if c else [1, 5, 8, 2], filter=back, out_backprop=x, strides=place(c, 2, 2),
        padding="SAME", **image(c)))
    parameters = [r.f(3), r.f(3), r.f(3), r.f(3, lo=0.1)]
    for training in (False, True):
        twin("FusedBatchNormV3", f"training {training}", r.f(2, 3, 4, 5), lambda x, c: tf.raw_ops.FusedBatchNormV3(
            x=x, scale=parameters[0], offset=parameters[1], mean=[] if training else parameters[2],
            variance=[] if training else parameters[3], is_training=training, **image(c)).y)
    twin("SpaceToDepth", "", r.f(1, 3, 4, 6), lambda x, c: tf.raw_ops.SpaceToDepth(input=x, block_size=2, **image(c)))
    twin("DepthToSpace", "", r.f(1, 8, 2, 3), lambda x, c: tf.raw_ops.DepthToSpace(input=x, block_size=2, **image(c)))


def reduce(r):
    axes = [[0], [-1], [1, 2], [0, 2], [], [-3, 1], [2, 0, 1]]
    for k, op in enumerate(["Sum", "Mean", "Max", "Min", "Prod", "EuclideanNorm"]):
        for j in range(4):
            r.op(op, f"axes {axes[(k + j) % 7]}", input=In(r.f(3, 4, 5)), axis=np.array(axes[(k + j) % 7], np.int32),
                 keep_dims=bool((k + j) % 2))
        r.op(op, "scalar axis", input=In(r.f(3, 4)), axis=np.int64(-2))
        r.op(op, "f64", input=In(r.f(2, 3, dtype=np.float64)), axis=np.int32(1))
        r.op(op, "extent 1", input=In(r.f(2, 1, 3)), axis=np.int32(1), keep_dims=True)
        if op != "EuclideanNorm":
            r.op(op, "empty extent", input=In(r.f(2, 0, 3)), axis=np.int32(1))
    for op in ("Sum", "Mean", "Max", "Min", "Prod"):
        for t in (np.int32, np.int64):
            r.op(op, t.__name__, input=In(r.i(3, 4, lo=-5, hi=5, dtype=t)), axis=np.int32(0))
    r.op("Mean", "bf16", input=In(r.f(3, 4, dtype=BF16)), axis=np.int32(1))
    r.op("Sum", "f16", input=In(r.f(3, 4, dtype=np.float16)), axis=np.int32(1))
    r.op("Max", "NaN", input=In(np.array([[1, np.nan], [3, 2], [np.inf, -np.inf]], np.float32)), axis=np.int32(1))
    r.op("Min", "uint8", input=In(r.i(3, 4, lo=0, hi=255, dtype=np.uint8)), axis=np.int32(1))
    for op in ("All", "Any"):
        r.op(op, input=In(r.b(3, 2, 2)), axis=np.array([0, -1], np.int32))
        r.op(op, "keep", input=In(r.b(3, 2)), axis=np.int32(1), keep_dims=True)
        r.op(op, "empty extent", input=In(r.b(0, 2)), axis=np.int32(0))
    for op in ("ArgMax", "ArgMin"):
        for axis, t in [(0, tf.int64), (-1, tf.int32), (1, tf.int64)]:
            r.op(op, f"axis {axis}", input=In(r.f(3, 4, 5)), dimension=np.int32(axis), output_type=t)
        r.op(op, "ties", input=In(np.array([2, 7, 7, 2, 1, 1], np.float32)), dimension=np.int32(0))
        r.op(op, "int32", input=In(r.i(3, 4)), dimension=np.int32(1))
    for k in (1, 3, 5):
        r.op("TopKV2", f"k {k}", input=In(r.f(2, 5)), k=np.int32(k))
    r.op("TopKV2", "ties", input=In(np.array([1, 3, 3, 2, 3, 1], np.int32)), k=np.int32(4))
    r.op("TopKV2", "k 0", input=In(r.f(2, 5)), k=np.int32(0))
    for op in ("Cumsum", "Cumprod"):
        for exclusive in (False, True):
            for reverse in (False, True):
                r.op(op, f"exclusive {exclusive} reverse {reverse}", x=In(r.f(3, 4)), axis=np.int32(-1),
                     exclusive=exclusive, reverse=reverse)
        r.op(op, "int32 axis 0", x=In(r.i(4, 2, lo=-3, hi=4)), axis=np.int32(0))


FAMILIES = {"MatMul": matmul, "Einsum": einsum, "Conv": conv, "Gradient": gradient, "Pool": pool, "Norm": norm,
            "ChannelsFirst": channels_first, "Reduce": reduce}
