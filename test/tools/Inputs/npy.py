"""npy.py FILE DTYPE SHAPE VALUES: writes an .npy file; "2,3" is a shape, "" a scalar's."""
import struct
import sys

path, dtype, shape, values = sys.argv[1:5]
codes = {"<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q", "|b1": "?"}
dims = [int(d) for d in shape.split(",") if d]
header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (dtype, "".join("%d, " % d for d in dims))
header += " " * (-(len(header) + 11) % 64) + "\n"
numbers = [float(v) for v in values.split(",") if v]
if codes[dtype] in "iq?":
    numbers = [int(v) for v in numbers]
with open(path, "wb") as f:
    f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    f.write(struct.pack("<%d%s" % (len(numbers), codes[dtype]), *numbers))
