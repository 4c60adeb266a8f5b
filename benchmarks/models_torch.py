"""The models of the benchmarks in PyTorch, and how one trains and asks them there."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn, optim

from harness import Case, Cases
from problems import Array, Problem

Step = Callable[[], Any]


class Page(nn.Module):
    """The model of the reference page."""

    def __init__(self) -> None:
        super().__init__()
        shapes = {"weight1": (2, 2), "bias1": (2,), "weight2": (2, 2), "bias2": (2,)}
        self.params = nn.ParameterDict({k: nn.Parameter(torch.empty(s)) for k, s in shapes.items()})

    def forward(self, x: Any) -> Any:
        x = x @ self.params["weight1"] + self.params["bias1"]
        x = nn.ReLU()(x)
        return x @ self.params["weight2"] + self.params["bias2"]

    def loss(self, x: Any, target: Any) -> Any:
        return self(x).sum()


class Classifier(nn.Module):
    """A model whose outputs are scores of classes."""

    def loss(self, x: Any, target: Any) -> Any:
        return F.cross_entropy(self(x), target)


class MLP(Classifier):
    """``(N, inputs) -> (N, classes)``"""

    def __init__(self, inputs: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x: Any) -> Any:
        return self.fc2(F.relu(self.fc1(x)))


class CNN(Classifier):
    """``(N, 1, side, side) -> (N, classes)``"""

    def __init__(self, side: int, channels: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels, 3)
        self.conv2 = nn.Conv2d(channels, 2 * channels, 3)
        self.fc1 = nn.Linear(2 * channels * ((side - 4) // 2) ** 2, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class BasicBlock(nn.Module):
    """``(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)``"""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if inputs != outputs:
            conv = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(outputs))

    def forward(self, x: Any) -> Any:
        residual = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = self.bn2(self.conv2(x))
        x += residual
        return F.relu(x, inplace=True)


class ResNet(Classifier):
    """``(N, 3, H, W) -> (N, classes)``"""

    def __init__(self, width: int, blocks: int, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        for i in range(4):
            out = width * 2**i
            stage = [BasicBlock(channels, out, 2 if i else 1)]
            stage += [BasicBlock(out, out, 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
            channels = out
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Block(nn.Module):
    """``(N, T, width) -> (N, T, width)``"""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ln1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.ln2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Any, cache: Any = None, position: int = 0) -> Any:
        n, t, width = x.shape
        heads = (n, t, self.heads, width // self.heads)
        qkv = self.qkv(self.ln1(x)).split(width, dim=2)
        q, k, v = (y.view(heads).transpose(1, 2) for y in qkv)  # (N, heads, T, head size)
        if cache is not None:  # (2, N, heads, length, head size): the keys and values until now
            cache[0, :, :, position : position + t] = k
            cache[1, :, :, position : position + t] = v
            k, v = cache[:, :, :, : position + t]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=cache is None)
        x = x + self.proj(y.transpose(1, 2).reshape(n, t, width))
        return x + self.fc2(F.gelu(self.fc1(self.ln2(x))))


class GPT(nn.Module):
    """``(N, T) -> (N, T, vocabulary)``"""

    def __init__(self, layers: int, width: int, heads: int, length: int, vocabulary: int) -> None:
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(length, width)
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.ln = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens: Any, caches: Any = None, position: int = 0) -> Any:
        x = self.wte(tokens) + self.wpe.weight[position : position + tokens.shape[1]]
        for i, block in enumerate(self.blocks):
            x = block(x, None if caches is None else caches[i], position)
        return self.head(self.ln(x))

    def loss(self, tokens: Any, target: Any) -> Any:
        return F.cross_entropy(self(tokens).flatten(0, 1), target.flatten())

    def new_caches(self) -> Any:
        length, width = self.wpe.weight.shape
        heads = self.blocks[0].heads
        shape = (2, 1, heads, length, width // heads)
        return [torch.zeros(shape) for _ in self.blocks]


class LSTM(Classifier):
    """``(T, N, inputs) -> (N, classes)``"""

    def __init__(self, inputs: int, hidden: int, layers: int, classes: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, layers)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, x: Any) -> Any:
        return self.fc(self.lstm(x)[0][-1])


MODELS: dict[str, Callable[..., Any]] = {
    "page": Page,
    "mlp": MLP,
    "cnn": CNN,
    "resnet": ResNet,
    "gpt": GPT,
    "lstm": LSTM,
}


# ----------------------------------------------------------------- training


def make(problem: Problem, channels_last: bool = False) -> Any:
    """Return the model of ``problem`` with its first weights."""
    model = MODELS[problem.model](**problem.sizes)
    weights = {name: torch.tensor(w) for name, w in problem.weights().items()}
    left_out = [name for name, _ in model.named_parameters() if name not in weights]
    if left_out:
        raise ValueError(f"parameters without a first weight: {left_out}")
    model.load_state_dict(weights, strict=False)  # statistics are no weights
    return model.to(memory_format=torch.channels_last) if channels_last else model


def tensors(batch: Any, channels_last: bool = False) -> Any:
    """Return a batch as tensors."""
    x, target = map(torch.tensor, batch)
    return (x.to(memory_format=torch.channels_last) if channels_last else x), target


def gradients(problem: Problem, precision: str = "highest") -> dict[str, Array]:
    """Return the gradients of the first batch, with autocast where ``precision`` is ``"medium"``.

    For what all frameworks are compared with, it may be ``"float64"``.
    """
    model = make(problem)
    x, target = tensors(problem.batches()[0])
    if precision == "float64":
        model, x = model.double(), x.double() if x.is_floating_point() else x
    with maths("autocast" if precision == "medium" else "highest"):
        loss = model.loss(x, target)
    loss.backward()
    return {name: p.grad.numpy() for name, p in model.named_parameters()}


def maths(way: str) -> Any:
    """Set how products are computed, and return the context to compute them in."""
    torch.set_float32_matmul_precision("highest" if way == "autocast" else way)
    torch.backends.mkldnn.conv.fp32_precision = "bf16" if way == "medium" else "ieee"
    return torch.autocast("cpu", torch.bfloat16) if way == "autocast" else contextlib.nullcontext()


def train_step(problem: Problem, way: str = "highest", channels_last: bool = False) -> Step:
    """Return a function that trains for one step."""
    model = make(problem, channels_last)
    if problem.optimizer is None:
        return forward_and_backward(problem, model)
    kinds = {"sgd": optim.SGD, "adam": optim.Adam, "adamw": optim.AdamW}
    optimizer = kinds[problem.optimizer](model.parameters(), **problem.options)
    batches = itertools.cycle([tensors(batch, channels_last) for batch in problem.batches()])

    def step() -> None:
        x, target = next(batches)
        optimizer.zero_grad()
        with maths(way):
            loss = model.loss(x, target)
        loss.backward()
        optimizer.step()

    return step


def forward_and_backward(problem: Problem, model: Any) -> Step:
    """Return a function that finds the gradients of an input that it makes, and of the parameters."""
    numbers = problem.batches()[0][0].tolist()
    return lambda: model.loss(torch.tensor(numbers, requires_grad=True), None).backward()


def ways(problem: Problem, make_case: Callable[..., Case]) -> Cases:
    """Return the cases of ``make_case(way, channels_last)``: all that may be PyTorch's best."""
    layouts = {"": False}
    if problem.model in ("cnn", "resnet"):
        layouts["channels_last"] = True
    f32 = {name or "as it comes": make_case("highest", last) for name, last in layouts.items()}
    bf16 = {
        " ".join(filter(None, (way, name))): make_case(way, last)
        for way in ("autocast", "medium", "high")
        for name, last in layouts.items()
    }
    return {"f32": f32, "bf16": bf16}


def training_cases(problem: Problem) -> Cases:
    """A step of training, in float32 and in bfloat16."""
    return ways(problem, lambda way, last: train_step(problem, way, last))


# ----------------------------------------------------------------- the rest


def image_cases(problem: Problem) -> Cases:
    """What a trained network says of images."""

    def make_case(way: str, channels_last: bool) -> Case:
        model = make(problem, channels_last).eval()
        images = tensors(problem.batches()[0], channels_last)[0]

        def ask() -> Any:
            with torch.inference_mode(), maths(way):
                return model(images)

        return ask

    return ways(problem, make_case)


def generate(model: Any, count: int) -> Any:
    """Return ``count`` tokens that follow token 0, the likeliest each."""
    with torch.inference_mode():
        caches = model.new_caches()
        token = torch.zeros((1, 1), dtype=torch.int64)
        tokens = []
        for i in range(count):
            token = model(token, caches, i).argmax(-1)
            tokens.append(token.item())
    return tokens


def token_cases(problem: Problem, count: int) -> Cases:
    """Tokens one by one."""

    def make_case(way: str, channels_last: bool) -> Case:
        model = make(problem).eval()

        def ask() -> Any:
            with maths(way):
                return generate(model, count)

        return ask

    return ways(problem, make_case)


def optimizer_cases(problem: Problem) -> Cases:
    """A step of AdamW, without what comes before it: PyTorch's default, and its fused one."""
    return {"as it comes": _optimizer_step(problem, False), "fused": _optimizer_step(problem, True)}


def _optimizer_step(problem: Problem, fused: bool) -> Step:
    model = make(problem)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3, fused=fused or None)
    for p in model.parameters():
        p.grad = torch.full_like(p, 1e-3)
    return optimizer.step
