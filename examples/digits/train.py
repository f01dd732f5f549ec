#!/usr/bin/env python3
"""Trains a small digit classifier and writes it as a TensorFlow GraphDef.

    train.py OUTPUT_FOLDER

writes digits.pb (the trained graph, image [?,28,28,1] -> probabilities [?,10])
and samples.bin (images for the demo: ten of 28x28 float32, digits 0 to 9).
Needs only numpy and protobuf: the training data are drawn, seeded, from a
bitmap font with random shift, rotation, scale, shear, stroke width and noise;
TensorFlow is not involved, the graph is written with the repository's own
description of the format.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np

SEED = 20240229
SIZE = 28
FONT = """
 ###    #    ###   ###     #  #####  ###  #####  ###   ###
#   #  ##   #   # #   #   ##  #     #   #     # #   # #   #
#  ##   #       #     #  # #  ####  #        #  #   # #   #
# # #   #      #    ##  #  #      # ####    #    ###   ####
##  #   #     #       # #####     # #   #  #    #   #     #
#   #   #    #    #   #    #  #   # #   #  #    #   # #   #
 ###   ###  #####  ###     #   ###   ###   #     ###   ###
"""


def glyphs():
    """The ten digits as 7x5 bitmaps with a margin of one: [10, 9, 7]."""
    rows = [line.ljust(60) for line in FONT.strip("\n").split("\n")]
    result = np.zeros((10, 9, 7))
    for digit in range(10):
        for y, row in enumerate(rows):
            for x, c in enumerate(row[digit * 6 : digit * 6 + 5]):
                result[digit, y + 1, x + 1] = c == "#"
    return result


def draw(labels, random):
    """Images [n, 28, 28, 1] in [0, 1] of the digits `labels`, each distorted its own way."""
    n = len(labels)
    angle = random.uniform(-0.25, 0.25, (n, 1, 1))
    shear = random.uniform(-0.3, 0.3, (n, 1, 1))
    height = random.uniform(0.34, 0.46, (n, 1, 1))  # font pixels a pixel
    width = height * random.uniform(0.8, 1.15, (n, 1, 1))
    y, x = np.mgrid[0:SIZE, 0:SIZE] - (SIZE - 1) / 2
    y = y - random.uniform(-3, 3, (n, 1, 1))
    x = x - random.uniform(-3, 3, (n, 1, 1))
    v = (np.cos(angle) * y - np.sin(angle) * x) * height
    u = (np.sin(angle) * y + np.cos(angle) * x + shear * v) * width
    font = glyphs()[labels]
    u, v = np.clip(u + 3, 0, 5.999), np.clip(v + 4, 0, 7.999)
    i, j = v.astype(int), u.astype(int)
    fy, fx, k = v - i, u - j, np.arange(n)[:, None, None]
    value = (font[k, i, j] * (1 - fy) * (1 - fx) + font[k, i, j + 1] * (1 - fy) * fx
             + font[k, i + 1, j] * fy * (1 - fx) + font[k, i + 1, j + 1] * fy * fx)
    threshold = random.uniform(0.35, 0.6, (n, 1, 1))  # the width of the stroke
    image = np.clip((value - threshold) * 4 + 0.5, 0, 1) + random.normal(0, 0.08, (n, SIZE, SIZE))
    return np.clip(image, 0, 1).astype(np.float32)[..., None]


def patches(x, stride):
    """3x3 neighbourhoods under SAME padding: [n, h, w, 9*c]."""
    n, h, w, c = x.shape
    out_h, out_w = -(-h // stride), -(-w // stride)
    low = max((out_h - 1) * stride + 3 - h, 0) // 2
    padded = np.pad(x, ((0, 0), (low, 2), (low, 2), (0, 0)))
    parts = [padded[:, i : i + stride * out_h : stride, j : j + stride * out_w : stride] for i in range(3) for j in range(3)]
    return np.concatenate(parts, axis=3)


def unpatches(gradient, shape, stride):
    """The adjoint of patches()."""
    n, h, w, c = shape
    out_h, out_w = gradient.shape[1:3]
    low = max((out_h - 1) * stride + 3 - h, 0) // 2
    padded = np.zeros((n, h + low + 2, w + low + 2, c), np.float32)
    for k in range(9):
        i, j = divmod(k, 3)
        padded[:, i : i + stride * out_h : stride, j : j + stride * out_w : stride] += gradient[..., k * c : (k + 1) * c]
    return padded[:, low : low + h, low : low + w]


def forward(p, x):
    """Probabilities and what the backward pass needs."""
    a = patches(x, 2)                                  # 14x14
    h1 = np.maximum(a @ p["w1"] + p["b1"], 0)
    b = patches(h1, 1)
    h2 = np.maximum(b @ p["w2"] + p["b2"], 0)
    n = len(x)
    blocks = h2.reshape(n, 7, 2, 7, 2, -1)
    h3 = blocks.max(axis=(2, 4))                       # 7x7
    flat = h3.reshape(n, -1)
    logits = flat @ p["w3"] + p["b3"]
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True), (a, h1, b, h2, blocks, h3, flat)


def gradients(p, x, labels):
    probabilities, (a, h1, b, h2, blocks, h3, flat) = forward(p, x)
    n = len(x)
    d = probabilities.copy()
    d[np.arange(n), labels] -= 1
    d /= n
    g = {"w3": flat.T @ d, "b3": d.sum(0)}
    d = (d @ p["w3"].T).reshape(h3.shape)
    d = (d[:, :, None, :, None] * (blocks == h3[:, :, None, :, None])).reshape(h2.shape) * (h2 > 0)
    g["w2"], g["b2"] = np.tensordot(b, d, ((0, 1, 2), (0, 1, 2))), d.sum((0, 1, 2))
    d = unpatches(d @ p["w2"].T, h1.shape, 1) * (h1 > 0)
    g["w1"], g["b1"] = np.tensordot(a, d, ((0, 1, 2), (0, 1, 2))), d.sum((0, 1, 2))
    return g


def train(random, images=6000, epochs=6, batch=50):
    normal = lambda *shape: random.normal(0, np.sqrt(2 / shape[0]), shape).astype(np.float32)
    p = {"w1": normal(9, 8), "w2": normal(72, 16), "w3": normal(784, 10)}
    p.update({"b%d" % i: np.zeros(p["w%d" % i].shape[1], np.float32) for i in (1, 2, 3)})
    speed = {name: np.zeros_like(value) for name, value in p.items()}
    labels = np.arange(images) % 10
    x = draw(labels, random)
    for epoch in range(epochs):
        order = random.permutation(images)
        rate = 0.05 * (1 - epoch / epochs)
        for start in range(0, images, batch):
            chosen = order[start : start + batch]
            for name, g in gradients(p, x[chosen], labels[chosen]).items():
                speed[name] = 0.9 * speed[name] - rate * g.astype(np.float32)
                p[name] = p[name] + speed[name]
    return p


def graph_messages():
    """The Python classes of the repository's graph.proto, generated on the fly."""
    root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
    proto = "compiler/frontend/tensorflow/proto/"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.check_call(["protoc", "--python_out=" + folder, "-I" + root,
                               *(os.path.join(root, proto, name) for name in ("tensor.proto", "graph.proto"))])
        sys.path.insert(0, folder)
        from compiler.frontend.tensorflow.proto import graph_pb2
    return graph_pb2


def write_graph(p, path):
    pb = graph_messages()
    graph = pb.GraphDef()
    DT_FLOAT, DT_INT32 = 1, 3

    def node(op, name, *inputs, **attrs):
        n = graph.node.add()
        n.name, n.op = name, op
        n.input.extend(inputs)
        for key, value in attrs.items():
            a = n.attr[key]
            if key in ("T", "dtype", "Tshape"):
                a.type = value
            elif isinstance(value, str):
                a.s = value.encode()
            elif isinstance(value, list):
                a.list.i.extend(value)
                a.list.SetInParent()
            elif isinstance(value, np.ndarray):
                a.tensor.dtype = DT_INT32 if value.dtype == np.int32 else DT_FLOAT
                for extent in value.shape:
                    a.tensor.tensor_shape.dim.add().size = extent
                a.tensor.tensor_content = value.astype(value.dtype.newbyteorder("<")).tobytes()
            else:
                for extent in value:
                    a.shape.dim.add().size = extent
        return name

    def constant(name, value):
        return node("Const", name, dtype=DT_INT32 if value.dtype == np.int32 else DT_FLOAT, value=value)

    def layer(x, i, channels, stride):
        filters = p["w%d" % i].reshape(3, 3, channels, -1)
        x = node("Conv2D", "conv%d" % i, x, constant("conv%d/filter" % i, filters), T=DT_FLOAT,
                 strides=[1, stride, stride, 1], padding="SAME", data_format="NHWC", dilations=[1, 1, 1, 1])
        x = node("BiasAdd", "conv%d/biased" % i, x, constant("conv%d/bias" % i, p["b%d" % i]), T=DT_FLOAT)
        return node("Relu", "conv%d/relu" % i, x, T=DT_FLOAT)

    x = node("Placeholder", "image", dtype=DT_FLOAT, shape=(-1, SIZE, SIZE, 1))
    x = layer(layer(x, 1, 1, 2), 2, 8, 1)
    x = node("MaxPool", "pool", x, T=DT_FLOAT, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID", data_format="NHWC")
    x = node("Reshape", "flat", x, constant("flat/shape", np.array([-1, 784], np.int32)), T=DT_FLOAT, Tshape=DT_INT32)
    x = node("MatMul", "dense", x, constant("dense/weights", p["w3"]), T=DT_FLOAT)
    x = node("BiasAdd", "logits", x, constant("dense/bias", p["b3"]), T=DT_FLOAT)
    node("Softmax", "probabilities", x, T=DT_FLOAT)
    with open(path, "wb") as f:
        f.write(graph.SerializeToString(deterministic=True))


def main(folder):
    random = np.random.default_rng(SEED)
    p = train(random)
    labels = np.arange(2000) % 10
    guessed = forward(p, draw(labels, random))[0].argmax(1)
    print("digits: trained, %.1f %% of 2000 unseen digits are recognised" % (100 * np.mean(guessed == labels)))
    os.makedirs(folder, exist_ok=True)
    write_graph(p, os.path.join(folder, "digits.pb"))
    draw(np.arange(10), random).tofile(os.path.join(folder, "samples.bin"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: train.py OUTPUT_FOLDER")
    main(sys.argv[1])
