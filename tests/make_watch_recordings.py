#!/usr/bin/env python3
"""Makes tests/data/watch/ out of the watch recordings that the Python package seglearn 1.2.5 ships.

    make_watch_recordings.py OUT [WATCH_DATASET.npy]

Without the second argument the file is taken from the installed package. Needs numpy. The same input gives the same
bytes (with the same zlib). What the package holds, and what is known of it, stands in tests/data/README.md.
"""

import gzip
import hashlib
import importlib.util
import pathlib
import sys

import numpy

# The file is a pickle, which can run code when it is read: this one was looked at.
SHA256 = "eb122f23cdf06ef6bd6c6c5312958ec5cf9d038e2e6d457b8081662c75a42537"
STANDARD_GRAVITY_MPS2 = 9.80665
RATE_HZ = 50
EXERCISES = {
    "PEN": "pendulum",
    "ABD": "abduction",
    "FEL": "forward_elevation",
    "IR": "internal_rotation",
    "ER": "external_rotation",
    "TRAP": "lower_trapezius_row",
    "ROW": "bent_over_row",
}
SIDES = {0: "left", 1: "right"}
NOTES = (
    "Burns et al. 2018 (seglearn 1.2.5): one watch, one exercise and one side a recording. Each person did every "
    "exercise with the watch on the left and again on the right wrist, so both placements come from the same people. "
    "No time stamps were published: times are counted from the nominal rate."
)


def installed_data_set() -> pathlib.Path:
    package = importlib.util.find_spec("seglearn")
    if package is None or package.origin is None:
        sys.exit("seglearn is not installed: `pip install seglearn==1.2.5`, or name its watch_dataset.npy")
    return pathlib.Path(package.origin).parent / "data" / "watch_dataset.npy"


def csv_of(series: numpy.ndarray, activity: str, placement: str) -> str:
    """The published 1e-6 g are about 1e-5 m/s², so five decimals keep all of them."""
    lines = ["time,x,y,z,activity,placement"]
    for index, (x, y, z) in enumerate(series[:, :3] * STANDARD_GRAVITY_MPS2):
        lines.append(f"{index / RATE_HZ:.6f},{x:.5f},{y:.5f},{z:.5f},{activity},{placement}")
    return "\n".join(lines) + "\n"


def sidecar_of(series: numpy.ndarray, subject: str) -> str:
    return (
        'sensor: "watch"\n'
        'device: "Apple Watch 2 or 3"\n'
        f'subject: "{subject}"\n'
        f"rate: {RATE_HZ}\n"
        "unit: m/s2\n"
        f'notes: "{NOTES}"\n'
        f"samples: {len(series)}\n"
    )


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    source = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else installed_data_set()
    if hashlib.sha256(source.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{source}: not the watch_dataset.npy of seglearn 1.2.5")
    data = numpy.load(source, allow_pickle=True).item()

    out.mkdir(parents=True, exist_ok=True)
    for series, label, subject, side in zip(data["X"], data["y"], data["subject"], data["side"]):
        activity = EXERCISES[data["y_labels"][label]]
        subject_name = f"s{subject:02d}"
        name = f"{subject_name}_{SIDES[int(side)]}_{activity}"
        text = csv_of(series, activity, f"{SIDES[int(side)]}_wrist")
        (out / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
        (out / f"{name}.yaml").write_text(sidecar_of(series, subject_name), encoding="utf-8")


if __name__ == "__main__":
    main()
