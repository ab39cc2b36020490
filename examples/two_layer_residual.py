"""The smallest residual block: y = W2 relu(W1 x + b1) + b2 + x."""

from torch import nn


class TwoLayerResidual(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.fc1 = nn.Linear(width, width)
        self.fc2 = nn.Linear(width, width)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.fc2(self.relu(self.fc1(x))) + x
