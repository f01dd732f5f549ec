#!/usr/bin/env python3
"""Writes the names of all attributes of ONNX's operators, for compiler/frontend/onnx/ops/Attributes.inc.

  onnx_attributes.py > compiler/frontend/onnx/ops/Attributes.inc

Needs the PyPI package onnx (test/e2e/onnx/requirements.txt pins it). Names of all versions of an operator are
together: which versions have them is known to the rows of the op table.
"""
import onnx
from onnx import defs


def main():
    names = {}
    for schema in defs.get_all_schemas_with_history():
        if schema.domain in ("", "ai.onnx.ml"):
            names.setdefault((schema.name, schema.domain), set()).update(schema.attributes)
    print(f"// Written by scripts/onnx_attributes.py from the PyPI package onnx {onnx.__version__}; do not edit.")
    for (name, domain), attributes in sorted(names.items()):
        print(f'{{"{name}", "{domain}", "{" ".join(sorted(attributes))}"}},')


if __name__ == "__main__":
    main()
