# Shared by the scripts in this folder; sourced, not run.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DEBIAN_FRONTEND=noninteractive

# One clang job over MLIR's headers takes up to 1.5 GiB.
jobs_that_fit() {
  local cpus memory
  cpus=$(nproc)
  memory=$(awk '/^MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  echo $((cpus < memory ? cpus : memory))
}

# A Python that has numpy and protobuf: Debian's, unless the first in PATH has them too.
python_with_numpy() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import numpy, google.protobuf' 2>/dev/null; then
      echo "$python"
      return
    fi
  done
  echo "no Python with numpy and protobuf; run scripts/setup.sh" >&2
  return 1
}

# configure FOLDER [CMAKE_ARGUMENT...]
configure() {
  local folder=$1
  shift
  if command -v clang++-19 >/dev/null; then
    export CC=${CC:-clang-19} CXX=${CXX:-clang++-19}
  fi
  mkdir -p "$folder"
  cmake -G Ninja -S "$root" -B "$folder" "$@" >"$folder/configure.log" 2>&1 || {
    cat "$folder/configure.log" >&2
    return 1
  }
}

# build FOLDER [TARGET...]
build() {
  local folder=$1
  shift
  ninja -C "$folder" -j "$(jobs_that_fit)" "$@"
}
