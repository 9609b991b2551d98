#!/usr/bin/env python3
"""Smooth-Distill as one would write it in plain eager PyTorch: the baseline of training_speed.py.

Usage: eager_smooth_distill.py --windows N --activities A --placements P --epochs E --threads T
Prints windows trained per second, the first epoch left out. The data are random: speed does not depend on the values.
"""
import argparse
import copy
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class MtlNet(nn.Module):
    def __init__(self, activities, placements):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(3, 32, 9), nn.Conv1d(32, 64, 9)
        self.fc1, self.fc2 = nn.Linear(1216, 1024), nn.Linear(1024, 512)
        self.activity, self.placement = nn.Linear(512, activities), nn.Linear(512, placements)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.conv1(x)), 2)
        x = F.max_pool1d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc2(F.relu(self.fc1(x.flatten(1)))))
        return self.activity(x), self.placement(x)


def distillation(student, teacher, temperature=3.0):
    student, teacher = F.log_softmax(student / temperature, 1), F.softmax(teacher / temperature, 1)
    return F.kl_div(student, teacher, reduction="batchmean") * temperature**2


parser = argparse.ArgumentParser()
for name in ("windows", "activities", "placements", "epochs", "threads"):
    parser.add_argument("--" + name, type=int, required=True)
parser.add_argument("--batch", type=int, default=64)
args = parser.parse_args()

torch.set_num_threads(args.threads)
torch.manual_seed(0)
data = torch.utils.data.TensorDataset(
    torch.randn(args.windows, 3, 100) * 10,
    torch.randint(args.activities, (args.windows,)),
    torch.randint(args.placements, (args.windows,)),
)
loader = torch.utils.data.DataLoader(data, batch_size=args.batch, shuffle=True)
student = MtlNet(args.activities, args.placements)
teacher = copy.deepcopy(student).eval().requires_grad_(False)
optimizer = torch.optim.Adam(student.parameters(), lr=0.001)
seconds = 0.0
for epoch in range(args.epochs + 1):
    started = time.perf_counter()
    for accel, activity, placement in loader:
        with torch.no_grad():
            activity_t, placement_t = teacher(accel)
        activity_s, placement_s = student(accel)
        loss = 0.5 * (F.cross_entropy(activity_s, activity) + 0.5 * distillation(activity_s, activity_t)) + 0.5 * (
            F.cross_entropy(placement_s, placement) + 0.5 * distillation(placement_s, placement_t)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for t, s in zip(teacher.parameters(), student.parameters()):
                t.mul_(0.999).add_(s, alpha=0.001)
    if epoch > 0:
        seconds += time.perf_counter() - started
print(f"{args.windows * args.epochs / seconds:.0f}")
