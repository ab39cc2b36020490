"""Forward and backward of real PyTorch, for bench/profile.mjs: prints milliseconds by network as JSON."""

import importlib.util
import json
import pathlib
import statistics
import sys
import time

import torch
import torch.nn.functional as F
import torchvision

threads = int(sys.argv[1])
torch.set_num_threads(threads)
path = pathlib.Path(__file__).resolve().parents[1] / "examples" / "cifar_resnet.py"
spec = importlib.util.spec_from_file_location("cifar_resnet", path)
cifar = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cifar)


def measure(model, shape, classes):
    model.train()
    x, target = torch.randn(shape), torch.randint(classes, (shape[0],))
    times = []
    for _ in range(7):
        start = time.perf_counter()
        model.zero_grad()
        F.cross_entropy(model(x), target).backward()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[2:])


print(
    json.dumps(
        {
            "ResNet-18 N4@64": measure(torchvision.models.resnet18(), (4, 3, 64, 64), 1000),
            "ResNet-50 N2@64": measure(torchvision.models.resnet50(), (2, 3, 64, 64), 1000),
            "CIFAR ResNet-20 N4@32": measure(cifar.resnet20(), (4, 3, 32, 32), 10),
        }
    )
)
