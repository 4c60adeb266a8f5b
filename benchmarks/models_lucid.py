"""The models of the benchmarks in Lucid, and how one trains and asks them here."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from harness import Cases
from lucid import optim
from problems import Array, Problem

Step = Callable[[], Any]


class Page(nn.Module):
    """The model of the reference page."""

    def __init__(self) -> None:
        super().__init__()
        shapes = {"weight1": (2, 2), "bias1": (2,), "weight2": (2, 2), "bias2": (2,)}
        self.params = nn.ParameterDict({k: nn.Parameter(lucid.zeros(s)) for k, s in shapes.items()})

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
        self.fc1 = nn.Linear(inputs, hidden, activation="relu")
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x: Any) -> Any:
        return self.fc2(self.fc1(x))


class CNN(Classifier):
    """``(N, 1, side, side) -> (N, classes)``"""

    def __init__(self, side: int, channels: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels, 3)
        self.conv2 = nn.Conv2d(channels, 2 * channels, 3)
        self.fc1 = nn.Linear(2 * channels * ((side - 4) // 2) ** 2, hidden, activation="relu")
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2).flatten(1)
        return self.fc2(self.fc1(x))


class BasicBlock(nn.Module):
    """``(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)``"""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs, activation="relu")
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs, activation="relu")
        self.downsample = None
        if inputs != outputs:
            conv = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(outputs))

    def forward(self, x: Any) -> Any:
        residual = x if self.downsample is None else self.downsample(x)
        return self.bn2(self.conv2(self.bn1(self.conv1(x))), residual)


class ResNet(Classifier):
    """``(N, 3, H, W) -> (N, classes)``"""

    def __init__(self, width: int, blocks: int, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width, activation="relu")
        channels = width
        for i in range(4):
            out = width * 2**i
            stage = [BasicBlock(channels, out, 2 if i else 1)]
            stage += [BasicBlock(out, out, 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
            channels = out
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Any) -> Any:
        x = self.bn1(self.conv1(x))
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
        self.fc1 = nn.Linear(width, 4 * width, activation="gelu")
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Any, cache: Any = None, position: int = 0) -> Any:
        n, t, width = x.shape
        heads = (n, t, self.heads, width // self.heads)
        qkv = lucid.split(self.qkv(self.ln1(x)), 3, axis=2)
        q, k, v = (y.reshape(heads).permute_dims((0, 2, 1, 3)) for y in qkv)  # (N, heads, T, head size)
        if cache is not None:  # (2, N, heads, length, head size): the keys and values until now
            cache[0, :, :, position : position + t] = k
            cache[1, :, :, position : position + t] = v
            k, v = cache[:, :, :, : position + t]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=cache is None)
        x = x + self.proj(y.permute_dims((0, 2, 1, 3)).reshape((n, t, width)))
        return x + self.fc2(self.fc1(self.ln2(x)))


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
        return [lucid.zeros(shape) for _ in self.blocks]


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


def make(problem: Problem) -> Any:
    """Return the model of ``problem`` with its first weights."""
    model = MODELS[problem.model](**problem.sizes)
    weights = {name: lucid.Tensor(w) for name, w in problem.weights().items()}
    left_out = [name for name, _ in model.named_parameters() if name not in weights]
    if left_out:
        raise ValueError(f"parameters without a first weight: {left_out}")
    model.load_state_dict(weights, strict=False)  # statistics are no weights
    return model


def gradients(problem: Problem, precision: str = "highest") -> dict[str, Array]:
    """Return the gradients of the first batch."""
    lucid.set_float32_matmul_precision(precision)
    model = make(problem)
    x, target = map(lucid.Tensor, problem.batches()[0])
    model.loss(x, target).backward()
    return {name: p.grad.numpy() for name, p in model.named_parameters()}


def train_step(problem: Problem, precision: str = "highest") -> Step:
    """Return a function that trains for one step."""
    model = make(problem)
    if problem.optimizer is None:
        return forward_and_backward(problem, model)
    kinds = {"sgd": optim.SGD, "adam": optim.Adam, "adamw": optim.AdamW}
    optimizer = kinds[problem.optimizer](model.parameters(), **problem.options)
    batches = itertools.cycle([tuple(map(lucid.Tensor, batch)) for batch in problem.batches()])

    def step() -> None:
        lucid.set_float32_matmul_precision(precision)
        x, target = next(batches)
        optimizer.zero_grad()
        model.loss(x, target).backward()
        optimizer.step()

    return step


def forward_and_backward(problem: Problem, model: Any) -> Step:
    """Return a function that finds the gradients of an input that it makes, and of the parameters."""
    numbers = problem.batches()[0][0].tolist()
    return lambda: model.loss(lucid.Tensor(numbers, requires_grad=True), None).backward()


def training_cases(problem: Problem) -> Cases:
    """A step of training, in float32 and in bfloat16."""
    return {"f32": train_step(problem), "bf16": train_step(problem, "medium")}


# ----------------------------------------------------------------- the rest


def image_cases(problem: Problem) -> Cases:
    """What a trained network says of images."""
    model = make(problem).eval()
    images = lucid.Tensor(problem.batches()[0][0])

    def ask(precision: str) -> Any:
        lucid.set_float32_matmul_precision(precision)
        with lucid.no_grad():
            return model(images)

    return {"f32": lambda: ask("highest"), "bf16": lambda: ask("medium")}


def generate(model: Any, count: int) -> Any:
    """Return ``count`` tokens that follow token 0, the likeliest each."""
    with lucid.no_grad():
        caches = model.new_caches()
        token = lucid.zeros((1, 1), dtype="int64")
        tokens = []
        for i in range(count):
            token = model(token, caches, i).argmax(axis=-1)
            tokens.append(token.item())
    return tokens


def token_cases(problem: Problem, count: int) -> Cases:
    """Tokens one by one."""
    model = make(problem).eval()

    def ask(precision: str) -> Any:
        lucid.set_float32_matmul_precision(precision)
        return generate(model, count)

    return {"f32": lambda: ask("highest"), "bf16": lambda: ask("medium")}


def optimizer_cases(problem: Problem) -> Cases:
    """A step of AdamW, without what comes before it."""
    model = make(problem)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    for p in model.parameters():
        p.grad = lucid.ones(p.shape) * 1e-3
    return {"as it comes": optimizer.step, "fused": optimizer.step}
