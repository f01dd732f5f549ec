#!/usr/bin/env bash
# Sets up the peers and the networks, times all of them in one run and holds the figures against the bars.
#   run.sh [--int8] [--quick] [--all] [--threads 1|2] [NETWORK...]
# See docs/performance.md.
set -euo pipefail
bench=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$bench")
venv=$root/build/bench-venv
stamp=$venv/requirements.txt
[ -x "$root/build/bin/aotc" ] || { echo "run.sh: build/bin/aotc is missing; build first (README.md)" >&2; exit 1; }
if ! cmp -s "$bench/requirements.txt" "$stamp"; then
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --requirement "$bench/requirements.txt"
  cp "$bench/requirements.txt" "$stamp"
fi
PYTHONPATH=$bench exec "$venv/bin/python" -m suite "$@"
