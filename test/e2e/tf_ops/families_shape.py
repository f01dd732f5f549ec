"""Families that move elements."""
import numpy as np
import tensorflow as tf

from recorder import In


def i32(*values):
    return np.array(values, np.int32)


def shape(r):
    x = lambda *s: In(r.f(*s))
    r.op("Shape", input=x(2, 0, 3))
    r.op("Shape", "int64", input=x(2, 3), out_type=tf.int64)
    r.op("ShapeN", input=[x(2, 3), x(4)])
    r.op("Size", input=x(2, 3, 4))
    r.op("Rank", input=x(2, 3, 4))
    for source, target in [((2, 6), (3, 4)), ((2, 6), (-1,)), ((2, 3, 4), (4, -1)), ((1,), ()), ((), (1, 1)), ((0, 3), (3, -1)), ((0, 2), (0, 5))]:
        r.op("Reshape", f"{source} to {target}", tensor=x(*source), shape=np.array(target, np.int32))
    r.graph("Reshape", "from a shape", lambda t: tf.reshape(t, tf.concat([tf.shape(t)[:1], [-1]], 0)), [x(3, 2, 5)])
    r.graph("Reshape", "product of extents", lambda t: tf.reshape(t, [tf.shape(t)[0], tf.reduce_prod(tf.shape(t)[1:])]), [x(3, 2, 5)])
    for permutation in [(1, 0), (2, 0, 1), (0, 2, 1), (0, 1, 2), (3, 1, 2, 0), (0, 3, 1, 2)]:
        s = (2, 3, 4, 5)[:len(permutation)]
        r.op("Transpose", str(permutation), x=x(*s), perm=np.array(permutation, np.int32))
    r.op("Transpose", "bool int64", x=In(r.b(2, 3)), perm=np.array([1, 0], np.int64))
    r.op("Transpose", "scalar", x=x(), perm=np.zeros(0, np.int32))
    r.op("InvertPermutation", x=i32(2, 0, 3, 1))
    r.op("Squeeze", input=x(1, 3, 1, 2))
    r.op("Squeeze", "one axis", input=x(1, 3, 1, 2), axis=[2])
    r.op("Squeeze", "negative", input=x(1, 3, 1), axis=[-1, 0])
    for axis in (0, 1, -1, -2, 2):
        r.op("ExpandDims", f"axis {axis}", input=x(2, 3), axis=np.int32(axis))
    for axis in (0, 1, -1, -2):
        r.op("Pack", f"axis {axis}", values=[x(2, 3), In(r.f(2, 3)), x(2, 3)], axis=axis)
    r.op("Pack", "scalars", values=[In(r.i()), In(r.i()), np.int32(7)])
    r.op("Unpack", value=x(3, 2), num=3, axis=0)
    r.op("Unpack", "last", value=x(2, 2, 4), num=4, axis=-1)
    r.op("ConcatV2", values=[x(2, 3), x(4, 3)], axis=np.int32(0))
    r.op("ConcatV2", "negative", values=[x(2, 3), x(2, 1), x(2, 2)], axis=np.int32(-1))
    r.op("ConcatV2", "empty part", values=[x(2, 0), x(2, 3)], axis=np.int32(1))
    r.op("ConcatV2", "int64 bool", values=[In(r.b(2)), In(r.b(1))], axis=np.int64(0))
    r.op("Concat", concat_dim=np.int32(1), values=[x(2, 3), x(2, 2)])
    r.op("ConcatOffset", concat_dim=np.int32(1), shape=[i32(2, 3), i32(2, 4), i32(2, 1)])
    r.op("Split", axis=np.int32(1), value=x(2, 6), num_split=3)
    r.op("Split", "negative", axis=np.int32(-2), value=x(4, 3), num_split=2)
    r.op("SplitV", value=x(7, 2), size_splits=i32(3, 1, 3), axis=np.int32(0), num_split=3)
    r.op("SplitV", "rest", value=x(2, 7), size_splits=i32(2, -1, 0), axis=np.int32(-1), num_split=3)
    r.op("Pad", input=x(2, 3), paddings=np.array([[1, 0], [0, 2]], np.int32))
    r.op("Pad", "rank 4", input=x(1, 3, 2, 2), paddings=np.array([[0, 0], [1, 1], [2, 0], [0, 0]], np.int32))
    r.op("Pad", "int", input=In(r.i(3)), paddings=np.array([[0, 3]], np.int64))
    r.op("PadV2", input=x(2, 3), paddings=np.array([[1, 1], [2, 0]], np.int32), constant_values=np.float32(-7))
    r.op("PadV2", "run-time value", input=x(2), paddings=np.array([[1, 1]], np.int32), constant_values=In(np.float32(3)))
    for mode in ("REFLECT", "SYMMETRIC"):
        r.op("MirrorPad", mode, input=x(3, 4), paddings=np.array([[2, 1], [0, 3]], np.int32), mode=mode)
        r.op("MirrorPad", mode + " int", input=In(r.i(4)), paddings=np.array([[2, 3]], np.int32), mode=mode)
    r.op("MirrorPad", "whole", input=x(3), paddings=np.array([[3, 3]], np.int32), mode="SYMMETRIC")
    for multiples in [(2, 3), (1, 1), (1, 4), (0, 2)]:
        r.op("Tile", str(multiples), input=x(2, 3), multiples=np.array(multiples, np.int32))
    r.op("Tile", "rank 3", input=In(r.i(2, 1, 3)), multiples=i32(2, 3, 2))
    r.op("Fill", dims=i32(2, 3), value=In(np.float32(1.5)))
    r.op("Fill", "scalar", dims=np.zeros(0, np.int32), value=np.int64(4))
    r.op("BroadcastTo", input=x(3, 1), shape=i32(2, 3, 4))
    r.op("BroadcastTo", "scalar int64", input=In(r.i(dtype=np.int64)), shape=np.array([2, 2], np.int64))
    r.op("BroadcastArgs", s0=i32(2, 1, 5), s1=i32(3, 1))
    r.op("Identity", input=x(2))
    r.op("IdentityN", input=[x(2), In(r.i(3))])
    r.op("StopGradient", input=x(2))
    r.op("PreventGradient", input=x(2))
    r.op("CheckNumerics", tensor=x(2), message="no")
    r.op("EnsureShape", input=x(2, 3), shape=[None, 3])
    r.op("PlaceholderWithDefault", input=r.f(2), shape=[2])
    r.op("Snapshot", input=x(3))


def cut(r):
    x = r.f(4, 5, 6)

    def slices(note, build, data=None):
        data = x if data is None else data
        r.graph("StridedSlice", note, build, [In(data)])

    slices("plain", lambda t: t[1:3, :, 2:5])
    slices("strides", lambda t: t[::2, 1::2, ::3])
    slices("negative bounds", lambda t: t[-3:-1, -4:, :-2])
    slices("negative strides", lambda t: t[::-1, 3:0:-1, ::-2])
    slices("past the end", lambda t: t[2:99, -99:2, 3:3])
    slices("index", lambda t: t[1])
    slices("negative index", lambda t: t[-1, :, -2])
    slices("all indices", lambda t: t[1, 2, 3])
    slices("new axis", lambda t: t[:, tf.newaxis, 1:3])
    slices("ellipsis", lambda t: t[..., 1:4])
    slices("ellipsis in the middle", lambda t: t[1, ..., 2])
    slices("ellipsis, new axis, index", lambda t: t[..., tf.newaxis, 2, ::-1])
    slices("ellipsis for nothing", lambda t: t[1:, ..., :2, ::2])
    slices("empty", lambda t: t[3:1])
    slices("backwards to the start", lambda t: t[2::-1])
    slices("backwards past the start", lambda t: t[2:-99:-1, 9:1:-3])
    slices("extent 1 backwards", lambda t: t[2:1:-1])
    slices("ints", lambda t: t[1::3], r.i(9))
    slices("bool", lambda t: t[:, ::-1], r.b(2, 3))
    slices("of a shape", lambda t: tf.shape(t)[-2:])
    for begin, end, strides, masks in [((1, 0), (0, 3), (1, 1), dict(shrink_axis_mask=1)),
                                       ((3, 4), (0, 0), (-1, -2), dict(end_mask=3)),
                                       ((0, 5, 1), (9, 1, 3), (2, -1, 1), dict(begin_mask=2)),
                                       ((0, 0, 1), (0, 0, 2), (1, 1, 1), dict(new_axis_mask=2, begin_mask=1, end_mask=1)),
                                       ((1, 7, 2), (2, 7, 4), (1, 1, 1), dict(ellipsis_mask=2)),
                                       ((1, 0), (2, 1), (1, 1), dict(ellipsis_mask=2, new_axis_mask=2)),
                                       ((0, 1), (1, 2), (1, 1), dict(new_axis_mask=1, shrink_axis_mask=3))]:
        r.op("StridedSlice", f"masks {masks}", input=In(x), begin=i32(*begin), end=i32(*end), strides=i32(*strides), **masks)
    r.op("StridedSlice", "run-time index", input=In(x), begin=In(i32(2)), end=In(i32(3)), strides=i32(1), shrink_axis_mask=1)
    r.op("StridedSlice", "run-time negative index", input=In(x), begin=In(i32(-1, 1)), end=In(i32(0, 2)), strides=i32(1, 1), shrink_axis_mask=3)
    r.op("Slice", input=In(x), begin=i32(1, 0, 2), size=i32(2, 5, 3))
    r.op("Slice", "rest", input=In(x), begin=i32(1, 2, 0), size=i32(-1, 2, -1))
    r.op("Slice", "nothing at the end", input=In(x), begin=i32(4, 0, 0), size=i32(0, -1, 1))
    r.op("Slice", "run-time begin", input=In(x), begin=In(i32(1, 0, 3)), size=i32(2, 5, 3))
    r.op("Slice", "int64", input=In(r.i(5)), begin=np.array([2], np.int64), size=np.array([2], np.int64))
    r.op("ReverseV2", tensor=In(x), axis=i32(0, -1))
    r.op("ReverseV2", "none", tensor=In(x), axis=np.zeros(0, np.int32))
    r.op("ReverseV2", "bool", tensor=In(r.b(2, 3)), axis=i32(1))
    r.op("Reverse", tensor=In(r.f(2, 3)), dims=np.array([True, False]))
    r.op("ReverseSequence", input=In(r.f(3, 5, 2)), seq_lengths=In(np.array([5, 0, 3], np.int64)), seq_dim=1, batch_dim=0)
    r.op("ReverseSequence", "time major", input=In(r.f(4, 3)), seq_lengths=In(i32(1, 4, 2)), seq_dim=0, batch_dim=1)
    for shift, axis in [((1,), (0,)), ((-2, 3), (1, 2)), ((7, -1), (0, 0)), ((0,), (1,))]:
        r.op("Roll", f"{shift} {axis}", input=In(x), shift=i32(*shift), axis=i32(*axis))
    for shape in [(3,), (4, 3), (2, 0, 3)]:
        r.op("Cross", f"{shape}", a=In(r.f(*shape)), b=In(r.f(*shape)))
    r.op("Cross", "i32", a=In(r.i(5, 3)), b=In(r.i(5, 3)))


def gather(r):
    x = r.f(4, 5, 3)
    r.op("Gather", params=In(x), indices=In(i32(3, 0, 0)))
    r.op("Gather", "scalar", params=In(x), indices=In(np.int64(2)))
    for axis in (0, 1, -1, 2):
        r.op("GatherV2", f"axis {axis}", params=In(x), indices=In(r.i(2, 3, lo=0, hi=3)), axis=np.int32(axis))
    r.op("GatherV2", "scalar index", params=In(x), indices=np.int32(1), axis=np.int32(1))
    r.op("GatherV2", "batch_dims 1", params=In(x), indices=In(r.i(4, 2, lo=0, hi=5)), axis=np.int32(1), batch_dims=1)
    r.op("GatherV2", "batch_dims, later axis", params=In(x), indices=In(r.i(4, 2, lo=0, hi=3)), axis=np.int32(2), batch_dims=1)
    r.op("GatherV2", "batch_dims negative", params=In(x), indices=In(r.i(4, 2, lo=0, hi=5)), axis=np.int32(1), batch_dims=-1)
    r.op("GatherV2", "empty indices", params=In(x), indices=In(r.i(0)), axis=np.int32(0))
    r.op("GatherV2", "int params", params=In(r.i(6)), indices=In(r.i(2, 2, lo=0, hi=6, dtype=np.int64)), axis=np.int32(0))
    r.op("GatherNd", "rows", params=In(x), indices=In(i32([3], [1])))
    r.op("GatherNd", "elements", params=In(x), indices=In(r.i(2, 2, 3, lo=0, hi=3)))
    r.op("GatherNd", "whole", params=In(x), indices=In(np.zeros((2, 0), np.int32)))
    r.op("GatherNd", "vector", params=In(x), indices=In(i32(1, 4)))
    r.op("OneHot", indices=In(i32(0, 2, -1, 5)), depth=np.int32(4), on_value=np.float32(1), off_value=np.float32(0))
    r.op("OneHot", "axis 0", indices=In(r.i(2, 3, lo=0, hi=4)), depth=np.int32(4), on_value=np.float32(2), off_value=np.float32(-1), axis=0)
    r.op("OneHot", "middle axis", indices=In(r.i(2, 3, lo=0, hi=4, dtype=np.int64)), depth=np.int32(5), on_value=np.int32(7), off_value=np.int32(1), axis=1)
    r.op("OneHot", "uint8, bool", indices=In(np.array([0, 255, 3], np.uint8)), depth=np.int32(300), on_value=np.array(True), off_value=np.array(False))
    r.op("OneHot", "scalar, run-time values", indices=In(np.int32(1)), depth=np.int32(3), on_value=In(np.float32(4)), off_value=In(np.float32(5)))
    r.op("OneHot", "depth 0", indices=In(i32(0, 1)), depth=np.int32(0), on_value=np.float32(1), off_value=np.float32(0))
    r.op("ScatterNd", indices=In(i32([1], [3], [1])), updates=In(r.f(3, 2)), shape=i32(5, 2))
    r.op("ScatterNd", "elements", indices=In(i32([0, 1], [2, 2])), updates=In(r.i(2)), shape=i32(3, 3))
    for op in ("TensorScatterUpdate", "TensorScatterAdd", "TensorScatterSub", "TensorScatterMax", "TensorScatterMin"):
        r.op(op, tensor=In(r.f(4, 3)), indices=In(i32([2], [0])), updates=In(r.f(2, 3)))
        r.op(op, "elements", tensor=In(r.f(4, 3)), indices=In(i32([2, 1], [0, 0])), updates=In(r.f(2)))
    r.op("Where", condition=np.array([[True, False], [True, True]]))
    r.op("DynamicStitch", indices=[i32(0, 3), i32(1, 2)], data=[In(r.f(2, 2)), In(r.f(2, 2))])


def sequence(r):
    for start, limit, delta, t in [(0, 5, 1, np.int32), (3, -4, -2, np.int64), (2, 2, 1, np.int32), (0, 1, 0.1, np.float32),
                                   (1.5, -2, -0.5, np.float64), (0, 100, 7, np.int32)]:
        r.op("Range", f"{start} {limit} {delta}", start=t(start), limit=t(limit), delta=t(delta))
    for num in (1, 2, 5, 11):
        r.op("LinSpace", f"num {num}", start=np.float32(-1), stop=np.float32(2), num=np.int32(num))
    r.op("LinSpace", "run-time ends", start=In(np.float32(0.3)), stop=In(np.float32(9)), num=np.int64(7))
    for lower, upper in [(0, 0), (1, -1), (-1, 0), (2, 1), (-1, -1)]:
        r.op("MatrixBandPart", f"{lower} {upper}", input=In(r.f(2, 4, 5)), num_lower=np.int32(lower), num_upper=np.int32(upper))
    r.op("MatrixBandPart", "int64 bounds", input=In(r.i(4, 3)), num_lower=np.int64(-1), num_upper=np.int64(0))
    r.op("MatrixDiag", diagonal=In(r.f(2, 3)))
    r.op("MatrixDiagV3", diagonal=In(r.f(2, 3)), k=np.int32(0), num_rows=np.int32(-1), num_cols=np.int32(-1), padding_value=np.float32(0))
    r.op("MatrixDiagPart", input=In(r.f(2, 3, 4)))
    r.op("MatrixDiagPartV3", input=In(r.f(4, 3)), k=np.int32(0), padding_value=np.float32(0))
    for s in [(3, 3), (2, 4), (4, 2)]:
        r.op("MatrixSetDiag", str(s), input=In(r.f(2, *s)), diagonal=In(r.f(2, min(s))))
    r.op("MatrixSetDiagV3", input=In(r.f(3, 3)), diagonal=In(r.f(3)), k=np.int32(0))
    r.graph("Grid", "", lambda x: tf.stack(tf.meshgrid(tf.range(tf.shape(x)[0]), tf.range(tf.shape(x)[1]), indexing="ij"), -1), [In(r.f(3, 4))])
    r.graph("Mask", "", lambda x: tf.where(tf.range(5)[tf.newaxis] < x[:, tf.newaxis], 0.0, -1e9), [In(i32(2, 5, 0))])


def image(r):
    for block in (2, 3):
        r.op("SpaceToDepth", f"block {block}", input=In(r.f(2, 6, 6, 3)), block_size=block)
        r.op("DepthToSpace", f"block {block}", input=In(r.f(2, 2, 3, block * block * 2)), block_size=block)
    r.op("SpaceToDepth", "int", input=In(r.i(1, 4, 2, 1)), block_size=2)
    for block, pads in [((2, 2), ((0, 0), (0, 0))), ((2, 3), ((1, 1), (2, 1)))]:
        r.op("SpaceToBatchND", f"{block}", input=In(r.f(2, 4, 6, 3)), block_shape=np.array(block, np.int32), paddings=np.array(pads, np.int32))
    r.op("SpaceToBatchND", "one dimension", input=In(r.f(2, 5, 3)), block_shape=i32(2), paddings=np.array([[1, 0]], np.int32))
    r.op("SpaceToBatch", input=In(r.f(1, 4, 4, 2)), paddings=np.array([[0, 0], [2, 0]], np.int32), block_size=2)
    for block, crops in [((2, 2), ((0, 0), (0, 0))), ((2, 3), ((1, 0), (0, 2)))]:
        n = block[0] * block[1]
        r.op("BatchToSpaceND", f"{block}", input=In(r.f(2 * n, 2, 3, 2)), block_shape=np.array(block, np.int32), crops=np.array(crops, np.int32))
    r.op("BatchToSpace", input=In(r.f(4, 3, 2, 1)), crops=np.array([[1, 0], [0, 1]], np.int32), block_size=2)
    sizes = [((4, 5), (8, 10)), ((4, 5), (7, 3)), ((5, 5), (2, 2)), ((3, 4), (1, 1)), ((1, 1), (3, 2)), ((6, 6), (6, 6)), ((7, 3), (10, 11))]
    for op in ("ResizeBilinear", "ResizeNearestNeighbor"):
        for k, (source, target) in enumerate(sizes):
            for mode in ({}, {"align_corners": True}, {"half_pixel_centers": True}):
                if k < 3 or not mode or (k + len(str(mode))) % 2:
                    r.op(op, f"{source} to {target} {''.join(mode)}", images=In(r.f(2, *source, 3)), size=np.array(target, np.int32), **mode)
        r.op(op, "uint8", images=In(r.i(1, 3, 3, 2, lo=0, hi=255, dtype=np.uint8)), size=i32(5, 4))
        r.op(op, "f64", images=In(r.f(1, 3, 3, 2, dtype=np.float64)), size=i32(5, 4), half_pixel_centers=True, rtol=1e-5)


FAMILIES = {"Shape": shape, "Slice": cut, "Gather": gather, "Sequence": sequence, "Image": image}
