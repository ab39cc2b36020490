"""ResNets for CIFAR-10 (He et al. 2016, section 4.2): 6n + 2 layers, parameter-free option A shortcuts."""

import torch.nn as nn
import torch.nn.functional as F


class BasicBlock(nn.Module):
    def __init__(self, in_planes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.stride = stride
        self.missing = planes - in_planes

    def shortcut(self, x):
        """Option A: subsample, and pad the missing channels with zeros."""
        if self.stride == 1 and self.missing == 0:
            return x
        before = self.missing // 2
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, before, self.missing - before))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class CifarResNet(nn.Module):
    def __init__(self, depth=20, num_classes=10):
        super().__init__()
        if (depth - 2) % 6:
            raise ValueError(f"depth must be 6n + 2, not {depth}")
        blocks = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self.make_stage(16, 16, blocks, stride=1)
        self.layer2 = self.make_stage(16, 32, blocks, stride=2)
        self.layer3 = self.make_stage(32, 64, blocks, stride=2)
        self.linear = nn.Linear(64, num_classes)

        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight)

    def make_stage(self, in_planes, planes, blocks, stride):
        stage = [BasicBlock(in_planes, planes, stride)]
        stage += [BasicBlock(planes, planes) for _ in range(blocks - 1)]
        return nn.Sequential(*stage)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        x = F.avg_pool2d(x, x.size(3))
        return self.linear(x.view(x.size(0), -1))


def resnet20():
    return CifarResNet(20)


def resnet56():
    return CifarResNet(56)


def resnet110():
    return CifarResNet(110)


# skipscope: model=resnet20() input=1x3x32x32
