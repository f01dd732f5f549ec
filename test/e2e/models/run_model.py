#!/usr/bin/env python3
"""Runs one reference network through aotc-run and compares with its stored outputs.

usage: run_model.py AOTC_RUN FOLDER [--saved-model|--onnx] [option of aotc-run...]

FOLDER holds model.pb, io.json and the .npy files that it names; with
--saved-model its folder saved_model is the network instead, with --onnx
model.onnx. Where the
stored tensors have more than one sample, the network is compiled again for
batch 1 and checked on the first sample. Needs the standard library only.
"""
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

# Largest error relative to the largest reference magnitude.
TOLERANCE = {"bert_small": 1e-4}
# Inputs without a batch dimension, by name.
UNBATCHED = {"keep_prob"}


def first_sample(path, to):
    """Writes the first entry along the leading dimension of a C-order .npy."""
    data = open(path, "rb").read()
    assert data[:6] == b"\x93NUMPY" and data[6] == 1, path
    length = struct.unpack("<H", data[8:10])[0]
    header = data[10:10 + length].decode("latin1")
    assert "'fortran_order': False" in header, path
    shape = [int(d) for d in re.search(r"'shape': \(([^)]*)\)", header).group(1).split(",") if d.strip()]
    body = data[10 + length:]
    body = body[:len(body) // shape[0]]
    new = "(" + ", ".join(str(d) for d in [1] + shape[1:]) + ("," if len(shape) == 1 else "") + ")"
    header = re.sub(r"'shape': \([^)]*\)", "'shape': " + new, header).rstrip()
    header += " " * ((-(10 + len(header) + 1)) % 64) + "\n"
    open(to, "wb").write(data[:8] + struct.pack("<H", len(header)) + header.encode("latin1") + body)


def run(tool, model, inputs, outputs, rtol, extra):
    command = [tool, model, "--rtol", str(rtol)]
    for name, path in inputs:
        command += ["--input", f"{name}={path}" if name else path]
    for name, path in outputs:
        command += ["--expect", f"{name}={path}" if name else path]
    print("+", " ".join(command + extra), flush=True)
    return subprocess.run(command + extra).returncode


def main():
    tool, folder, extra = sys.argv[1], sys.argv[2], sys.argv[3:]
    io = json.load(open(os.path.join(folder, "io.json")))
    model = os.path.join(folder, "model.pb")
    if extra[:1] == ["--saved-model"]:
        extra = extra[1:]
        model = os.path.join(folder, "saved_model")
        for key in ("inputs", "outputs"):
            for tensor, name in zip(io[key], io.get("saved_model_" + key, [None] * len(io[key]))):
                tensor["name"] = name
    if extra[:1] == ["--onnx"]: # names of tensors differ there: by position
        extra = extra[1:]
        model = os.path.join(folder, "model.onnx")
        for tensor in io["inputs"] + io["outputs"]:
            tensor["name"] = None
    rtol = TOLERANCE.get(os.path.basename(os.path.normpath(folder)), 1e-5)
    pairs = lambda key: [(t["name"], os.path.join(folder, t["file"])) for t in io[key]]
    status = run(tool, model, pairs("inputs"), pairs("outputs"), rtol, extra)
    if io["inputs"][0]["shape"] and io["inputs"][0]["shape"][0] > 1:
        with tempfile.TemporaryDirectory() as scratch:
            def cut(key):
                result = []
                for i, (name, path) in enumerate(pairs(key)):
                    if name not in UNBATCHED:
                        to = os.path.join(scratch, f"{key}{i}.npy")
                        first_sample(path, to)
                        path = to
                    result.append((name, path))
                return result
            status = run(tool, model, cut("inputs"), cut("outputs"), rtol, extra) or status
    return status


if __name__ == "__main__":
    sys.exit(main())
