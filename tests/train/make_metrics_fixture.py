#!/usr/bin/env python3
"""Makes metrics_fixture.json: what scikit-learn, SciPy and statsmodels say of predictions and figures made by a formula.

Usage: make_metrics_fixture.py > metrics_fixture.json   (pip install numpy scikit-learn scipy statsmodels)
"""
import json
import re

import numpy as np
import scipy
import scipy.optimize
import scipy.stats
import sklearn
import statsmodels
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

random = np.random.default_rng(1)
fixture = {"made_with": f"scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}, statsmodels {statsmodels.__version__}"}

# Predictions of five classes, of which class 4 never occurs and class 3 is never predicted.
CLASSES, WINDOWS = 5, 120
truth = random.integers(0, 4, WINDOWS)
logits = np.round(random.normal(0, 1.5, (WINDOWS, CLASSES)) + 2.5 * np.eye(CLASSES)[truth], 3)
logits[:, 3] -= 20
probabilities = scipy.special.softmax(logits, axis=1).astype(np.float32)
predicted = probabilities.argmax(1)
confidence = probabilities.max(1)
classes = []
for k in range(CLASSES):
    (tn, fp), (fn, tp) = metrics.confusion_matrix(truth == k, predicted == k, labels=[False, True])
    one = dict(zero_division=0)
    classes.append({
        "precision": metrics.precision_score(truth == k, predicted == k, **one),
        "recall": metrics.recall_score(truth == k, predicted == k, **one),
        "specificity": metrics.recall_score(truth != k, predicted != k, **one),
        "npv": metrics.precision_score(truth != k, predicted != k, **one),
        "one_vs_rest_accuracy": metrics.accuracy_score(truth == k, predicted == k),
        "f1": metrics.f1_score(truth == k, predicted == k, **one),
        "support": int(tp + fn),
    })
bins = np.digitize(confidence.astype(float), np.linspace(0, 1, 16), right=True)
ece = sum(
    (bins == b).mean() * abs((truth == predicted)[bins == b].mean() - confidence[bins == b].astype(float).mean())
    for b in np.unique(bins))
fixture["task"] = {
    "classes_count": CLASSES,
    "truth": truth.tolist(),
    "probabilities": [float(p) for p in probabilities.ravel()],
    "accuracy": metrics.accuracy_score(truth, predicted),
    "macro_f1": metrics.f1_score(truth, predicted, average="macro", zero_division=0),
    "weighted_f1": metrics.f1_score(truth, predicted, average="weighted", zero_division=0),
    "ece": float(ece),
    "confusion": metrics.confusion_matrix(truth, predicted, labels=range(CLASSES)).tolist(),
    "classes": classes,
}

# The temperature that SciPy's own minimiser finds for a network that is three times too sure of itself.
truth = random.integers(0, 3, 60)
sure = scipy.special.softmax(3 * (random.normal(0, 1, (60, 3)) + np.eye(3)[truth]), axis=1).astype(np.float32)
cost = lambda log_t: -scipy.special.log_softmax(np.log(sure.astype(float)) / np.exp(log_t), axis=1)[np.arange(60), truth].mean()
found = scipy.optimize.minimize_scalar(cost, bounds=(np.log(0.01), np.log(100)), method="bounded", options={"xatol": 1e-9})
fixture["temperature"] = {"probabilities": [float(p) for p in sure.ravel()], "truth": truth.tolist(),
                          "temperature": float(np.exp(found.x))}

tests = []
for size, shift, scale in ((2, 1, 1), (3, 0, 2), (5, 0.8, 1), (5, 12, 0.5), (10, 0.05, 1), (30, 0.4, 1)):
    first = np.round(random.normal(80 + shift, scale, size), 4)
    second = np.round(random.normal(80, scale, size), 4)
    plain = scipy.stats.ttest_rel(first, second)
    difference = first - second
    t = difference.mean() / np.sqrt((1 / size + 0.25) * difference.var(ddof=1))
    tests.append({"first": first.tolist(), "second": second.tolist(), "t": float(plain.statistic), "p": float(plain.pvalue),
                  "corrected_t": float(t), "corrected_p": float(2 * scipy.stats.t.sf(abs(t), size - 1))})
fixture["t_tests"] = tests

p_values = [0.01, 0.04, 0.03, 0.005, 0.2, 0.9, 0.03]
fixture["holm"] = {"p": p_values, "corrected": multipletests(p_values, method="holm")[1].tolist()}

fixture["mcnemar"] = []
for b, c in ((0, 0), (1, 0), (3, 9), (12, 12), (10, 15), (80, 60), (400, 300), (0, 2000)):
    exact = b + c < 25
    result = mcnemar([[0, b], [c, 0]], exact=exact, correction=True)
    fixture["mcnemar"].append({"b": b, "c": c, "exact": exact, "p": 1.0 if b + c == 0 else float(result.pvalue),
                               "chi_square": None if exact else float(result.statistic)})

values = np.round(random.normal(70, 12, 15), 3)
interval = scipy.stats.bootstrap((values,), np.mean, n_resamples=100000, method="percentile", random_state=1).confidence_interval
fixture["bootstrap"] = {"values": values.tolist(), "mean": float(values.mean()), "sd": float(values.std(ddof=1)),
                        "low": float(interval.low), "high": float(interval.high)}
text = json.dumps(fixture, indent=1)
print(re.sub(r"\s+(?=[-\d\]])", " ", text))  # lists of numbers on one line
