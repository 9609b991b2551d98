#!/usr/bin/env python3
"""Makes logits_fixture.json: what PyTorch says of every architecture for weights and windows made by a formula.

Usage: make_logits_fixture.py > logits_fixture.json     (Debian: apt-get install python3-torch)

Value i of the tensor called NAME is ((i · 2654435761 + crc32(NAME)) mod 2³² / 2³² − ½) · 2 / √fan_in: integers that any
language computes alike, so the 7 MB of weights need not be kept. What batch normalisation multiplies or divides with
(`norm….weight`, `….running_var`) is 1 more. The windows are the tensor "accel", scaled to ± 20 m/s².
"""
import json
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

ACTIVITIES, PLACEMENTS, WINDOWS, WINDOW = 12, 3, 4, 100


def spread(name, shape):
    index = np.arange(int(np.prod(shape)), dtype=np.uint64)
    mixed = (index * 2654435761 + zlib.crc32(name.encode())) % 2**32
    return torch.from_numpy((mixed / 2**32 - 0.5).reshape(shape))


def formula(name, shape):
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 100
    values = spread(name, shape) * 2 / fan_in**0.5
    return (values + (len(shape) == 1 and name.endswith(("weight", "running_var")))).float()


class Multitask(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.activity = nn.Linear(features, ACTIVITIES)
        self.placement = nn.Linear(features, PLACEMENTS)

    def forward(self, accel):
        x = self.features(accel)
        return {"activity": self.activity(x), "placement": self.placement(x)}


class MtlNet(Multitask):  # the axes are channels
    def __init__(self, batch_norm=False):
        super().__init__(512)
        self.conv1, self.conv2 = nn.Conv1d(3, 32, 9), nn.Conv1d(32, 64, 9)
        self.norm1 = nn.BatchNorm1d(32) if batch_norm else nn.Identity()
        self.norm2 = nn.BatchNorm1d(64) if batch_norm else nn.Identity()
        self.fc1, self.fc2 = nn.Linear(1216, 1024), nn.Linear(1024, 512)

    def features(self, accel):
        x = F.max_pool1d(F.relu(self.norm1(self.conv1(accel))), 2)
        x = F.max_pool1d(F.relu(self.norm2(self.conv2(x))), 2).flatten(1)
        return F.relu(self.fc2(F.relu(self.fc1(x))))


class MtlNetPublished(Multitask):  # (N, 100, 3) reinterpreted, not transposed, as (N, 1, 3, 100)
    def __init__(self, batch_norm=False):
        super().__init__(512)
        self.conv1, self.conv2 = nn.Conv2d(1, 32, (1, 9)), nn.Conv2d(32, 64, (1, 9))
        self.norm1 = nn.BatchNorm2d(32) if batch_norm else nn.Identity()
        self.norm2 = nn.BatchNorm2d(64) if batch_norm else nn.Identity()
        self.fc1, self.fc2 = nn.Linear(1216, 1024), nn.Linear(1024, 512)

    def features(self, accel):
        x = accel.transpose(1, 2).contiguous().view(-1, 1, 3, WINDOW)
        x = F.max_pool2d(F.relu(self.norm1(self.conv1(x))), (1, 2), 2)
        x = F.max_pool2d(F.relu(self.norm2(self.conv2(x))), (1, 2), 2).flatten(1)
        return F.relu(self.fc2(F.relu(self.fc1(x))))


class Recurrent(Multitask):
    def __init__(self, layer, units, both_ways=False):
        super().__init__(384)
        self.recurrent = layer(3, units, num_layers=2, batch_first=True, bidirectional=both_ways)
        self.shared = nn.Linear(units * (1 + both_ways), 384)
        self.units, self.both_ways = units, both_ways

    def features(self, accel):
        states, _ = self.recurrent(accel.transpose(1, 2))  # (N, W, units), of the last layer
        last = states[:, -1]
        if self.both_ways:  # the backward direction ends at the first sample
            last = torch.cat([states[:, -1, : self.units], states[:, 0, self.units :]], 1)
        return F.relu(self.shared(last))


class AnpoNet(Multitask):
    def __init__(self):
        super().__init__(360)
        self.conv1, self.norm1 = nn.Conv1d(3, 64, 5, padding=2), nn.BatchNorm1d(64)
        self.conv2, self.norm2 = nn.Conv1d(64, 128, 5, padding=2), nn.BatchNorm1d(128)
        self.lstm = nn.LSTM(128, 360, num_layers=2, batch_first=True)

    def features(self, accel):
        x = F.max_pool1d(F.relu(self.norm1(self.conv1(accel))), 2)
        x = F.max_pool1d(F.relu(self.norm2(self.conv2(x))), 2)
        return self.lstm(x.transpose(1, 2))[0][:, -1]


class CompactNet(Multitask):
    # channels, kernel, pool: as CompactNet::kBlocks
    BLOCKS, POOLED, HIDDEN = ((48, 7, 2), (80, 5, 2), (120, 5, 1)), 2, 256

    def __init__(self):
        super().__init__(self.HIDDEN)
        inputs = 7
        for i, (channels, kernel, _) in enumerate(self.BLOCKS, start=1):
            self.add_module(f"conv{i}", nn.Conv1d(inputs, channels, kernel, padding=kernel // 2, bias=False))
            self.add_module(f"norm{i}", nn.BatchNorm1d(channels))
            inputs = channels
        self.hidden = nn.Linear(2 * inputs * self.POOLED, self.HIDDEN)

    def features(self, accel):
        mean = accel.mean(2, keepdim=True)
        up = mean / (mean.norm(dim=1, keepdim=True) + 1e-6)
        along = (accel * up).sum(1, keepdim=True)
        change = F.pad(accel[:, :, 1:] - accel[:, :, :-1], (1, 0))
        length = lambda v: ((v**2).sum(1, keepdim=True) + 1e-8).sqrt()
        x = torch.cat([accel, length(accel) - 1, along - 1, length(accel - along * up), length(change)], 1)
        for i, (_, _, pool) in enumerate(self.BLOCKS, start=1):
            x = F.max_pool1d(F.relu(getattr(self, f"norm{i}")(getattr(self, f"conv{i}")(x))), pool)
        x = torch.cat([F.adaptive_avg_pool1d(x, self.POOLED), F.adaptive_max_pool1d(x, self.POOLED)], 1)
        return F.relu(self.hidden(x.flatten(1)))


class SeparateTasks(nn.Module):
    def __init__(self, make):
        super().__init__()
        self.activity_net, self.placement_net = make(), make()
        del self.activity_net.placement, self.placement_net.activity

    def forward(self, accel):
        activity, placement = self.activity_net, self.placement_net
        return {
            "activity": activity.activity(activity.features(accel)),
            "placement": placement.placement(placement.features(accel)),
        }


CASES = {
    "mtl-net": MtlNet,
    "mtl-net batch_norm": lambda: MtlNet(batch_norm=True),
    "mtl-net separate_tasks": lambda: SeparateTasks(MtlNet),
    "mtl-net-published": MtlNetPublished,
    "mtl-net-published batch_norm": lambda: MtlNetPublished(batch_norm=True),
    "lstm": lambda: Recurrent(nn.LSTM, 368),
    "bilstm": lambda: Recurrent(nn.LSTM, 224, both_ways=True),
    "gru": lambda: Recurrent(nn.GRU, 424),
    "gru separate_tasks": lambda: SeparateTasks(lambda: Recurrent(nn.GRU, 424)),
    "anponet": AnpoNet,
    "mtl-net-compact": CompactNet,
}


@torch.no_grad()
def logits(network, accel):
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(formula(name, tuple(tensor.shape)))
    return network.eval()(accel)


def one_row_a_line(rows):
    return "[\n   " + ",\n   ".join(json.dumps([round(value, 7) for value in row]) for row in rows.tolist()) + "]"


accel = (spread("accel", (WINDOWS, 3, WINDOW)) * 40).float()
parts = [f'"made_with": "PyTorch {torch.__version__}"', f'"windows": {WINDOWS}']
for case, make in CASES.items():
    heads = ",\n  ".join(f'"{head}": {one_row_a_line(rows)}' for head, rows in logits(make(), accel).items())
    parts.append(f'"{case}": {{\n  {heads}}}')
print("{\n " + ",\n ".join(parts) + "}")
