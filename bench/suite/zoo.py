"""The networks of the suite, built from Keras and TensorFlow functions with seeded weights.

ZOO maps a name to a builder; a builder returns (function, [TensorSpec]). Keras draws the weights from the seed;
normalisation statistics are those of a random batch, so that activations stay of order one through any depth.
"""
import keras
import numpy as np
import tensorflow as tf

layers = keras.layers
SIZE = 224  # images of the keras.applications


def spec(*shape, dtype=tf.float32):
    return tf.TensorSpec(shape, dtype, name="x")


def calibrated(model):
    """Sets the statistics of every batch norm to those of a random batch, its scale and offset to random ones."""
    rng = np.random.default_rng(3)
    for norm in (l for l in model.layers if isinstance(l, layers.BatchNormalization)):
        norm.momentum = 0.0
        for variable, mean in ((norm.gamma, 1.0), (norm.beta, 0.0)):
            if variable is not None:
                variable.assign(rng.normal(mean, 0.1, variable.shape))
    model(rng.standard_normal((8, *model.input_shape[1:])).astype(np.float32), training=True)
    return model


def inference(model):
    return lambda x: model(x, training=False), [spec(1, *model.input_shape[1:])]


def application(name, **options):
    make = getattr(keras.applications, name)
    return inference(calibrated(make(weights=None, input_shape=(SIZE, SIZE, 3), **options)))


def sequential(*stack):
    return calibrated(keras.Sequential(stack))


def mlp():
    return inference(sequential(layers.Input((784,)), layers.Dense(512, "relu"), layers.Dense(512, "relu"),
                                layers.Dense(10, "softmax")))


def lstm_model(unroll):
    keras.utils.set_random_seed(1)  # both forms have the same weights
    return sequential(layers.Input((28, 28)), layers.LSTM(128, return_sequences=True, unroll=unroll),
                      layers.LSTM(128, unroll=unroll), layers.Dense(10, "softmax"))


def conv(filters, kernel, stride=1, padding="same", norm=True, activation=True):
    parts = [layers.Conv2D(filters, kernel, stride, padding)]
    return parts + [layers.BatchNormalization()] * norm + [layers.ReLU()] * activation


def separable(filters, kernel=3, stride=1, padding="same"):
    return [layers.DepthwiseConv2D(kernel, stride, padding), layers.BatchNormalization(), layers.ReLU(),
            *conv(filters, 1)]


def chain(x, parts):
    for part in parts:
        x = part(x)
    return x


def classes(count, pool):
    return [layers.AveragePooling2D(pool), layers.Flatten(), layers.Dense(count, "softmax")]


# Stand-ins of the shape of MLPerf Tiny's networks, for machines without ../shared/models.

def tiny_kws():
    blocks = [part for _ in range(4) for part in separable(64)]
    return inference(sequential(layers.Input((49, 10, 1)), *conv(64, (10, 4), 2), *blocks, *classes(12, (25, 5))))


def tiny_ic():
    inputs = x = keras.Input((32, 32, 3))
    x = chain(x, conv(16, 3))
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        y = chain(x, [*conv(filters, 3, stride), *conv(filters, 3, activation=False)])
        if stride > 1:
            x = chain(x, conv(filters, 1, stride, norm=False, activation=False))
        x = layers.ReLU()(layers.Add()([x, y]))
    return inference(calibrated(keras.Model(inputs, chain(x, classes(10, 8)))))


def tiny_vww():
    plan = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *((128, 1),) * 5, (256, 2), (256, 1))
    blocks = [part for filters, stride in plan for part in separable(filters, 3, stride)]
    return inference(sequential(layers.Input((96, 96, 3)), *conv(8, 3, 2), *blocks, *classes(2, 3)))


def tiny_ad():
    hidden = [part for units in (128,) * 4 + (8,) + (128,) * 4
              for part in (layers.Dense(units), layers.BatchNormalization(), layers.ReLU())]
    return inference(sequential(layers.Input((640,)), *hidden, layers.Dense(640)))


def tiny_ww():
    blocks = [part for filters, taps in ((128, 3), (128, 5), (128, 10), (32, 15))
              for part in (layers.DepthwiseConv2D((taps, 1), use_bias=False), *conv(filters, 1))]
    return inference(sequential(layers.Input((30, 1, 40)), *blocks, layers.Flatten(), layers.Dense(3, "softmax")))


def bert(depth, width, heads, tokens=128, vocabulary=8192):
    rng = np.random.default_rng(2)
    weight = lambda *shape: tf.constant(rng.normal(0, width ** -0.5, shape).astype(np.float32))
    scale = lambda: tf.constant(rng.normal(1, 0.1, width).astype(np.float32))
    embedding, position = weight(vocabulary, width), weight(tokens, width)
    blocks = [dict(qkv=weight(width, 3 * width), qkv_bias=weight(3 * width), out=weight(width, width),
                   out_bias=weight(width), scale1=scale(), offset1=weight(width), up=weight(width, 4 * width),
                   up_bias=weight(4 * width), down=weight(4 * width, width) / 2, down_bias=weight(width),
                   scale2=scale(), offset2=weight(width)) for _ in range(depth)]

    def norm(x, scale, offset):
        mean = tf.reduce_mean(x, -1, keepdims=True)
        variance = tf.reduce_mean(tf.math.squared_difference(x, mean), -1, keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-6) * scale + offset

    def gelu(x):
        return 0.5 * x * (1 + tf.math.erf(x / np.float32(2 ** 0.5)))

    def attention(x, p):
        qkv = tf.reshape(tf.matmul(x, p["qkv"]) + p["qkv_bias"], [1, tokens, 3, heads, width // heads])
        q, k, v = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4]))
        scores = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / np.float32((width // heads) ** 0.5))
        mixed = tf.reshape(tf.transpose(tf.matmul(scores, v), [0, 2, 1, 3]), [tokens, width])
        return tf.matmul(mixed, p["out"]) + p["out_bias"]

    def encode(x):
        x = tf.reshape(tf.gather(embedding, x) + position, [tokens, width])
        for p in blocks:
            x = norm(x + attention(x, p), p["scale1"], p["offset1"])
            x = norm(x + tf.matmul(gelu(tf.matmul(x, p["up"]) + p["up_bias"]), p["down"]) + p["down_bias"],
                     p["scale2"], p["offset2"])
        return tf.nn.tanh(x[:1])

    return encode, [spec(1, tokens, dtype=tf.int32)]


ZOO = {
    "mlp": mlp,
    "lstm": lambda: inference(lstm_model(unroll=True)),
    "tiny_kws": tiny_kws,
    "tiny_ic": tiny_ic,
    "tiny_vww": tiny_vww,
    "tiny_ad": tiny_ad,
    "tiny_ww": tiny_ww,
    "mobilenetv2": lambda: application("MobileNetV2"),
    "mobilenetv3_small": lambda: application("MobileNetV3Small", include_preprocessing=False),
    "efficientnet_b0": lambda: application("EfficientNetB0"),
    "resnet50": lambda: application("ResNet50"),
    "densenet121": lambda: application("DenseNet121"),
    "bert_small": lambda: bert(4, 256, 4),
    "bert_base": lambda: bert(12, 768, 12),
}
# The same network in another form, which a peer may run faster.
ALTERNATIVES = {"lstm": lambda: inference(lstm_model(unroll=False))}
