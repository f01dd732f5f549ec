#!/bin/bash
# Installs aotc, moves the installation, and builds an outside project and an example against it.
# Arguments: the build folder, a folder to work in, CMake, a generator.
set -euo pipefail
build=$1 work=$2 cmake=$3 generator=$4
here=$(cd "$(dirname "$0")" && pwd)
fail() { echo "package_test: $*" >&2; exit 1; }

rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved" # the package must not know where it was
cp -r "$here/project" "$work/project"
"$cmake" -G "$generator" -S "$work/project" -B "$work/out" -DCMAKE_PREFIX_PATH="$work/moved" >/dev/null
make_it() { "$cmake" --build "$work/out"; }

make_it >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "the outside project does not build"; }
output=$("$work/out/app")
[ "$output" = "6.5 5.5 15.5 14.5 6.5 5.5 affine other" ] || fail "wrong output: $output"

make_it >"$work/log"
! grep -q "Compiling model" "$work/log" || fail "an unchanged model was compiled again"
stamp=$(stat -c %Y "$work/out/aotc/affine/affine.o")
sleep 1.1
sed -i 's/float_val: 0.5/float_val: 1.5/' "$work/project/affine.pbtxt"
make_it >"$work/log"
[ "$(stat -c %Y "$work/out/aotc/affine/affine.o")" != "$stamp" ] || fail "a changed model was not compiled again"
output=$("$work/out/app")
[ "$output" = "7.5 5.5 16.5 14.5 7.5 5.5 affine other" ] || fail "wrong output after the change: $output"

# The adapters to other pools, with a compiler that knows OpenMP.
"$cmake" -G "$generator" -S "$here/../../examples/threads" -B "$work/threads" -DCMAKE_PREFIX_PATH="$work/moved" \
  -DCMAKE_C_COMPILER=gcc >/dev/null
"$cmake" --build "$work/threads" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "examples/threads does not build"; }
"$work/threads/compare" || fail "examples/threads: results differ"
# A program with an operation of its own.
"$cmake" -G "$generator" -S "$here/../../examples/custom_op" -B "$work/custom_op" -DCMAKE_PREFIX_PATH="$work/moved" >/dev/null
"$cmake" --build "$work/custom_op" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "examples/custom_op does not build"; }
output=$("$work/custom_op/peaks_app" | tr '\n' ';')
[ "$output" = "10 at 1;6 at 3;14 at 6;" ] || fail "examples/custom_op: wrong output: $output"
echo "package_test: passed"
