#!/usr/bin/env python3
"""Makes logits_fixture.json: what PyTorch says of both MTL-net variants for weights and windows made by a formula.

Usage: make_logits_fixture.py > logits_fixture.json     (Debian: apt-get install python3-torch)

Value i of the tensor called NAME is ((i · 2654435761 + crc32(NAME)) mod 2³² / 2³² − ½) · 2 / √fan_in: integers that any
language computes alike, so the 7 MB of weights need not be kept. The windows are the tensor "accel", scaled to ± 20 m/s².
"""
import json
import zlib

import numpy as np
import torch
import torch.nn.functional as F

ACTIVITIES, PLACEMENTS, WINDOWS = 12, 3, 4


def spread(name, shape):
    index = np.arange(int(np.prod(shape)), dtype=np.uint64)
    mixed = (index * 2654435761 + zlib.crc32(name.encode())) % 2**32
    return torch.from_numpy((mixed / 2**32 - 0.5).reshape(shape))


def weight(name, shape):
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 100
    return (spread(name, shape) * 2 / fan_in**0.5).float()


def trunk(x):
    for layer, inputs, outputs in (("fc1", 1216, 1024), ("fc2", 1024, 512)):
        x = F.relu(F.linear(x, weight(f"{layer}.weight", (outputs, inputs)), weight(f"{layer}.bias", (outputs,))))
    return {
        head: F.linear(x, weight(f"{head}.weight", (classes, 512)), weight(f"{head}.bias", (classes,)))
        for head, classes in (("activity", ACTIVITIES), ("placement", PLACEMENTS))
    }


def mtl_net(accel):  # (N, 3, 100): the axes are channels
    x = F.conv1d(accel, weight("conv1.weight", (32, 3, 9)), weight("conv1.bias", (32,)))
    x = F.max_pool1d(F.relu(x), 2)
    x = F.conv1d(x, weight("conv2.weight", (64, 32, 9)), weight("conv2.bias", (64,)))
    return trunk(F.max_pool1d(F.relu(x), 2).flatten(1))


def mtl_net_published(accel):  # (N, 100, 3) reinterpreted, not transposed, as (N, 1, 3, 100)
    x = accel.transpose(1, 2).contiguous().view(-1, 1, 3, 100)
    x = F.conv2d(x, weight("conv1.weight", (32, 1, 1, 9)), weight("conv1.bias", (32,)))
    x = F.max_pool2d(F.relu(x), (1, 2), 2)
    x = F.conv2d(x, weight("conv2.weight", (64, 32, 1, 9)), weight("conv2.bias", (64,)))
    return trunk(F.max_pool2d(F.relu(x), (1, 2), 2).flatten(1))


accel = (spread("accel", (WINDOWS, 3, 100)) * 40).float()
fixture = {"made_with": f"PyTorch {torch.__version__}", "windows": WINDOWS}
for name, network in (("mtl-net", mtl_net), ("mtl-net-published", mtl_net_published)):
    fixture[name] = {head: logits.tolist() for head, logits in network(accel).items()}
print(json.dumps(fixture, indent=1))
