#!/usr/bin/env bash
# Installs the peers from PyPI into build/bench-venv. Safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=build/bench-venv
if [ ! -x "$venv/bin/python" ]; then
  mkdir -p build
  python3 -m venv "$venv"
fi
"$venv/bin/python" -m pip install --quiet --requirement bench/requirements.txt
echo "$venv/bin/python"
