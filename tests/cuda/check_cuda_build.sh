#!/usr/bin/env bash
# Does the preset cuda compile and link against a CUDA LibTorch? Needs one and NVIDIA's toolkit (nvcc, headers), no GPU.
# Usage: CMAKE_PREFIX_PATH=/path/to/libtorch tests/cuda/check_cuda_build.sh [JOBS]
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
  echo "check_cuda_build: $*" >&2
  exit 1
}

case ${1:-} in
  --help | -h) sed -n '2,3s/^# //p' "$0" && exit 0 ;;
esac
jobs=${1:-$(nproc)}

if [ -z "${CMAKE_PREFIX_PATH:-}" ]; then
  cat >&2 <<'TEXT'
check_cuda_build: CMAKE_PREFIX_PATH must name a CUDA LibTorch. PyTorch's wheel for Linux on PyPI is one:
  python3 -m venv cuda-torch && cuda-torch/bin/pip install torch==2.11.0
  export CMAKE_PREFIX_PATH=$(cuda-torch/bin/python -c 'import torch; print(torch.utils.cmake_prefix_path)')
The CUDA toolkit must be of the same version as the wheel's (torch.version.cuda), with nvcc on the PATH.
TEXT
  exit 1
fi
command -v nvcc >/dev/null || fail "there is no nvcc on the PATH: install the CUDA toolkit that LibTorch was built with"

# Without the service: only what trains knows CUDA, and no library of sensors or brokers needs to be here.
build=build/cuda-check
cmake --preset cuda -B "$build" -DPROPRIOD_DAEMON=OFF -DPROPRIOD_TESTS=OFF -DPROPRIOD_BENCHMARKS=OFF
cmake --build "$build" --target propriod -j "$jobs"

program=$build/propriod
needed=$(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
grep -qx 'libtorch_cuda\.so' <<<"$needed" ||
  fail "$program does not depend on libtorch_cuda.so: is that LibTorch one for the CPU?"
if ! version=$("$program" --version); then
  ldd "$program" | grep 'not found' >&2 || true
  fail "$program was linked, but does not start: the libraries above are missing; a wheel's lie in site-packages/nvidia/*/lib" \
    "(for LD_LIBRARY_PATH)"
fi
echo "$version"

# Without a GPU it must say so, and with one it must compute what the CPU does.
if nvidia-smi >/dev/null 2>&1; then
  "$program" train --device cuda --self-check
else
  said=$("$program" train --device cuda --self-check 2>&1) && fail "a self-check on CUDA succeeded without a GPU: $said"
  grep -q 'no CUDA device is usable here' <<<"$said" || fail "without a GPU the self-check should say so, and not: $said"
  echo "no GPU here: compiled and linked, nothing run on CUDA"
fi
