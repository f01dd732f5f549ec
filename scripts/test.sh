#!/bin/bash
# Builds what is not up to date and runs every test. The last line counts them.
#   test.sh [BUILD_FOLDER [CMAKE_ARGUMENT...]]
set -uo pipefail
. "$(dirname "$0")/lib.sh"
cd "$root"
folder=${1:-build}
[ $# -gt 0 ] && shift

scripts/setup.sh || exit 1
configure "$folder" "$@" || exit 1
build "$folder" || exit 1

# Tests that read models and references write nothing into the source tree.
rm -f "$folder/ctest.xml" "$folder/lit.xml"
ctest --test-dir "$folder" --output-on-failure --timeout 7200 -E '^lit$' -j "$(nproc)" --output-junit ctest.xml </dev/null
lit=$(sed -n 's/^AOTC_LIT:[A-Z]*=//p' "$folder/CMakeCache.txt")
python3 "$lit" -sv "$folder/test" --xunit-xml-output "$folder/lit.xml" </dev/null

python3 scripts/summary.py "$folder/ctest.xml" "$folder/lit.xml"
