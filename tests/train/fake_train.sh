#!/bin/sh
# Stands in for `propriod` in the tests of the runner: takes the options of `train`, prints a result. What it does by
# --seed: 2 fails, 3 dies, 4 prints no JSON, 5 says that it was stopped early, 6 never ends.
out= seed=0 method=smooth-distill predictions= epochs=1
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2; shift ;;
    --seed) seed=$2; shift ;;
    --method) method=$2; shift ;;
    --epochs) epochs=$2; shift ;;
    --predictions) predictions=$2; shift ;;
  esac
  shift
done
echo "$CUDA_VISIBLE_DEVICES" >"$out.device"
echo $$ >"$out.pid"
epochs_run=$epochs
case $seed in
  2) printf 'first line\n\033[31mno data here\033[0m\n' >&2; exit 1 ;;
  3) kill -9 $$ ;;
  4) echo 'not JSON'; exit 0 ;;
  5) epochs_run=0 ;;
  6) exec sleep 600 ;;
esac
echo 'recording,start_s,activity,activity_predicted,activity_confidence,placement,placement_predicted,placement_confidence' >"$predictions"
cat <<JSON
{"tasks": {"activity": {"accuracy": 75.0, "macro_f1": 73.3, "classes": [{"label": "sit"}, {"label": "walk"}], "confusion": [[2, 0], [1, 1]]},
           "placement": null},
 "windows": 4, "training_windows": 16, "validation_windows": 4, "method": "$method", "architecture": "mtl-net",
 "epochs": $epochs, "epochs_run": $epochs_run, "train_seconds": 1.5}
JSON
