"""Extents that depend on data."""
import numpy as np
import tensorflow as tf

from recorder import In

V1 = tf.compat.v1


def i32(value):
    return In(np.int32(value))


def extents(r):
    x = lambda *s: In(r.f(*s))
    mask = lambda *s: In(r.b(*s))
    none, every = In(np.zeros(5, bool)), In(np.ones(5, bool))
    for note, flags in (("some", mask(5)), ("none", none), ("all", every), ("matrix", mask(3, 4)), ("cube", mask(2, 3, 2))):
        r.graph("Where", note, tf.where, [flags])
    r.graph("Where", "numbers", tf.where, [In(np.array([0.0, -1.0, 0.0, 2.5], np.float32))])
    select = tf.boolean_mask
    for note, flags in (("some", mask(5)), ("none", none), ("all", every)):
        r.graph("Where", f"boolean_mask {note}", select, [x(5, 3), flags])
    r.graph("Where", "boolean_mask matrix", select, [x(3, 4, 2), mask(3, 4)])
    r.graph("Where", "boolean_mask axis", lambda a, m: tf.boolean_mask(a, m, axis=1), [x(2, 5, 3), mask(5)])
    chosen = lambda a: tf.boolean_mask(a, a > 0.0)
    r.graph("Where", "then elementwise", lambda a: tf.exp(chosen(a)) * 2.0 + chosen(a), [x(9)])
    r.graph("Where", "then size", lambda a: (tf.size(chosen(a)), tf.shape(chosen(a))), [x(9)])
    for note, fn in (("sum", tf.reduce_sum), ("mean", tf.reduce_mean), ("max", tf.reduce_max), ("min", tf.reduce_min), ("prod", tf.reduce_prod)):
        r.graph("Where", f"then {note}", lambda a, fn=fn: fn(chosen(a)), [x(9)])
        r.graph("Where", f"then {note} of rows", lambda a, m, fn=fn: fn(tf.boolean_mask(a, m), axis=0), [x(5, 3), In(np.array([1, 0, 1, 1, 0], bool))])
    r.graph("Where", "then concat", lambda a: tf.concat([chosen(a), a, chosen(-a)], 0), [x(6)])
    r.graph("Where", "then concat inside", lambda a, m: tf.concat([tf.boolean_mask(a, m), tf.boolean_mask(a, m) * 2.0], 1), [x(5, 3), mask(5)])
    r.graph("Where", "then gather", lambda a, m: tf.gather(tf.boolean_mask(a, m), [1, 0]), [x(5, 3), In(np.array([0, 1, 1, 1, 0], bool))])
    r.graph("Where", "then gather by", lambda a, m: tf.gather(a, tf.where(m)[:, 0], axis=1), [x(2, 5, 3), mask(5)])
    r.graph("Where", "then gather_nd", lambda a, m: tf.gather_nd(a, tf.where(m)), [x(3, 4, 2), mask(3, 4)])
    r.graph("Where", "then reshape", lambda a, m: tf.reshape(tf.boolean_mask(a, m), [-1]), [x(5, 3), mask(5)])
    r.graph("Where", "then reshape rows", lambda a, m: tf.reshape(tf.boolean_mask(a, m), [-1, 2, 3]), [x(5, 6), mask(5)])
    r.graph("Where", "then transpose", lambda a, m: tf.transpose(tf.boolean_mask(a, m)), [x(5, 3), mask(5)])
    r.graph("Where", "then slice", lambda a, m: tf.boolean_mask(a, m)[:2, 1:], [x(5, 3), In(np.array([1, 0, 1, 1, 0], bool))])
    r.graph("Where", "then last", lambda a, m: tf.boolean_mask(a, m)[-1], [x(5, 3), In(np.array([1, 0, 1, 1, 0], bool))])
    r.graph("Where", "then where", lambda a, m: tf.where(tf.boolean_mask(a, m) > 0.0), [x(5, 3), mask(5)])
    for begin in (0, 2, -2, 7, -9):
        r.graph("StridedSlice", f"from {begin}", lambda a, i: a[i:], [x(5, 2), i32(begin)])
        r.graph("StridedSlice", f"to {begin}", lambda a, i: a[:, :i], [x(2, 5, 3), i32(begin)])
    r.graph("StridedSlice", "both", lambda a, i, j: a[i:j], [x(6), i32(1), i32(4)])
    r.graph("StridedSlice", "stride", lambda a, i: a[i::2], [x(7), i32(2)])
    r.graph("StridedSlice", "pick and range", lambda a, i: a[i, i:, tf.newaxis], [x(4, 5, 2), i32(1)])
    r.graph("StridedSlice", "then sigmoid", lambda a, i: tf.sigmoid(a[:, i:]), [x(3, 5, 2), i32(2)])
    r.graph("StridedSlice", "two extents", lambda a, i: a[i:, :i], [x(4, 5, 2), i32(2)])


def boxes(r):
    corner, size = np.abs(r.f(12, 2)) * 3.0, np.abs(r.f(12, 2)) + 0.5
    box = In(np.concatenate([corner, corner + size], 1).astype(np.float32))
    score = In(np.linspace(0.9, 0.1, 12).astype(np.float32)[np.random.RandomState(2).permutation(12)])
    iou, least = np.float32(0.2), np.float32(0.25)
    raw = tf.raw_ops
    for most in (1, 4, 100):
        r.graph("NonMaxSuppressionV3", f"at most {most}", lambda b, s, most=most: raw.NonMaxSuppressionV3(
            boxes=b, scores=s, max_output_size=most, iou_threshold=iou, score_threshold=least), [box, score])
    r.graph("NonMaxSuppressionV2", "no least score", lambda b, s: raw.NonMaxSuppressionV2(boxes=b, scores=s, max_output_size=6, iou_threshold=iou), [box, score])
    r.graph("NonMaxSuppression", "by attribute", lambda b, s: raw.NonMaxSuppression(boxes=b, scores=s, max_output_size=6, iou_threshold=0.3), [box, score])
    for pad in (False, True):
        r.graph("NonMaxSuppressionV4", f"pad {pad}", lambda b, s, pad=pad: raw.NonMaxSuppressionV4(
            boxes=b, scores=s, max_output_size=9, iou_threshold=iou, score_threshold=least, pad_to_max_output_size=pad), [box, score])
    r.graph("NonMaxSuppressionV3", "by inputs", lambda b, s, m, i: raw.NonMaxSuppressionV3(
        boxes=b, scores=s, max_output_size=m, iou_threshold=i, score_threshold=least), [box, score, i32(3), In(iou)])
    r.graph("NonMaxSuppressionV3", "none", lambda b, s: raw.NonMaxSuppressionV3(
        boxes=b, scores=s, max_output_size=5, iou_threshold=iou, score_threshold=np.float32(2.0)), [box, score])
    chosen = lambda b, s: raw.NonMaxSuppressionV3(boxes=b, scores=s, max_output_size=5, iou_threshold=iou, score_threshold=least)
    r.graph("NonMaxSuppressionV3", "then gather", lambda b, s: tf.gather(b, chosen(b, s)) * 2.0, [box, score])


def ctc(r):
    def greedy(merge):
        def build(logits, lengths):
            sparse, score = tf.nn.ctc_greedy_decoder(logits, lengths, merge_repeated=merge)
            return sparse[0].indices, sparse[0].values, sparse[0].dense_shape, score
        return build
    dense = lambda logits, lengths: tf.sparse.to_dense(tf.nn.ctc_greedy_decoder(logits, lengths)[0][0], default_value=-1)
    for note, steps in (("", (7, 5, 0)), ("short", (1, 2, 1))):
        logits = np.round(r.f(7, 3, 4) * 2.0)  # equal neighbours come about
        logits += r.f(7, 3, 4, lo=0.0, hi=0.1)
        lengths = In(np.array(steps, np.int32))
        for merge in (True, False):
            r.graph("CTCGreedyDecoder", f"merge {merge} {note}", greedy(merge), [In(logits), lengths])
        r.graph("CTCGreedyDecoder", f"dense {note}", dense, [In(logits), lengths])
    blank = np.zeros((4, 2, 3), np.float32)
    blank[:, :, 2] = 1.0
    r.graph("CTCGreedyDecoder", "only blanks", dense, [In(blank), In(np.array([4, 3], np.int32))])
    points = np.array([[0, 1], [2, 0]], np.int64)
    r.op("SparseToDense", sparse_indices=points, output_shape=np.array([3, 2], np.int64), sparse_values=In(r.f(2)), default_value=np.float32(0.5), validate_indices=True)
    r.op("SparseToDense", "vector", sparse_indices=In(np.array([0, 3], np.int32)), output_shape=np.array([5], np.int32), sparse_values=In(r.f(2)), default_value=np.float32(0), validate_indices=True)
    r.op("SparseToDense", "one value", sparse_indices=In(np.array([1, 2], np.int32)), output_shape=np.array([4], np.int32), sparse_values=np.int64(7), default_value=np.int64(-1), validate_indices=True)


FAMILIES = {"Extent": extents, "CTC": ctc, "Boxes": boxes}
