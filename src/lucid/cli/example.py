"""The example of the reference page of ``nn.ParameterDict``, typed in and run before the reader's eyes."""

from __future__ import annotations

import inspect
from typing import Any

import lucid.nn as nn
from lucid import Tensor


class CustomParameterModel(nn.Module):
    """Two linear maps and a ReLU, with weights in a ParameterDict."""

    def __init__(self) -> None:
        super().__init__()
        params = {
            "weight1": nn.Parameter(Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)),
            "bias1": nn.Parameter(Tensor([1.0, 2.0], requires_grad=True)),
            "weight2": nn.Parameter(Tensor([[5.0, 6.0], [7.0, 8.0]], requires_grad=True)),
            "bias2": nn.Parameter(Tensor([3.0, 4.0], requires_grad=True)),
        }
        self.param_dict = nn.ParameterDict(params)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, 2) -> (N, 2)``"""
        x = x @ self.param_dict["weight1"] + self.param_dict["bias1"]
        x = nn.ReLU()(x)
        x = x @ self.param_dict["weight2"] + self.param_dict["bias2"]
        return x


IMPORTS = ("import lucid.nn as nn", "from lucid import Tensor")
STEPS = (
    "model = CustomParameterModel()",
    "input_tensor = Tensor([[1.0, 2.0]], requires_grad=True)",
    "output = model(input_tensor)",
    "print(output)",
    "output.sum().backward()",
    "print(input_tensor.grad)",
)


def show_example() -> None:
    """Print the example as a session: each line behind its prompt, and then what it prints."""
    names: dict[str, Any] = {}
    for step in (*IMPORTS, inspect.getsource(CustomParameterModel), *STEPS):
        for i, line in enumerate(step.rstrip().split("\n")):
            print(f"{'...' if i else '>>>'} {line}".rstrip())
        exec(step, names)  # our own text alone
