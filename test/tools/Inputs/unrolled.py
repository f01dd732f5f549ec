"""unrolled.py CELL.pbtxt STEPS OUT.pbtxt X.npy: cell.pbtxt for a whole sequence.

Writes a graph of so many copies of the cell, each with the state of the one
before, whose input is the sequence [STEPS,1,2] and whose output "y" is too,
and such a sequence.
"""
import math
import struct
import sys

cell, steps, out, npy = open(sys.argv[1]).read(), int(sys.argv[2]), sys.argv[3], sys.argv[4]
constants = [line for line in cell.splitlines() if "op: 'Const'" in line]
shape = lambda *dims: " ".join("dim { size: %d }" % d for d in dims)
floats = "attr { key: 'T' value { type: DT_FLOAT } }"


def const(name, dtype, field, dims, values):
    return ("node { name: '%s' op: 'Const' attr { key: 'dtype' value { type: %s } } attr { key: 'value' value { tensor { "
            "dtype: %s tensor_shape { %s } %s: [%s] } } } }" % (name, dtype, dtype, shape(*dims), field, ", ".join(map(str, values))))


with open(out, "w") as f:
    nodes = constants + [
        "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'shape' value "
        "{ shape { %s } } } }" % shape(steps, 1, 2),
        "node { name: 'xs' op: 'Unpack' input: 'x' attr { key: 'num' value { i: %d } } attr { key: 'axis' value { i: 0 } } %s }" % (steps, floats),
        const("h0", "DT_FLOAT", "float_val", (1, 2), [0, 0])]
    for i in range(steps):
        nodes += ["node { name: 'xw%d' op: 'MatMul' input: 'xs:%d' input: 'w' }" % (i, i),
                  "node { name: 'hu%d' op: 'MatMul' input: 'h%d' input: 'u' }" % (i, i),
                  "node { name: 'sum%d' op: 'AddV2' input: 'xw%d' input: 'hu%d' }" % (i, i, i),
                  "node { name: 'h%d' op: 'Tanh' input: 'sum%d' }" % (i + 1, i),
                  "node { name: 'y%d' op: 'Neg' input: 'h%d' }" % (i, i + 1)]
    nodes.append("node { name: 'y' op: 'Pack' %s attr { key: 'N' value { i: %d } } attr { key: 'axis' value { i: 0 } } %s }"
                 % (" ".join("input: 'y%d'" % i for i in range(steps)), steps, floats))
    f.write("\n".join(nodes))

header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 1, 2), }" % steps
header += " " * (-(len(header) + 11) % 64) + "\n"
with open(npy, "wb") as f:
    values = [math.sin(0.7 * i) + 0.3 * math.cos(0.01 * i * i) for i in range(2 * steps)]
    f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<%df" % len(values), *values))
