#!/bin/bash
# Coverage-guided fuzzing of the readers with libFuzzer, each from the corpus of the tests.
#   fuzz.sh [SECONDS [FOLDER]]    default: 60 seconds each; what it finds is kept in FOLDER (build-fuzz/found)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$root"
seconds=${1:-60} found=${2:-$root/build-fuzz/found}

configure build-fuzz -DAOTC_SANITIZE=address,undefined,fuzzer-no-link -DAOTC_LIBFUZZER=ON
cmake --build build-fuzz -j "$(nproc)" --target aotc-libfuzzer-reader aotc-libfuzzer-onnx-reader aotc-libfuzzer-savedmodel aotc-fuzz-savedmodel aotc-libfuzzer-data
mkdir -p "$found/seeds"
build-fuzz/bin/aotc-fuzz-savedmodel --pack "$found/seeds" test/e2e/saved_models/data
fuzz() { # TARGET SEEDS
  mkdir -p "$found/$1"
  echo "== $1"
  build-fuzz/bin/aotc-libfuzzer-"$1" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=65536 \
    -artifact_prefix="$found/$1-" -print_final_stats=1 "$found/$1" "$2" 2>"$found/$1.log" || { tail -n 40 "$found/$1.log" >&2; exit 1; }
  grep -E "stat::number_of_executed_units|stat::peak_rss|^#[0-9]+.*(INITED|DONE)" "$found/$1.log"
}
fuzz reader test/fuzz/corpus
fuzz onnx-reader test/fuzz/onnx_corpus
fuzz savedmodel "$found/seeds"
fuzz data test/fuzz/data_corpus
