#!/usr/bin/env python3
"""Writes the bodies of ONNX's function operators, for compiler/frontend/onnx/functions/library.txtpb.

  onnx_functions.py > compiler/frontend/onnx/functions/library.txtpb

Needs the PyPI package onnx (test/e2e/onnx/requirements.txt pins it). An operator has a body a version; some
bodies depend on attributes and on which operands are there, and where these are few, a body is written for
each case. The schema's defaults become defaults of the function.
"""
import itertools
import sys

import onnx
from google.protobuf import text_format
from onnx import AttributeProto, FunctionProto, defs, helper, numpy_helper

# Values that stand for an attribute whose value the body embeds: replaced by a reference to it.
STAND_IN = 7654321

# Operators whose body depends on how they are used: which attributes take which values, which of the
# optional operands are there.
REDUCTIONS = ["none", "mean", "sum"]
CASES = {
    "Gelu": {"attributes": {"approximate": ["none", "tanh"]}},
    "NegativeLogLikelihoodLoss": {"attributes": {"reduction": REDUCTIONS, "ignore_index": [None, STAND_IN]}, "optional": 1},
    "SoftmaxCrossEntropyLoss": {"attributes": {"ignore_index": [None, STAND_IN]}, "optional": 1},
}


def schemas():
    oldest_first = sorted(defs.get_all_schemas_with_history(), key=lambda s: (s.domain, s.name, s.since_version))
    return [s for s in oldest_first if not s.deprecated]


def parse(serialized):
    body = FunctionProto()
    body.ParseFromString(serialized)
    return body


def refer(attribute, name, kind):
    attribute.Clear()
    attribute.name, attribute.ref_attr_name, attribute.type = name, name, kind


def tidy(nodes):
    """Leaves out what the compiler does not read; tensors become lists of numbers, stand-ins references."""
    for node in nodes:
        node.ClearField("doc_string")
        if node.domain == "":
            node.ClearField("domain")
        for attribute in node.attribute:
            attribute.ClearField("doc_string")
            if attribute.type == AttributeProto.GRAPH:
                tidy(attribute.g.node)
            elif attribute.type == AttributeProto.INT and attribute.i == STAND_IN:
                refer(attribute, attribute.name, AttributeProto.INT)
            elif attribute.type == AttributeProto.TENSOR:
                array = numpy_helper.to_array(attribute.t)
                if array.size == 1 and array.reshape(-1)[0] == STAND_IN:
                    refer(attribute, "ignore_index", AttributeProto.INT)
                    attribute.name = "value_int"
                else:
                    attribute.t.CopyFrom(helper.make_tensor("", attribute.t.data_type, array.shape, array.reshape(-1).tolist()))
                    attribute.t.ClearField("name")


def add_defaults(schema, body):
    referable = [name for name in body.attribute] + [a.name for a in body.attribute_proto]
    del body.attribute[:], body.attribute_proto[:]
    for name in sorted(set(referable) | set(schema.attributes)):
        declared = schema.attributes.get(name)
        if declared is not None and declared.default_value.name:
            body.attribute_proto.add().CopyFrom(declared.default_value)
        else:
            body.attribute.append(name)


class Library:
    def __init__(self):
        self.bodies = {}  # operator and conditions to the newest body

    def add(self, schema, body, conditions=()):
        tidy(body.node)
        add_defaults(schema, body)
        opset = next(o.version for o in body.opset_import if o.domain == "")
        lines = [" ".join([f"name: {quoted(schema.name)}", *([f"domain: {quoted(schema.domain)}"] if schema.domain else []),
                           f"opset_import {{ version: {opset} }}"]),
                 " ".join([f"input: {quoted(i)}" for i in body.input] + [f"output: {quoted(o)}" for o in body.output])]
        lines += [f"attribute: {quoted(name)}" for name in body.attribute]
        lines += [f"attribute_proto {{ {one_line(attribute)} }}" for attribute in body.attribute_proto]
        lines += [f"node {{ {one_line(node)} }}" for node in body.node]
        use = (schema.domain, schema.name, *conditions)
        if self.bodies.get(use) == lines:
            return  # as in the version before
        self.bodies[use] = lines
        print("body {\n  " + " ".join([f"since_version: {schema.since_version}", *conditions]))
        print("  function {\n" + "".join(f"    {line}\n" for line in lines) + "  }\n}")


def quoted(text):
    return '"' + text + '"'


def one_line(message):
    return text_format.MessageToString(message, as_one_line=True)


def cases(schema):
    """(attributes, operands there) of each use that has a body of its own."""
    case = CASES[schema.name]
    optional = case.get("optional", 0)
    required = len(schema.inputs) - optional
    names = list(case.get("attributes", {}))
    for values in itertools.product(*case.get("attributes", {}).values()):
        for present in itertools.product([False, True], repeat=optional):
            yield dict(zip(names, values)), [True] * required + list(present)


def condition_of(attributes, present, schema):
    conditions = []
    for name, value in attributes.items():
        if isinstance(value, str):
            conditions.append(f"when {{ name: {quoted(name)} s: {quoted(value)} }}")
        else:
            conditions.append(f"when {{ name: {quoted(name)} present: {'false' if value is None else 'true'} }}")
    if CASES[schema.name].get("optional"):
        conditions += [f"operand: {'true' if p else 'false'}" for p in present]
    return conditions


def add_cases(library, schema):
    version = schema.context_dependent_function_opset_versions[-1]
    tensor = helper.make_tensor_type_proto(onnx.TensorProto.FLOAT, None).SerializeToString()
    for attributes, present in cases(schema):
        given = {name: value for name, value in attributes.items() if value is not None}
        operands = [i.name if there else "" for i, there in zip(schema.inputs, present)]
        node = helper.make_node(schema.name, operands, [o.name for o in schema.outputs], **given)
        body = parse(schema.get_context_dependent_function_with_opset_version(
            version, node.SerializeToString(), [tensor] * len(operands)))
        library.add(schema, body, condition_of(attributes, present, schema))


def main():
    print("# Bodies of ONNX's function operators. Written by scripts/onnx_functions.py from the PyPI package")
    print(f"# onnx {onnx.__version__}; do not edit.")
    library = Library()
    for schema in schemas():
        if schema.has_function:
            version = schema.function_opset_versions[-1]
            library.add(schema, parse(schema.get_function_with_opset_version(version)))
        elif schema.has_context_dependent_function and schema.name in CASES:
            add_cases(library, schema)


if __name__ == "__main__":
    sys.exit(main())
