#!/usr/bin/env python3
"""Makes steps_fixture.json: the first steps of every training method in plain eager PyTorch, from the paper's equations.

Usage: make_steps_fixture.py > steps_fixture.json     (Debian: apt-get install python3-torch)

The network is mtl-net with 12 + 3 classes. Value i of the tensor called NAME is ((i · 2654435761 + crc32(NAME)) mod 2³² /
2³² − ½) · 2 / √fan_in, as in tests/model/make_logits_fixture.py. Step s trains on 16 windows, the tensor "accel<s>" scaled to
± 5 m/s²; window n has activity (7n + 3s) mod 12 and placement (5n + s) mod 3. Adam with a learning rate of 0.0001: with ten
times that, labels made by a formula send the losses up and down, and rounding alone parts two trainings after some steps.
In float64 the losses are the same to 3e-7 and the movements to 2e-5: what differs more is no rounding.
Kept are the loss of each step and, of each parameter after the last one, how far it moved (its norm) and eight values.
Dropout draws from PyTorch's generator, seeded with 5: "draws" holds the first values it gives, so that another version with
another generator is noticed.
"""
import copy
import json
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

ACTIVITIES, PLACEMENTS, BATCH, STEPS = 12, 3, 16, 20
ALPHA, LAMBDA, TAU, BETA = 0.5, 0.5, 3.0, 0.999


def spread(name, shape):
    index = np.arange(int(np.prod(shape)), dtype=np.uint64)
    mixed = (index * 2654435761 + zlib.crc32(name.encode())) % 2**32
    return torch.from_numpy((mixed / 2**32 - 0.5).reshape(shape))


class MtlNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(3, 32, 9), nn.Conv1d(32, 64, 9)
        self.fc1, self.fc2 = nn.Linear(1216, 1024), nn.Linear(1024, 512)
        self.activity, self.placement = nn.Linear(512, ACTIVITIES), nn.Linear(512, PLACEMENTS)

    def features(self, accel):
        x = F.max_pool1d(F.relu(self.conv1(accel)), 2)
        x = F.max_pool1d(F.relu(self.conv2(x)), 2)
        return F.relu(self.fc2(F.relu(self.fc1(x.flatten(1)))))

    def forward(self, accel):
        x = self.features(accel)
        return self.activity(x), self.placement(x)


def formula_network(prefix=""):
    network = MtlNet()
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            fan_in = int(np.prod(tensor.shape[1:])) if tensor.dim() > 1 else 100
            tensor.copy_((spread(prefix + name, tuple(tensor.shape)) * 2 / fan_in**0.5).float())
    return network


def batch(step):
    accel = (spread(f"accel{step}", (BATCH, 3, 100)) * 10).float()
    n = torch.arange(BATCH)
    return accel, (7 * n + 3 * step) % ACTIVITIES, (5 * n + step) % PLACEMENTS


def kd(student, teacher):
    divergence = F.kl_div(F.log_softmax(student / TAU, 1), F.softmax(teacher / TAU, 1), reduction="batchmean")
    return divergence * TAU**2


def multitask(network, accel, y1, y2):
    z1, z2 = network(accel)
    return ALPHA * F.cross_entropy(z1, y1) + (1 - ALPHA) * F.cross_entropy(z2, y2)


def distilled(network, teacher, accel, y1, y2):
    with torch.no_grad():
        t1, t2 = teacher(accel)
    z1, z2 = network(accel)
    return ALPHA * (F.cross_entropy(z1, y1) + LAMBDA * kd(z1, t1)) + (1 - ALPHA) * (
        F.cross_entropy(z2, y2) + LAMBDA * kd(z2, t2))


def sd_dropout(network, accel, y1, y2):
    x = network.features(accel)
    loss = ALPHA * F.cross_entropy(network.activity(x), y1) + (1 - ALPHA) * F.cross_entropy(network.placement(x), y2)
    for weight, head in ((ALPHA, network.activity), (1 - ALPHA, network.placement)):
        a, b = head(F.dropout(x, 0.5)), head(F.dropout(x, 0.5))
        loss = loss + weight * (kd(a, b) + kd(b, a))
    return loss


def train(parameters, losses, loss_of, steps=STEPS, after_step=lambda: None):
    optimizer = torch.optim.Adam(parameters, lr=0.0001)
    for step in range(steps):
        loss = loss_of(*batch(step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        after_step()
        losses.append(loss.item())


def summary(network, start, prefix=""):
    tensors = {}
    for name, tensor in network.state_dict().items():
        flat, before = tensor.double().flatten(), start[name].double().flatten()
        picks = [int(k * (len(flat) - 1) // 7) for k in range(8)]
        tensors[prefix + name] = {"moved": (flat - before).norm().item(), "values": flat[picks].tolist()}
    return tensors


def run(method):
    torch.manual_seed(5)
    network, losses = formula_network(), []
    start = copy.deepcopy(network.state_dict())
    result = {}
    if method == "multitask":
        train(network.parameters(), losses, lambda *b: multitask(network, *b))
    elif method == "sd-dropout":
        train(network.parameters(), losses, lambda *b: sd_dropout(network, *b))
    elif method == "smooth-distill":
        teacher = copy.deepcopy(network)

        @torch.no_grad()
        def follow():
            for t, s in zip(teacher.parameters(), network.parameters()):
                t.mul_(BETA).add_(s, alpha=1 - BETA)

        train(network.parameters(), losses, lambda *b: distilled(network, teacher, *b), after_step=follow)
        result["teacher"] = summary(teacher, start)
    elif method == "born-again":  # ten steps of the teacher, ten of the student, on the same batches
        train(network.parameters(), losses, lambda *b: multitask(network, *b), steps=10)
        teacher, network = network, formula_network()
        train(network.parameters(), losses, lambda *b: distilled(network, teacher, *b), steps=10)
    elif method == "singletask":  # twenty steps of one network, twenty of the other
        one, other = formula_network("activity_net."), formula_network("placement_net.")
        del one.placement, other.activity
        starts = copy.deepcopy(one.state_dict()), copy.deepcopy(other.state_dict())
        train(one.parameters(), losses, lambda x, y1, y2: F.cross_entropy(one.activity(one.features(x)), y1))
        train(other.parameters(), losses, lambda x, y1, y2: F.cross_entropy(other.placement(other.features(x)), y2))
        return {"losses": losses,
                "network": {**summary(one, starts[0], "activity_net."), **summary(other, starts[1], "placement_net.")}}
    return {"losses": losses, "network": summary(network, start), **result}


torch.manual_seed(5)
draws = F.dropout(torch.ones(16), 0.5).tolist()
fixture = {"made_with": f"PyTorch {torch.__version__}", "draws": draws}
for method in ("singletask", "multitask", "sd-dropout", "born-again", "smooth-distill"):
    fixture[method] = run(method)
print(json.dumps(json.loads(json.dumps(fixture), parse_float=lambda text: float(f"{float(text):.8g}")), indent=1))
