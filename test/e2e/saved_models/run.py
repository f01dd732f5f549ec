#!/usr/bin/env python3
"""Runs the signatures of SavedModels and compares with what generate.py stored.

usage: run.py AOTC_RUN FOLDER

For every SIGNATURE.in.NAME.npy and SIGNATURE.out.NAME.npy in a folder below
FOLDER; with SIGNATURE.steps the calls follow each other. Needs the standard library only.
"""
import pathlib
import subprocess
import sys


def main():
    tool, root = sys.argv[1], pathlib.Path(sys.argv[2])
    status = cases = 0
    for folder in sorted(root.iterdir()):
        for signature in sorted({path.name.split(".")[0] for path in folder.glob("*.out.*.npy")}):
            command = [tool, str(folder), f"--signature={signature}"]
            if (folder / f"{signature}.steps").exists():
                command.append("--steps")
            for kind, option in (("in", "--input"), ("out", "--expect")):
                for path in sorted(folder.glob(f"{signature}.{kind}.*.npy")):
                    command += [option, f"{path.name.split('.')[2]}={path}"]
            print("+", " ".join(command), flush=True)
            status |= subprocess.run(command).returncode
            cases += 1
    return status or cases == 0


if __name__ == "__main__":
    sys.exit(main())
