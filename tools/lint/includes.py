#!/usr/bin/env python3
"""Checks that #includes follow the dependency direction of docs/architecture.md."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What readers may include: nothing that knows MLIR.
READING = ["ir/Tensor"] + [f"compiler/frontend/common/{name}.h"
                           for name in ("Diagnostics", "ModelFolder", "NearestName", "PartialShape", "ProtoFile")]
# folder prefix -> prefixes it may include (itself always); the longest prefix decides.
ALLOWED = {
    "runtime": [],
    "ir/Tensor": [],
    "ir": ["ir"],
    "passes": ["ir"],
    "backends": ["ir", "passes/schedule", "runtime/include"],
    "compiler/frontend/common": ["ir"],
    "compiler/frontend/tensorflow/reader": READING + ["compiler/frontend/tensorflow/proto"],
    "compiler/frontend/tensorflow/savedmodel": READING + ["compiler/frontend/tensorflow/proto",
                                                          "compiler/frontend/tensorflow/reader"],
    "compiler/frontend/onnx/reader": READING + ["compiler/frontend/onnx/proto"],
    "compiler/frontend/onnx/functions": READING + ["compiler/frontend/onnx/proto", "compiler/frontend/onnx/reader"],
    "compiler/frontend": ["ir", "compiler/frontend"],
    "compiler/data": ["ir/Tensor"],
    "compiler/quantize": [],
    "compiler/artifact": ["ir", "backends/Backend.h", "passes/schedule"],
    "compiler/driver": ["ir", "passes", "backends/Backend.h", "compiler"],
    "tools": ["ir", "passes", "backends", "compiler"],
}
TOP = ("compiler/", "ir/", "passes/", "backends/", "runtime/", "tools/")


def main():
    errors = []
    for top in TOP:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix not in (".h", ".cpp", ".c"):
                continue
            name = path.relative_to(ROOT).as_posix()
            rule = max((p for p in ALLOWED if name.startswith(p + "/")), key=len, default=None)
            if rule is None:
                errors.append(f"{name}: no rule for this folder in tools/lint/includes.py")
                continue
            # cpu and nvptx know nothing of each other.
            own = "/".join(name.split("/")[:2]) + "/" if rule == "backends" else rule + "/"
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if not match or not match.group(1).startswith(TOP):
                    continue
                target = match.group(1)
                allowed = [own] + (["backends/Backend.h"] if rule == "backends" else [])
                allowed += [a if a.endswith(".h") else a + "/" for a in ALLOWED[rule]]
                if not any(target.startswith(a) for a in allowed):
                    errors.append(f"{name}:{number}: {rule} may not include {target}")
    print("\n".join(errors) or "includes: ok")
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main())
