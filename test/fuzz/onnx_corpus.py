#!/usr/bin/env python3
"""Writes the seeds of the ONNX fuzzers: onnx_corpus.py FOLDER.

One model a family of operators, in protobuf's text form (of compiler/frontend/onnx/proto). A line of FAMILIES is
one node with operands of its own:

  OP OPERAND... [| ATTRIBUTE=VALUE...]

where an operand is TYPE[d,d] (an input), TYPE[d,d]=v,v,... (an initializer, one value repeated) or _ (left out).
"""
import os
import sys

TYPES = {"f": 1, "u8": 2, "i8": 3, "i32": 6, "i64": 7, "b": 9, "h": 10, "d": 11, "i4": 22, "f8": 17}
LISTS = {"f": "float_data", "d": "double_data", "i64": "int64_data"}

FAMILIES = {
    "math": """
Add f[2,3] f[3]
Pow f[4] i64[4]
Clip f[3,2] f[]=-1 _
Gelu f[5] | approximate="tanh"
PRelu f[2,3] f[3]
BitShift u8[3] u8[3] | direction="LEFT"
Mod i32[4] i32[4] | fmod=1
IsInf f[3] | detect_negative=0
Where b[2,1] f[3] f[2,3]
Cast f[4] | to=17
Cast f8[3]=60 | to=1
CastLike i32[3] h[1]
Sum f[2] f[1] f[2]
Selu d[3] | alpha=1.5 gamma=2.0
""",
    "shape": """
Reshape f[2,6] i64[3]=0,-1,3
Squeeze f[1,3,1] i64[2]=0,-1
Unsqueeze f[3] i64[1]=1
Transpose f[2,3,4] | perm=2,0,1
Concat f[2,3] f[2,1] | axis=-1
Expand f[3,1] i64[3]=2,1,4
Tile f[2,2] i64[2]=2,3
Flatten f[2,3,4] | axis=-1
DepthToSpace f[1,8,2,3] | blocksize=2 mode="CRD"
SpaceToDepth f[1,2,4,6] | blocksize=2
Shape f[2,3,4] | start=-2 end=9
ConstantOfShape i64[2]=2,3
Range i64[]=1 i64[]=9 i64[]=3
EyeLike f[3,4] | k=-1 dtype=6
""",
    "slice": """
Slice f[5,6] i64[2]=-1,1 i64[2]=-6,9 i64[2]=0,1 i64[2]=-2,3
Split f[7] | axis=0 num_outputs=1
Pad f[2,3] i64[4]=1,-1,0,2 f[]=3
Pad f[3,4] i64[2]=5,7 _ i64[1]=1 | mode="reflect"
Pad f[3,4] i64[4]=1,2,1,6 | mode="wrap"
CenterCropPad f[3,4] i64[2]=5,2
Trilu f[3,4] i64[]=1 | upper=0
ReverseSequence f[4,3] i64[3] | time_axis=0 batch_axis=1
""",
    "gather": """
Gather f[4,3] i64[2] | axis=-1
GatherElements f[3,3] i64[2,3]=-1,0,1,2,1,0 | axis=0
GatherND f[2,3,4] i64[2,1] | batch_dims=1
ScatterElements f[3,4] i64[2,2] f[2,2] | axis=1 reduction="add"
ScatterND f[4,3] i64[2,1]=0,3 f[2,3] | reduction="max"
OneHot i64[3] i64[]=4 f[2]=0,1 | axis=0
NonZero f[2,2]=0,1,0,2
Compress f[3,2] b[3]=1,0,1 | axis=0
Unique f[5]=3,1,3,2,1 | sorted=0
""",
    "reduce": """
ReduceSum f[2,3,4] i64[2]=0,-1 | keepdims=0
ReduceMax b[2,3] i64[1]=1
ReduceLogSumExp f[2,3] | noop_with_empty_axes=1
ReduceL2 i32[2,3] i64[1]=0
ArgMax f[3,4] | axis=1 select_last_index=1
TopK f[3,5] i64[1]=2 | largest=0 axis=0
CumSum f[2,4] i64[]=1 | exclusive=1 reverse=1
Softmax f[2,3] | axis=0
LogSoftmax f[2,3,4]
Hardmax f[3,4]
""",
    "matmul": """
MatMul f[4] f[2,4,3]
Gemm f[3,2] f[3,4] f[4] | transA=1 alpha=0.5
Einsum f[2,3] f[3,4] | equation="ij,jk->ik"
Einsum f[3,3] | equation="ii"
Einsum f[2,3] f[3] f[2] | equation="ij,j,i"
""",
    "conv": """
Conv f[1,2,5,5] f[4,1,3,3] f[4] | group=2 pads=1,0,1,0 strides=2,1
Conv f[1,1,6] f[2,1,3] | auto_pad="SAME_UPPER" dilations=2
ConvTranspose f[1,2,3,3] f[2,2,3,3] | strides=2,2 output_padding=1,1
MaxPool f[1,1,5,5] | kernel_shape=2,2 ceil_mode=1 dilations=2,1
AveragePool f[1,1,5,5] | kernel_shape=3,3 count_include_pad=1 pads=1,1,1,1
GlobalMaxPool f[1,2,3,3]
LpPool f[1,1,5] | kernel_shape=2 p=3
MaxUnpool f[1,1,2,2] i64[1,1,2,2]=0,3,8,15 i64[4]=1,1,4,4 | kernel_shape=2,2 strides=2,2
Col2Im f[1,4,4] i64[2]=3,3 i64[2]=2,2
QLinearConv u8[1,1,4,4] f[]=1 u8[]=0 u8[1,1,2,2] f[]=1 u8[]=0 f[]=1 u8[]=3
DeformConv f[1,1,4,4] f[1,1,2,2] f[1,8,3,3]
""",
    "norm": """
BatchNormalization f[2,3,4] f[3] f[3] f[3] f[3]
LayerNormalization f[2,3,4] f[3,4] _ | axis=1
InstanceNormalization f[1,2,4] f[2] f[2]
GroupNormalization f[1,4,2] f[4] f[4] | num_groups=2
RMSNormalization f[2,4] f[4]
LRN f[1,4,2,2] | size=3
LpNormalization f[2,3] | p=1
Dropout f[3]
QuantizeLinear f[2,3] f[3] u8[3] | axis=1
DequantizeLinear i4[4]=18 f[]=2
Det f[2,3,3]
Resize f[1,1,3,4] _ f[4]=1,1,2,0.5 | mode="linear"
Resize f[1,1,3,4] _ _ i64[4]=1,1,5,7 | mode="cubic" coordinate_transformation_mode="align_corners"
GridSample f[1,1,3,3] f[1,2,2,2] | mode="cubic" padding_mode="reflection"
RoiAlign f[1,1,5,5] f[2,4] i64[2]=0,0 | output_height=2 output_width=2 sampling_ratio=2
""",
    "recurrent": """
LSTM f[3,1,2] f[1,8,2] f[1,8,2] f[1,16] | hidden_size=2
GRU f[2,1,2] f[2,6,2] f[2,6,2] | hidden_size=2 direction="bidirectional" linear_before_reset=1
RNN f[2,1,2] f[1,2,2] f[1,2,2] _ i32[1]=2 | hidden_size=2 clip=1.5
Attention f[1,2,3,4] f[1,2,5,4] f[1,2,5,4] f[3,5] | is_causal=1
RotaryEmbedding f[1,2,3,4] f[4,2] f[4,2] i64[1,3]=0,1,2
DFT f[1,8,1] _ i64[]=1 | onesided=1
STFT f[1,16,1] i64[]=4 f[8] | onesided=1
TfIdfVectorizer i64[6] | max_gram_length=1 max_skip_count=0 min_gram_length=1 mode="TF" ngram_counts=0 ngram_indexes=0,1 pool_int64s=2,3
""",
    "data": """
NonZero f[2,3]
Compress f[4,3] b[4] | axis=0
NonMaxSuppression f[1,6,4] f[1,2,6] i64[1]=3 f[1]=0.5 f[1]=0.1
Slice f[6,2] i64[1] i64[1] i64[1]=0
Reshape f[6,2] i64[1]
Size f[3]
""",
}


def quoted(text):
    return "'" + text + "'"


def attribute(text):
    name, value = text.split("=", 1)
    if value.startswith('"'):
        body = f"type: STRING s: {quoted(value[1:-1])}"
    elif "," in value or name in ("kernel_shape", "strides", "pads", "dilations", "ngram_counts"):
        body = f"type: INTS ints: [{value}]"
    elif "." in value:
        body = f"type: FLOAT f: {value}"
    else:
        body = f"type: INT i: {value}"
    return f"attribute {{ name: {quoted(name)} {body} }}"


def operand(name, text):
    """(name in the node, declaration)"""
    if text == "_":
        return "", ""
    kind, rest = text.split("[", 1)
    dims, _, values = rest.partition("]")
    dims = [d for d in dims.split(",") if d]
    if not values:
        shape = " ".join(f"dim {{ dim_value: {d} }}" for d in dims)
        return name, (f"input {{ name: {quoted(name)} type {{ tensor_type {{ elem_type: {TYPES[kind]} "
                      f"shape {{ {shape} }} }} }} }}")
    count = 1
    for d in dims:
        count *= int(d)
    count = (count + 1) // 2 if kind == "i4" else count
    listed = values[1:].split(",")
    listed = [listed[i % len(listed)] for i in range(count)]
    return name, (f"initializer {{ name: {quoted(name)} data_type: {TYPES[kind]} dims: [{', '.join(dims)}] "
                  f"{LISTS.get(kind, 'int32_data')}: [{', '.join(listed)}] }}")


def model(lines):
    parts = ["ir_version: 10", "opset_import { domain: '' version: 23 }", "graph {", "name: 'g'"]
    for number, line in enumerate(lines):
        call, _, attributes = line.partition(" | ")
        op, *operands = call.split()
        inputs = []
        for i, text in enumerate(operands):
            name, declaration = operand(f"x{number}_{i}", text)
            inputs.append(name)
            parts += [declaration] if declaration else []
        names = " ".join(f"input: {quoted(name)}" for name in inputs)
        listed = " ".join(attribute(text) for text in attributes.split())
        parts.append(f"node {{ op_type: {quoted(op)} {names} output: 'y{number}' {listed} }}".replace("  ", " "))
        parts.append(f"output {{ name: 'y{number}' }}")
    return "\n".join(parts + ["}", ""])


STRUCTURE = """ir_version: 10
opset_import { domain: '' version: 23 }
opset_import { domain: 'own' version: 1 }
graph {
name: 'g'
input { name: 'x' type { tensor_type { elem_type: 1 shape { dim { dim_param: 'n' } dim { dim_value: 3 } } } } }
initializer { name: 'c' data_type: 9 dims: [] int32_data: [1] }
sparse_initializer { values { name: 's' data_type: 1 dims: [1] float_data: [2] } \
indices { data_type: 7 dims: [1, 2] int64_data: [0, 1] } dims: [1, 3] }
node { op_type: 'If' input: 'c' output: 'h' attribute { name: 'then_branch' type: GRAPH g { \
node { op_type: 'Add' input: 'x' input: 's' output: 't' } output { name: 't' } } } \
attribute { name: 'else_branch' type: GRAPH g { node { op_type: 'Neg' input: 'x' output: 'e' } output { name: 'e' } } } }
node { op_type: 'Twice' domain: 'own' input: 'h' output: 'y' attribute { name: 'by' type: FLOAT f: 3.0 } }
output { name: 'y' }
}
functions { name: 'Twice' domain: 'own' input: 'a' output: 'b' attribute: 'by' opset_import { version: 23 } \
node { op_type: 'Constant' output: 'k' attribute { name: 'value_float' type: FLOAT ref_attr_name: 'by' } } \
node { op_type: 'Mul' input: 'a' input: 'k' output: 'b' } }
"""


# A branch and a loop that data decides.
CONTROL = """ir_version: 10
opset_import { domain: '' version: 23 }
graph {
name: 'g'
input { name: 'x' type { tensor_type { elem_type: 1 shape { dim { dim_value: 3 } } } } }
input { name: 'p' type { tensor_type { elem_type: 9 shape { } } } }
initializer { name: 'most' data_type: 7 dims: [] int64_data: [9] }
initializer { name: 'limit' data_type: 1 dims: [] float_data: [50] }
node { op_type: 'If' input: 'p' output: 'h' attribute { name: 'then_branch' type: GRAPH g { \
node { op_type: 'Abs' input: 'x' output: 't' } output { name: 't' } } } \
attribute { name: 'else_branch' type: GRAPH g { node { op_type: 'Neg' input: 'x' output: 'e' } output { name: 'e' } } } }
node { op_type: 'Loop' input: ['most', '', 'h'] output: ['y', 'all'] attribute { name: 'body' type: GRAPH g { \
input { name: 'i' type { tensor_type { elem_type: 7 shape { } } } } input { name: 'c' type { tensor_type { elem_type: 9 shape { } } } } \
input { name: 'v' type { tensor_type { elem_type: 1 shape { dim { dim_value: 3 } } } } } \
node { op_type: 'Add' input: ['v', 'x'] output: 'w' } node { op_type: 'ReduceSum' input: 'w' output: 's' attribute { name: 'keepdims' type: INT i: 0 } } \
node { op_type: 'Less' input: ['s', 'limit'] output: 'more' } node { op_type: 'Identity' input: 'w' output: 'kept' } \
output { name: 'more' } output { name: 'w' } output { name: 'kept' } } } }
node { op_type: 'Shape' input: 'all' output: 'rounds' }
output { name: 'y' }
output { name: 'all' }
output { name: 'rounds' }
}
"""


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    texts = {name: model(text.strip().splitlines()) for name, text in FAMILIES.items()}
    texts["structure"] = STRUCTURE
    texts["control"] = CONTROL
    for name, text in texts.items():
        with open(os.path.join(folder, name + ".pbtxt"), "w") as file:
            file.write(text)


if __name__ == "__main__":
    main()
