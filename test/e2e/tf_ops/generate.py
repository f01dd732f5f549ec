#!/usr/bin/env python3
"""Records single-operation graphs with TensorFlow's results.

usage: generate.py FOLDER [--seed N]

Writes one .cases file for each family into FOLDER. Seed 0 makes the checked-in
folder `recorded`. Needs tensorflow-cpu; the tests replay without it.
"""
import argparse
import os

from recorder import Recorder
import families_control
import families_dynamic
import families_math
import families_nn
import families_quant
import families_shape

FAMILIES = {**families_control.FAMILIES, **families_dynamic.FAMILIES, **families_math.FAMILIES, **families_nn.FAMILIES, **families_quant.FAMILIES,
            **families_shape.FAMILIES}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    total = 0
    for family, fill in FAMILIES.items():
        recorder = Recorder(family, options.seed)
        fill(recorder)
        total += recorder.write(options.folder)
    print(f"{total} cases of {len(FAMILIES)} families in {options.folder}")


if __name__ == "__main__":
    main()
