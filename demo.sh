#!/usr/bin/env bash
# Shows Propriod at work: builds it, trains a small model on the real recordings in tests/data, and lets it recognise, live
# and over MQTT, what people do whom it has never seen. Leaves everything below build/demo.
set -euo pipefail
if [ $# -gt 0 ]; then
  sed -n '2,3s/^# //p' "$0"
  echo "Usage: ./demo.sh   (PROPRIOD_DEMO_EPOCHS=40, PROPRIOD_DEMO_SECONDS=45)"
  [ "$1" = --help ] && exit 0 || exit 2
fi
cd "$(dirname "$0")"
epochs=${PROPRIOD_DEMO_EPOCHS:-40}
seconds=${PROPRIOD_DEMO_SECONDS:-45}

./setup.sh --quiet
log=build/release/build.log
mkdir -p build/release build/demo
echo "Building (a few minutes the first time; log: $log)…"
if ! { cmake --preset release && cmake --build --preset release --target propriod; } >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  echo "The build failed, see above and $log. If it ran out of memory, run: cmake --build --preset release -j 1" >&2
  exit 1
fi
propriod=$PWD/build/release/propriod

echo
echo "Training on watch recordings of shoulder exercises (tests/data): Smooth-Distill, tested on people left out…"
trained=build/demo/training-$epochs.txt
if [ ! -s "$trained" ] || [ "$propriod" -nt "$trained" ]; then
  rm -rf build/demo/models
  interrupted=  # propriod train ends well on Ctrl-C, with a model that has seen too little
  trap 'interrupted=yes' INT
  "$propriod" train --data tests/data/watch --format propriod --out build/demo/models/watch \
    --split subject --epochs "$epochs" >"$trained.new"
  trap - INT
  [ -z "$interrupted" ] || exit 130
  mv "$trained.new" "$trained"
else
  echo "(trained already; delete build/demo to train again)"
fi
cat "$trained"

# The people the model never saw stand in its manifest.
people=$("$propriod" models show --directory build/demo/models watch |
  sed -n '/test_subjects:/,/^  [a-z]/s/^ *- *//p' | tr -d "\"'")
[ -n "$people" ] || { echo "The model names no held-out people; delete build/demo and run ./demo.sh again." >&2; exit 1; }

work=$(mktemp -d build/demo/run-XXXXXX)
broker= subscriber= daemon=
cleanup() {
  for process in $daemon $subscriber $broker; do kill "$process" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
for port in $(shuf -i 20000-50000 -n 10); do
  printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n' "$port" >"$work/mosquitto.conf"
  "$mosquitto" -c "$work/mosquitto.conf" >"$work/mosquitto.log" 2>&1 &
  broker=$!
  for _ in $(seq 50); do
    grep -q "mosquitto version .* running" "$work/mosquitto.log" && break 2
    kill -0 "$broker" 2>/dev/null || break
    sleep 0.1
  done
  kill "$broker" 2>/dev/null || true
  broker=
done
[ -n "$broker" ] || { cat "$work/mosquitto.log" >&2; echo "Mosquitto did not start, see above." >&2; exit 1; }

# One sensor for a few recordings of each person; its name says whose, on which side and which exercise it is.
{
  printf 'node: demo\nmodel: {directory: %s, name: watch, unknown_below: 0}\n' "$PWD/build/demo/models"
  printf 'mqtt: {url: "mqtt://127.0.0.1:%s"}\nsensors:\n' "$port"
  for person in $people; do
    ls tests/data/watch/"${person}"_*.csv.gz | awk 'NR % 3 == 1'
  done | awk 'NR <= 10' | while read -r file; do
    printf '  - {name: %s, driver: replay, file: %s, speed: 1}\n' "$(basename "$file" .csv.gz | tr '[:upper:]' '[:lower:]')" "$PWD/$file"
  done
} >"$work/propriod.yaml"

echo
echo "Replaying recordings of $(echo $people | sed 's/ / and /') at 50 Hz through 'propriod run'; a subscriber on port $port receives for $seconds s:"
echo
mosquitto_sub -h 127.0.0.1 -p "$port" -q 1 -t 'propriod/demo/+/prediction' -F '%p' >"$work/messages" &
subscriber=$!
"$propriod" run --config "$work/propriod.yaml" 2>"$work/run.log" &
daemon=$!

# Each message beside the truth, which is in the sensor's name: person_side_exercise.
show='
function field(json, name) { return match(json, "\"" name "\":\"[^\"]*\"") ? substr(json, RSTART + length(name) + 4, RLENGTH - length(name) - 5) : "" }
function task(json, name,   rest) {
  rest = substr(json, index(json, "\"" name "\":{"))
  label = field(rest, "label")
  match(rest, /"confidence":[0-9.e-]+/); confidence = substr(rest, RSTART + 13, RLENGTH - 13)
}
BEGIN { printf "%-9s %-4s  %-26s %-26s %5s  %-12s %-12s\n", "UTC", "who", "exercise: truth", "recognised", "conf.", "wrist: truth", "recognised" }
{
  split(field($0, "sensor"), part, "_")
  who = part[1]; side = part[2]; exercise = field($0, "sensor"); sub(/^[^_]*_[^_]*_/, "", exercise)
  task($0, "activity"); activity = label; sure = confidence
  task($0, "placement"); placement = label; sub(/_wrist$/, "", placement)
  n++; right += activity == exercise; sided += placement == side
  printf "%-9s %-4s  %-26s %-26s %5.2f  %-12s %-12s %s\n", substr(field($0, "time"), 12, 8), who, exercise, activity, sure, side, placement, (activity == exercise && placement == side) ? "✓" : "✗"
  fflush()
}
END { if (n) printf "\n%d predictions received; exercise right in %.0f %%, wrist right in %.0f %% (people the model has never seen)\n", n, 100 * right / n, 100 * sided / n }'
tail -n +1 -f --pid="$subscriber" "$work/messages" | awk "$show" &
table=$!
for _ in $(seq "$seconds"); do
  sleep 1
  kill -0 "$daemon" 2>/dev/null || break
done
kill -TERM "$daemon" 2>/dev/null || true
if ! wait "$daemon"; then cat "$work/run.log" >&2; echo "propriod run failed, see above." >&2; exit 1; fi
sleep 1
kill "$subscriber" 2>/dev/null || true
wait "$table" 2>/dev/null || true
echo
echo "Try it yourself: build/release/propriod --help. The model is in build/demo/models, the configuration's reference in config/propriod.yaml."
