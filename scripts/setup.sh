#!/bin/bash
# Installs the Debian packages that building and testing need and that are
# missing. Does nothing, and needs no network, when all are there.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

packages=(
  # compilers and build tools
  clang-19 libclang-rt-19-dev lld-19 g++ cmake ninja-build
  # LLVM and MLIR with what their CMake packages look for
  llvm-19-dev llvm-19-tools libmlir-19-dev mlir-19-tools libzstd-dev zlib1g-dev
  # libraries
  libabsl-dev libprotobuf-dev protobuf-compiler libgtest-dev
  # tests and the demo's training script
  python3 python3-numpy python3-protobuf
)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: everything is installed"
  exit 0
fi
echo "setup: installing ${missing[*]}"
if [ "$(id -u)" -ne 0 ]; then
  echo "setup: not root; run: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
apt-get update -q </dev/null
apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null
echo "setup: done"
