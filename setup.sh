#!/usr/bin/env bash
# Installs what building and testing Propriod needs on Debian 12 (and 13), and nothing that is there already.
# Usage: ./setup.sh [--quiet]
set -euo pipefail

# package: why it is needed
packages="
g++: compiler
cmake: build
ninja-build: build
ccache: a second build takes seconds
pkg-config: build
libtorch-dev: tensors, training and inference
libopenblas0-openmp: fast linear algebra under LibTorch (the default BLAS is five times slower; -pthread fights with LibTorch's threads)
libboost1.81-dev: event loop and coroutines (Asio)
libyaml-cpp-dev: configuration
nlohmann-json3-dev: JSON
libspdlog-dev: logging
libcli11-dev: command line
libexpected-dev: tl::expected
libssl-dev: SHA-256, and TLS for Paho
zlib1g-dev: compressed recordings
libarchive-dev: data sets read from zip and tar archives
libserialport-dev: finding serial ports and the USB devices behind them
libgpiod-dev: the interrupt line of a sensor
libpaho-mqtt-dev: MQTT
libpaho-mqttpp-dev: MQTT
gnuplot-nox: plots in the reports of experiments
libgtest-dev: tests
libgmock-dev: tests
libbenchmark-dev: benchmarks
libumockdev-dev: an I2C bus without hardware, for the tests
umockdev: an I2C bus without hardware, for the tests
mosquitto: a real broker for the demo and the tests
mosquitto-clients: a subscriber for the demo
"

# Debian 13 has a newer Boost.
if [ "$(. /etc/os-release && echo "${VERSION_ID:-}")" = 13 ]; then
  packages=${packages/libboost1.81-dev:/libboost1.83-dev:}
fi

missing=()
while IFS=: read -r package reason; do
  [ -n "$package" ] || continue
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' && continue
  missing+=("$package")
  echo "missing: $package —$reason"
done <<<"$packages"
if [ ${#missing[@]} -eq 0 ]; then
  [ "${1:-}" = --quiet ] || echo "Everything needed is installed."
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "This is no Debian: there is no apt-get. Install the packages above with your own package manager." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Installing needs root and there is no sudo. As root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
if dpkg-query -W -f='${Status}' libboost1.74-dev 2>/dev/null | grep -q 'ok installed'; then
  echo "note: libboost1.81-dev takes the place of libboost1.74-dev; the two cannot be installed together"
fi

echo "Installing ${#missing[@]} packages…"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1
}
# Package lists may be old: then they are renewed and it is tried again.
if ! install; then
  if ! "${as_root[@]}" apt-get update >"$log" 2>&1 || ! install; then
    tail -n 15 "$log" >&2
    echo "apt-get failed, see above. Is the network there, and the Debian archive in /etc/apt/sources.list? Then run ./setup.sh again." >&2
    exit 1
  fi
fi
# Debian starts a broker of its own when mosquitto is installed; nothing here needs that one.
