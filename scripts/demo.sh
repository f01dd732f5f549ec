#!/bin/bash
# From a fresh Debian 12 to a recognised digit: installs what is missing, builds
# aotc, trains a small network, compiles it into a C program and runs that.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$root"

scripts/setup.sh
echo "demo: building aotc (some minutes the first time)"
configure build
build build aotc aotc-run aotc-bench aotc-opt

if [ ! -s build/demo/digits.pb ]; then
  echo "demo: training a digit classifier"
  "$(python_with_numpy)" examples/digits/train.py build/demo
fi

echo "demo: compiling the network into a C program"
cmake --install build --prefix build/install >build/demo/log
cmake -G Ninja -S examples/digits -B build/demo/app -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$root/build/install" -DDIGITS_MODEL="$root/build/demo/digits.pb" >>build/demo/log
ninja -C build/demo/app >>build/demo/log || { cat build/demo/log >&2; exit 1; }

build/demo/app/recognise build/demo/samples.bin 3
ls -l build/demo/digits.pb build/demo/app/aotc/digits/digits.o build/demo/app/recognise | awk '{print $5 " bytes  " $9}'
echo "The C program is examples/digits/main.c, the header that it includes build/demo/app/aotc/digits/digits.h."
echo "Now your own model: build/bin/aotc MODEL.pb -o model.o"
