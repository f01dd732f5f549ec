#!/usr/bin/env python3
"""Brings ONNX's own backend tests into a folder of the build: fetch.py FOLDER.

Installs the packages of requirements.txt, pinned by hash, into FOLDER/site and lets generate.py write
FOLDER/cases. Does nothing where they are there already. Where the packages cannot be had, says so in a
line that begins with "SKIP:" and leaves nothing, so that the test that reads the cases is skipped.
"""
import hashlib
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = ["requirements.txt", "generate.py"]


def stamp():
    digest = hashlib.sha256()
    for name in SOURCES:
        with open(os.path.join(HERE, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def main():
    folder = os.path.abspath(sys.argv[1])
    site, cases, done = (os.path.join(folder, name) for name in ("site", "cases", "stamp"))
    if os.path.exists(done) and open(done).read() == stamp():
        return 0
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(cases)
    pip = run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary=:all:", "--require-hashes", "--target", site, "-r", os.path.join(HERE, "requirements.txt")])
    if pip.returncode:
        shutil.rmtree(folder)
        reason = (pip.stdout.strip().splitlines() or ["pip failed"])[-1]
        print(f"SKIP: ONNX's backend tests need the packages of test/e2e/onnx/requirements.txt: {reason}")
        return 0
    made = run([sys.executable, "-s", os.path.join(HERE, "generate.py"), cases], env={**os.environ, "PYTHONPATH": site})
    if made.returncode:
        print(made.stdout, file=sys.stderr)
        return 1
    with open(done, "w") as file:
        file.write(stamp())
    return 0


if __name__ == "__main__":
    sys.exit(main())
