#!/usr/bin/env bash
# Installs what is missing, builds, and passes all tests.
# Usage: ./test.sh [PRESET]   (release, debug, asan, tsan, train, cuda, fuzz)
set -euo pipefail
cd "$(dirname "$0")"
preset=${1:-release}
case $preset in
  release | debug | asan | tsan | train | cuda | fuzz) ;;
  --help | -h) sed -n '2,3s/^# //p' "$0" && exit 0 ;;
  *) sed -n '3s/^# //p' "$0" >&2 && exit 2 ;;
esac

./setup.sh --quiet
log=build/$preset/build.log
mkdir -p "build/$preset"
echo "Building the preset $preset (log: $log)…"
if ! { cmake --preset "$preset" && cmake --build --preset "$preset"; } >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  echo "The build failed, see above and $log. If it ran out of memory, run: cmake --build --preset $preset -j 1" >&2
  exit 1
fi
# Most of the long ones wait for devices and brokers.
ctest --preset "$preset" --parallel "$((2 * $(nproc)))"
