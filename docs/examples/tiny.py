"""The network of tiny.yaml as a module of torch."""

import torch
from torch import nn


class Tiny(nn.Module):
    """A small residual classifier."""

    example_inputs = (torch.empty(1, 3, 32, 32),)

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.down = nn.Conv2d(32, 64, 3, stride=2, padding=1)
        self.conv1 = nn.Conv2d(64, 64, 3, padding=1)
        self.conv2 = nn.Conv2d(64, 64, 3, padding=1)
        self.fc = nn.Linear(64, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        main = self.down(self.pool(self.stem(image).relu())).relu()
        out = (self.conv2(self.conv1(main).relu()) + main).relu()
        return self.fc(out.mean((2, 3)))
