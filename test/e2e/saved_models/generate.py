#!/usr/bin/env python3
"""Makes the SavedModels of this folder anew. Needs TensorFlow 2.19; tests do not run it.

usage: generate.py FOLDER

Below FOLDER one folder a model, and in it for every signature that compiles
SIGNATURE.in.NAME.npy and SIGNATURE.out.NAME.npy; of signatures with state, which SIGNATURE.steps marks, the
inputs and outputs have a leading axis of steps.
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
FLOAT = tf.float32


def values(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


class Module(tf.Module):
    """Several signatures, captured constants and variables of several types."""

    def __init__(self):
        self.w = tf.Variable(values(1, 4, 3))
        self.b = tf.Variable(values(2, 3))
        self.mask = tf.Variable([True, False, True])
        self.scale = tf.Variable(np.int32(3))
        self.shift = tf.constant(values(3, 300))  # a constant that functions capture

    @tf.function(input_signature=[tf.TensorSpec([None, 4], FLOAT, name="x")])
    def dense(self, x):
        y = tf.where(self.mask, tf.nn.relu(x @ self.w + self.b), 0.0)
        return {"y": y * tf.cast(self.scale, FLOAT), "first": x + self.shift[0]}

    @tf.function(input_signature=[tf.TensorSpec([2], tf.int32, name="rows")])
    def gather(self, rows):
        return {"rows": tf.gather(self.w, rows), "row": tf.gather_nd(self.w, rows[:, None])}


class Smoother(tf.Module):
    """Variables that each call assigns."""

    def __init__(self):
        self.window = tf.Variable(values(4, 3, 2))
        self.count = tf.Variable(0.0)
        self.gain = tf.Variable(values(5, 2))

    @tf.function(input_signature=[tf.TensorSpec([1, 2], FLOAT, name="x")])
    def step(self, x):
        before = self.window.read_value()
        self.window.assign(tf.concat([self.window[1:], x], 0))
        self.count.assign_add(1.0)
        return {"mean": tf.reduce_mean(self.window, 0) * self.gain, "oldest": before[0], "count": self.count.read_value()}


class Ring(tf.Module):
    """Variables that are updated in part, by functions, and that no call sees before it assigns them."""

    def __init__(self):
        self.rows = tf.Variable(tf.zeros([4, 2]))
        self.position = tf.Variable(np.int32(0))
        self.scratch = tf.Variable(tf.zeros([2]))
        self.total = tf.Variable(values(15, 2))

    @tf.function
    def push(self, x):
        self.rows.scatter_nd_update([[self.position % 4]], x)
        self.position.assign_add(1)

    @tf.function(input_signature=[tf.TensorSpec([1, 2], FLOAT, name="x")])
    def step(self, x):
        self.push(x)
        self.scratch.assign(x[0] * 2.0)
        self.total.assign_sub(self.scratch)
        return {"rows": self.rows.read_value(), "total": self.total + self.scratch}


class Table(tf.Module):
    def __init__(self):
        self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([1, 5], [0.5, 2.5]), 0.0)

    @tf.function(input_signature=[tf.TensorSpec([2], tf.int32, name="key")])
    def lookup(self, key):
        return {"value": self.table.lookup(key)}


def run(folder, signature, inputs, steps=0):
    function = tf.saved_model.load(folder).signatures[signature]
    call = lambda feeds: {k: v.numpy() for k, v in function(**{k: tf.constant(v) for k, v in feeds.items()}).items()}
    if steps:
        results = [call({k: v[i] for k, v in inputs.items()}) for i in range(steps)]
        outputs = {k: np.stack([r[k] for r in results]) for k in results[0]}
        open(f"{folder}/{signature}.steps", "w").close()
    else:
        outputs = call(inputs)
    for kind, tensors in (("in", inputs), ("out", outputs)):
        for name, value in tensors.items():
            np.save(f"{folder}/{signature}.{kind}.{name}.npy", value)


def part_of(whole):
    def initialize(shape, dtype=None, partition_info=None):
        starts = partition_info.var_offset if partition_info else [0] * len(shape)
        return tf.constant(whole[tuple(slice(start, start + int(size)) for start, size in zip(starts, shape))])
    return initialize


def session(folder, resource, partitions=0):
    """TensorFlow 1's way: a session's graph with a saver."""
    (v1.enable_resource_variables if resource else v1.disable_resource_variables)()
    with tf.Graph().as_default(), v1.Session() as s:
        x = v1.placeholder(FLOAT, [None, 4], name="x")
        partitioner = v1.fixed_size_partitioner(partitions) if partitions else None
        with v1.variable_scope("net", partitioner=partitioner):
            w = v1.get_variable("w", [4, 3], initializer=part_of(values(6, 4, 3)))
            b = v1.get_variable("b", [3], initializer=part_of(values(7, 3)))
        y = tf.nn.relu(tf.matmul(x, tf.convert_to_tensor(w)) + b, name="y")
        s.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(s, folder, {"feed": x}, {"result": y})
    run(folder, "serving_default", {"feed": values(8, 2, 4)})


def accumulator(folder):
    """A reference variable of TensorFlow 1 that the outputs assign."""
    v1.disable_resource_variables()
    with tf.Graph().as_default(), v1.Session() as s:
        x = v1.placeholder(FLOAT, [2], name="x")
        total = v1.get_variable("total", initializer=values(16, 2))
        s.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(s, folder, {"x": x}, {"y": v1.assign_add(total, x) * 2.0})
    run(folder, "serving_default", {"x": values(17, 4, 2)}, steps=4)


def uninitialized(folder):
    v1.enable_resource_variables()
    with tf.Graph().as_default(), v1.Session() as s:
        x = v1.placeholder(FLOAT, [2], name="x")
        kept = v1.get_variable("kept", initializer=values(9, 2))
        local = v1.get_variable("local", [2], collections=[v1.GraphKeys.LOCAL_VARIABLES])
        s.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(s, folder, {"x": x}, {"y": x * kept + local})


def main():
    root = sys.argv[1]
    at = lambda name: os.path.join(root, name)
    tf.random.set_seed(1)
    module = Module()
    tf.saved_model.save(module, at("module"), signatures={"serving_default": module.dense, "gather": module.gather})
    run(at("module"), "serving_default", {"x": values(10, 2, 4)})
    run(at("module"), "gather", {"rows": np.array([3, 1], np.int32)})
    smoother = Smoother()
    tf.saved_model.save(smoother, at("smoother"), signatures={"step": smoother.step})
    run(at("smoother"), "step", {"x": values(11, 5, 1, 2)}, steps=5)
    ring = Ring()
    tf.saved_model.save(ring, at("ring"), signatures={"step": ring.step})
    run(at("ring"), "step", {"x": values(13, 6, 1, 2)}, steps=6)
    accumulator(at("accumulator"))
    table = Table()
    tf.saved_model.save(table, at("table"), signatures={"serving_default": table.lookup})
    keras = tf.keras.Sequential([tf.keras.layers.Input((6, 5, 2)), tf.keras.layers.Conv2D(3, 3, activation="relu"),
                                 tf.keras.layers.BatchNormalization(), tf.keras.layers.Flatten(),
                                 tf.keras.layers.Dense(4, activation="softmax")])
    keras.export(at("keras"), verbose=False)
    run(at("keras"), "serving_default", {"keras_tensor": values(12, 1, 6, 5, 2)})
    rnn = tf.keras.Sequential([tf.keras.layers.Input((5, 3)), tf.keras.layers.LSTM(4, return_sequences=True),
                               tf.keras.layers.Bidirectional(tf.keras.layers.GRU(3)), tf.keras.layers.Dense(2)])
    rnn.export(at("rnn"), verbose=False)
    run(at("rnn"), "serving_default", {rnn.inputs[0].name: values(14, 2, 5, 3)})
    session(at("reference_variables"), resource=False)
    session(at("resource_variables"), resource=True)
    session(at("partitioned"), resource=False, partitions=2)
    session(at("partitioned_resources"), resource=True, partitions=2)
    uninitialized(at("uninitialized"))
    for name in os.listdir(root):
        for extra in ("fingerprint.pb", "assets"):
            path = os.path.join(root, name, extra)
            if os.path.isdir(path):
                os.rmdir(path)
            elif os.path.exists(path):
                os.remove(path)


if __name__ == "__main__":
    main()
