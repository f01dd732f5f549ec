"""Loops, branches and lists of tensors, in TensorFlow 1's form and as functions."""
import numpy as np
import tensorflow as tf

from recorder import In

V1 = tf.compat.v1
raw = tf.raw_ops


def frames(build):
    """Control flow as Switch, Merge, Enter ... (TensorFlow 1)."""
    def graph(*fed):
        V1.disable_control_flow_v2()
        try:
            return build(*fed)
        finally:
            V1.enable_control_flow_v2()
    return graph


def functions(build):
    """Control flow as While, If, Case with functions (TensorFlow 2)."""
    def graph(*fed):
        V1.enable_control_flow_v2()
        return build(*fed)
    return graph


def both(r, note, build, inputs, **options):
    r.graph("While", note + " frames", frames(build), inputs, **options)
    r.graph("While", note + " functions", functions(build), inputs, **options)


def cells(r):
    w, u = r.f(3, 8), r.f(2, 8)

    def lstm(x, state):
        h, c = state
        i, j, f, o = tf.split(x @ w + h @ u, 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(j)
        return tf.sigmoid(o) * tf.tanh(c), c
    return lstm


def loops(r):
    x = lambda *s: In(r.f(*s))
    power = lambda a: tf.while_loop(lambda i, v: i < 5, lambda i, v: (i + 1, v * 0.5 + a), (0, a))[1]
    both(r, "counted", power, [x(2, 3)])
    both(r, "no rounds", lambda a: tf.while_loop(lambda i, v: i < 0, lambda i, v: (i + 1, v * a), (0, a))[1], [x(2)])
    both(r, "shapes change", lambda a: tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, tf.concat([v, a], 0)), (0, a),
                                                     (tf.TensorShape([]), tf.TensorShape([None, 2])))[1], [x(1, 2)])
    both(r, "two loops", lambda a: power(power(a)) + power(a), [x(3)])

    def nested(a):
        inner = lambda n, v: tf.while_loop(lambda j, u: j < n, lambda j, u: (j + 1, u + tf.cast(n, tf.float32) * a), (0, v))[1]
        return tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, inner(i, v) * 0.5), (0, a))[1]
    both(r, "nested", nested, [x(2, 2)])

    def sequence(a):
        lstm = cells(r)
        batch = a.shape[1]
        xs = tf.TensorArray(tf.float32, a.shape[0]).unstack(a)
        ys = tf.TensorArray(tf.float32, a.shape[0])
        def step(t, h, c, ys):
            h, c = lstm(xs.read(t), (h, c))
            return t + 1, h, c, ys.write(t, h)
        _, h, c, ys = tf.while_loop(lambda t, *_: t < a.shape[0], step, (0, tf.zeros([batch, 2]), tf.zeros([batch, 2]), ys))
        return ys.stack(), h, c
    both(r, "LSTM", sequence, [x(5, 2, 3)])

    def chosen(a):
        step = lambda i, v: (i + 1, tf.cond(i % 2 > 0, lambda: v + a, lambda: v * 0.5))
        return tf.while_loop(lambda i, v: i < 4, step, (0, a))[1]
    both(r, "branches inside", chosen, [x(3)])
    r.graph("While", "map_fn frames", frames(lambda a: tf.map_fn(lambda row: tf.nn.softmax(row) * 2.0, a)), [x(3, 4)])
    r.graph("While", "map_fn functions", functions(lambda a: tf.map_fn(lambda row: tf.nn.softmax(row) * 2.0, a)), [x(3, 4)])
    both(r, "scan", lambda a: tf.scan(lambda acc, row: acc * 0.5 + row, a, tf.zeros([2])), [x(4, 2)])
    both(r, "fold", lambda a: tf.foldr(lambda acc, row: acc * 0.5 + row, a), [x(4, 2)])
    both(r, "maximum_iterations", lambda a: tf.while_loop(lambda v: True, lambda v: (v * 0.5 + a,), (a,), maximum_iterations=3), [x(2)])


def data_loops(r):
    """How often they run depends on data."""
    x = lambda *s: In(r.f(*s))
    positive = lambda *s: In(np.abs(r.f(*s)) + 0.5)
    halve = lambda a: tf.while_loop(lambda i, v: tf.reduce_max(v) > 1.0, lambda i, v: (i + 1, v * 0.5), (0, a))
    both(r, "until small", halve, [In(np.array([7.0, 3.0], np.float32))])
    both(r, "no rounds", halve, [In(np.array([0.5, 0.25], np.float32))])
    root = lambda a: tf.while_loop(lambda v: tf.reduce_max(tf.abs(v * v - a)) > 1e-3, lambda v: [0.5 * (v + a / v)], [a])
    both(r, "Newton", root, [positive(4)])
    both(r, "counted by an input", lambda a, n: tf.while_loop(lambda i, v: i < n, lambda i, v: (i + 1, v * 0.5 + a), (0, a))[1],
         [x(2, 3), In(np.int32(5))])
    both(r, "two", lambda a: halve(halve(a)[1] * 5.0)[1] + halve(a)[1], [In(np.array([7.0, 3.0], np.float32))])

    def nested(a, n):
        inner = lambda m, v: tf.while_loop(lambda j, u: j < m, lambda j, u: (j + 1, u + a), (0, v))[1]
        return tf.while_loop(lambda i, v: i < n, lambda i, v: (i + 1, inner(i, v) * 0.5), (0, a))[1]
    both(r, "nested", nested, [x(2, 2), In(np.int32(3))])
    both(r, "a known one inside", lambda a: tf.while_loop(
        lambda v: tf.reduce_sum(v) < 50.0, lambda v: [tf.while_loop(lambda i, u: i < 3, lambda i, u: (i + 1, u * 1.5), (0, v))[1]], [a]), [positive(3)])
    chosen = lambda a: tf.while_loop(lambda i, v: tf.reduce_max(v) > 1.0,
                                     lambda i, v: (i + 1, tf.cond(i % 2 > 0, lambda: v - 0.5, lambda: v * 0.5)), (0, a))
    both(r, "branches inside", chosen, [In(np.array([9.0, 3.0], np.float32))])

    def sequence(a, lengths):
        lstm, batch = cells(r), a.shape[1]
        xs = tf.TensorArray(tf.float32, a.shape[0]).unstack(a)
        ys = tf.TensorArray(tf.float32, a.shape[0])
        def step(t, h, c, ys):
            live = tf.expand_dims(t < lengths, 1)
            nh, nc = lstm(xs.read(t), (h, c))
            return t + 1, tf.where(live, nh, h), tf.where(live, nc, c), ys.write(t, tf.where(live, nh, tf.zeros_like(nh)))
        end = tf.minimum(a.shape[0], tf.maximum(1, tf.reduce_max(lengths)))
        t, h, c, ys = tf.while_loop(lambda t, *_: t < end, step, (0, tf.zeros([batch, 2]), tf.zeros([batch, 2]), ys))
        return h, c, ys.read(1), t
    for lengths in ([3, 1], [5, 5]):
        both(r, f"LSTM with lengths {lengths}", sequence, [x(5, 2, 3), In(np.array(lengths, np.int32))])

    table, out = r.f(6, 3), r.f(3, 6)
    def greedy(h):
        ids = tf.TensorArray(tf.int32, 8, element_shape=[])
        def step(i, token, h, ids):
            h = tf.tanh(h * 0.7 + tf.gather(table, [token]))
            token = tf.argmax(h @ out, axis=1, output_type=tf.int32)[0]
            return i + 1, token, h, ids.write(i, token)
        i, _, _, ids = tf.while_loop(lambda i, token, *_: tf.logical_and(i < 8, tf.logical_not(tf.equal(token, 2))), step, (0, tf.constant(1), h, ids))
        return ids.read(0), i
    both(r, "decoding", greedy, [x(1, 3)])


def branches(r):
    x = lambda *s: In(r.f(*s))
    for name, form in (("frames", frames), ("functions", functions)):
        known = lambda flag: form(lambda a: tf.cond(tf.constant(flag), lambda: a + 1.0, lambda: a * 2.0))
        r.graph("If", f"known true {name}", known(True), [x(2, 3)])
        r.graph("If", f"known false {name}", known(False), [x(2, 3)])
        r.graph("If", f"shapes differ {name}", form(lambda a: tf.cond(tf.shape(a)[0] > 1, lambda: a[0], lambda: a)), [x(2, 3)])
        for value in (-1.0, 1.0):
            by_data = form(lambda a, p: tf.cond(p > 0.0, lambda: a + p, lambda: tf.nn.relu(a) * 2.0))
            r.graph("If", f"data {value} {name}", by_data, [x(2, 3), In(np.float32(value))])
            nested = form(lambda a, p: tf.cond(p > 0.0, lambda: tf.cond(a[0] > 0.0, lambda: a * p, lambda: a - p), lambda: a * 2.0))
            r.graph("If", f"nested data {value} {name}", nested, [x(3), In(np.float32(value))])
            constants = form(lambda a, p: a * tf.cond(p > 0.0, lambda: tf.constant(0.5), lambda: tf.constant(3.0)))
            r.graph("If", f"constants by data {value} {name}", constants, [x(3), In(np.float32(value))])
            several = form(lambda a, p: tf.cond(p > 0.0, lambda: (a, p), lambda: (a * 3.0, tf.reduce_sum(a))))
            r.graph("If", f"several results by data {value} {name}", several, [x(3), In(np.float32(value))])
        r.graph("If", f"constants known {name}", form(lambda a: a * tf.cond(tf.constant(False), lambda: tf.constant(0.5), lambda: tf.constant(3.0))), [x(3)])
    case = lambda a, i: tf.switch_case(i, [lambda: a, lambda: a * 2.0, lambda: a - 1.0])
    for index in (-1, 0, 1, 2, 7):
        r.graph("Case", f"data {index}", functions(case), [x(2), In(np.int32(index))])
    r.graph("Case", "known", functions(lambda a: case(a, tf.constant(1))), [x(2)])


def arrays(r):
    x = lambda *s: In(r.f(*s))

    new = lambda n, **more: tf.TensorArray(tf.float32, n, **more)
    cases = [
        ("stack", lambda a: new(2).write(1, a).write(0, a * 2.0).stack(), [x(2, 3)]),
        ("grows", lambda a: new(0, dynamic_size=True).write(0, a).write(1, a * 2.0).stack(), [x(2)]),
        ("read", lambda a: new(2, clear_after_read=False).unstack(a).read(1), [x(2, 3)]),
        ("read by data", lambda a, i: new(3, clear_after_read=False).unstack(a).read(i), [x(3, 2), In(np.int32(2))]),
        ("write by data", lambda a, i: new(1, element_shape=[2]).write(i, a).stack(), [x(2), In(np.int32(0))]),
        ("gather", lambda a: new(3).unstack(a).gather([2, 0]), [x(3, 2)]),
        ("scatter", lambda a: new(3).scatter([2, 0, 1], a).stack(), [x(3, 2)]),
        ("concat", lambda a: new(2, infer_shape=False).write(0, a).write(1, a[:1]).concat(), [x(2, 2)]),
        ("split", lambda a: new(2, infer_shape=False).split(a, [1, 2]).concat(), [x(3, 2)]),
        ("size", lambda a: new(4).unstack(a).size(), [x(4, 2)]),
    ]
    for note, build, inputs in cases:
        r.graph("TensorArray", note, frames(build), inputs)
    i32 = lambda *v: np.array(v, np.int32)
    reserve = lambda n: raw.TensorListReserve(element_shape=i32(2), num_elements=n, element_dtype=tf.float32)
    items = lambda a: raw.TensorListFromTensor(tensor=a, element_shape=i32(2))
    stack = lambda l: raw.TensorListStack(input_handle=l, element_shape=i32(-1), element_dtype=tf.float32)
    r.graph("TensorList", "from tensor", lambda a: stack(items(a)), [x(3, 2)])
    r.graph("TensorList", "unwritten items are zero", lambda a: stack(raw.TensorListSetItem(input_handle=reserve(3), index=1, item=a)), [x(2)])
    r.graph("TensorList", "get", lambda a: raw.TensorListGetItem(input_handle=items(a), index=2, element_shape=i32(2), element_dtype=tf.float32), [x(3, 2)])
    r.graph("TensorList", "get by data", lambda a, i: raw.TensorListGetItem(input_handle=items(a), index=i, element_shape=i32(2), element_dtype=tf.float32), [x(3, 2), In(np.int32(1))])
    r.graph("TensorList", "set by data", lambda a, b, i: stack(raw.TensorListSetItem(input_handle=items(a), index=i, item=b)), [x(3, 2), x(2), In(np.int32(1))])
    r.graph("TensorList", "length", lambda a: raw.TensorListLength(input_handle=items(a)), [x(3, 2)])
    r.graph("TensorList", "element shape", lambda a: raw.TensorListElementShape(input_handle=items(a), shape_type=tf.int32), [x(3, 2)])
    empty = lambda: raw.EmptyTensorList(element_shape=i32(2), max_num_elements=-1, element_dtype=tf.float32)
    push = lambda l, a: raw.TensorListPushBack(input_handle=l, tensor=a)
    r.graph("TensorList", "push", lambda a, b: stack(push(push(empty(), a), b)), [x(2), x(2)])
    r.graph("TensorList", "pop", lambda a, b: raw.TensorListPopBack(input_handle=push(push(empty(), a), b), element_shape=i32(2), element_dtype=tf.float32)[1], [x(2), x(2)])
    r.graph("TensorList", "gather", lambda a: raw.TensorListGather(input_handle=items(a), indices=[2, 0, 2], element_shape=i32(2), element_dtype=tf.float32), [x(3, 2)])
    r.graph("TensorList", "scatter", lambda a: stack(raw.TensorListScatterV2(tensor=a, indices=[3, 0], element_shape=i32(2), num_elements=5)), [x(2, 2)])
    r.graph("TensorList", "scatter into", lambda a, b: stack(raw.TensorListScatterIntoExistingList(input_handle=items(a), tensor=b, indices=[1])), [x(3, 2), x(1, 2)])
    r.graph("TensorList", "concat", lambda a: raw.TensorListConcatV2(input_handle=items(a), element_shape=i32(2), leading_dims=np.zeros(0, np.int64), element_dtype=tf.float32)[0], [x(3, 2)])
    r.graph("TensorList", "split", lambda a: raw.TensorListGetItem(input_handle=raw.TensorListSplit(tensor=a, element_shape=i32(-1, 3), lengths=np.array([1, 3], np.int64)), index=1, element_shape=i32(-1, 3), element_dtype=tf.float32), [x(4, 3)])
    r.graph("TensorList", "resize", lambda a: stack(raw.TensorListResize(input_handle=items(a), size=4)), [x(2, 2)])
    r.graph("TensorList", "join", lambda a, b: stack(raw.TensorListConcatLists(input_a=items(a), input_b=items(b), element_dtype=tf.float32)), [x(2, 2), x(1, 2)])


FAMILIES = {"Loop": loops, "DataLoop": data_loops, "Branch": branches, "List": arrays}
