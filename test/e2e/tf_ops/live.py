#!/usr/bin/env python3
"""Records fresh cases with another seed and replays them.

usage: live.py TF_OPS_TEST [SEED]
"""
import os
import subprocess
import sys
import tempfile


def main():
    try:
        import tensorflow  # noqa: F401
    except ImportError:
        print("SKIP: tensorflow is not installed; the recorded cases were replayed without it")
        return 0
    seed = sys.argv[2] if len(sys.argv) > 2 else "1"
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "generate.py")
        subprocess.run([sys.executable, script, folder, "--seed", seed], check=True)
        environment = dict(os.environ, AOTC_TF_CASES=folder)
        return subprocess.run([sys.argv[1], "--gtest_filter=*Replay*:Recorded*"], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
