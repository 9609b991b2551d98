#!/usr/bin/env python3
"""How fast is `propriod train` beside the same training in eager PyTorch? Prints windows per second of both and the ratio.

Usage: training_speed.py [--propriod build/release/propriod] [--data tests/data/watch --format propriod]
                         [--python /usr/bin/python3] [--epochs 3] [--threads 2] [--rounds 3]

Both take turns, `--rounds` times, so that a noisy neighbour hits both; medians count. Same network, batch 64, Adam, threads
(OpenBLAS included) and number of windows; the values differ, which speed does not see. The PyTorch of `--python` should be
the LibTorch that propriod was built with: on Debian, `apt-get install python3-torch`. Both leave loading and validation out.
With PROPRIOD_REFERENCE set to a folder with reference_smooth_distill.py and --npz to its data, that trainer runs as well.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

here = Path(__file__).resolve().parent
root = here.parent.parent
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--propriod", default=root / "build/release/propriod")
parser.add_argument("--data", default=root / "tests/data/watch")
parser.add_argument("--format", default="propriod")
parser.add_argument("--python", default="/usr/bin/python3")
parser.add_argument("--npz", help="windows for the trainer in PROPRIOD_REFERENCE")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--rounds", type=int, default=3)
args = parser.parse_args()
environment = {**os.environ, "OMP_NUM_THREADS": str(args.threads), "OPENBLAS_NUM_THREADS": str(args.threads)}


def output(*command):
    return subprocess.run([str(part) for part in command], check=True, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout


def ours():
    with tempfile.TemporaryDirectory() as models:
        return json.loads(output(args.propriod, "train", "--data", args.data, "--format", args.format, "--out",
                                 f"{models}/speed", "--split", "random", "--epochs", args.epochs, "--threads",
                                 args.threads, "--device", "cpu", "--json"))


def eager(result):
    return float(output(args.python, here / "eager_smooth_distill.py", "--windows", result["training_windows"],
                        "--activities", len(result["tasks"]["activity"]["classes"]),
                        "--placements", len(result["tasks"]["placement"]["classes"]),
                        "--epochs", args.epochs, "--threads", args.threads))


def reference():
    script = Path(os.environ["PROPRIOD_REFERENCE"]) / "reference_smooth_distill.py"
    return json.loads(output(args.python, script, args.npz, "--layout", "axes", "--epochs", args.epochs, "--threads",
                             args.threads))["windows_per_s"]


speeds = {"propriod": [], "eager PyTorch": []}
if args.npz:
    speeds["PROPRIOD_REFERENCE"] = []
for _ in range(args.rounds):
    result = ours()
    speeds["propriod"].append(result["windows_per_second"])
    speeds["eager PyTorch"].append(eager(result))
    if args.npz:
        speeds["PROPRIOD_REFERENCE"].append(reference())
print(f"{args.rounds} rounds of {args.epochs} epochs, {result['training_windows']} windows, {args.threads} threads, "
      f"PyTorch {output(args.python, '-c', 'import torch; print(torch.__version__)').strip()}")
print(output(args.propriod, "--version").strip())
median = statistics.median(speeds["propriod"])
for name, values in speeds.items():
    spread = f"{min(values):.0f} … {max(values):.0f}"
    print(f"{name:<20} {statistics.median(values):8.0f} windows/s  ({spread})  propriod is {median / statistics.median(values):.2f} × as fast")
