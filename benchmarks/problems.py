"""What is trained in the benchmarks: shapes, weights, data and optimizers, without any framework.

Each framework has the same models in ``models_<framework>.py``, and loads the weights that are made here,
by the names that PyTorch's modules give them. So all begin at the same point, see the same batches and
must find the same gradients.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shapes = dict[str, tuple[int, ...]]
Batch = tuple[Array, Array]

BATCHES = 4  # different ones, taken in turn


@dataclass(frozen=True)
class Problem:
    """One thing to train.

    Attributes:
        title: for the reader.
        model: the name of the model, a key of ``MODELS`` in each framework's file.
        sizes: the model's arguments.
        shapes: of the parameters, by name.
        draw: makes a batch of inputs and targets of random numbers.
        optimizer: ``"sgd"``, ``"adam"`` or ``"adamw"``; None: forward and backward are all there is.
        options: the optimizer's, by PyTorch's names.
    """

    title: str
    model: str
    sizes: dict[str, int]
    shapes: Shapes
    draw: Callable[[np.random.Generator], Batch]
    optimizer: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def weights(self) -> dict[str, Array]:
        """Return the first value of each parameter, the same every time."""
        rng = np.random.default_rng(0)
        return {name: _weight(rng, name, shape) for name, shape in self.shapes.items()}

    def batches(self) -> list[Batch]:
        """Return the batches, the same every time."""
        rng = np.random.default_rng(1)
        return [self.draw(rng) for _ in range(BATCHES)]

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(math.prod(shape) for shape in self.shapes.values())


def _weight(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> Array:
    values = rng.standard_normal(shape, np.float32)
    if len(shape) > 1:
        return values * np.float32(1 / math.sqrt(math.prod(shape[1:])))
    # Of vectors, the weights are factors of a normalisation.
    return np.float32(1) + values / 10 if name.endswith("weight") else values / 10


def page() -> Problem:
    """The model of the reference page of ``nn.ParameterDict``: two inputs, two outputs."""
    shapes: Shapes = {f"params.{k}{i}": s for i in (1, 2) for k, s in (("weight", (2, 2)), ("bias", (2,)))}

    def draw(rng: np.random.Generator) -> Batch:
        return rng.standard_normal((1, 2), np.float32), np.zeros(0)

    return Problem("the page's model", "page", {}, shapes, draw)


def mlp(inputs: int = 784, hidden: int = 256, classes: int = 10, batch: int = 128) -> Problem:
    """A network of two linear maps."""
    shapes: Shapes = {**_linear("fc1", inputs, hidden), **_linear("fc2", hidden, classes)}

    def draw(rng: np.random.Generator) -> Batch:
        return rng.standard_normal((batch, inputs), np.float32), rng.integers(0, classes, batch)

    sizes = {"inputs": inputs, "hidden": hidden, "classes": classes}
    return Problem(
        f"MLP {inputs}-{hidden}-{classes}, batch {batch}", "mlp", sizes, shapes, draw, "adam", {"lr": 1e-3}
    )


def cnn(side: int = 28, channels: int = 32, hidden: int = 128, classes: int = 10, batch: int = 64) -> Problem:
    """A network for MNIST: two convolutions, a pooling, two linear maps."""
    flat = 2 * channels * ((side - 4) // 2) ** 2
    shapes: Shapes = {
        "conv1.weight": (channels, 1, 3, 3),
        "conv1.bias": (channels,),
        "conv2.weight": (2 * channels, channels, 3, 3),
        "conv2.bias": (2 * channels,),
        **_linear("fc1", flat, hidden),
        **_linear("fc2", hidden, classes),
    }

    def draw(rng: np.random.Generator) -> Batch:
        return rng.standard_normal((batch, 1, side, side), np.float32), rng.integers(0, classes, batch)

    sizes = {"side": side, "channels": channels, "hidden": hidden, "classes": classes}
    return Problem(f"CNN for MNIST, batch {batch}", "cnn", sizes, shapes, draw, "adam", {"lr": 1e-3})


def resnet(width: int = 64, blocks: int = 2, side: int = 32, classes: int = 10, batch: int = 32) -> Problem:
    """ResNet-18 for small images: the first convolution is 3x3, and no pooling follows it."""
    shapes: Shapes = {"conv1.weight": (width, 3, 3, 3), **_affine("bn1", width)}
    channels = width
    for i in range(4):
        out = width * 2**i
        for j in range(blocks):
            name = f"layer{i + 1}.{j}"
            shapes |= {f"{name}.conv1.weight": (out, channels, 3, 3), **_affine(f"{name}.bn1", out)}
            shapes |= {f"{name}.conv2.weight": (out, out, 3, 3), **_affine(f"{name}.bn2", out)}
            if channels != out:
                shapes[f"{name}.downsample.0.weight"] = (out, channels, 1, 1)
                shapes |= _affine(f"{name}.downsample.1", out)
            channels = out
    shapes |= _linear("fc", channels, classes)

    def draw(rng: np.random.Generator) -> Batch:
        return rng.standard_normal((batch, 3, side, side), np.float32), rng.integers(0, classes, batch)

    sizes = {"width": width, "blocks": blocks, "classes": classes}
    options = {"lr": 0.01, "momentum": 0.9}
    title = f"ResNet-18, {side}x{side}, batch {batch}"
    return Problem(title, "resnet", sizes, shapes, draw, "sgd", options)


def gpt(
    layers: int = 6,
    width: int = 384,
    heads: int = 6,
    length: int = 256,
    vocabulary: int = 8192,
    batch: int = 4,
) -> Problem:
    """A transformer that predicts the next token."""
    shapes: Shapes = {"wte.weight": (vocabulary, width), "wpe.weight": (length, width)}
    for i in range(layers):
        name = f"blocks.{i}"
        shapes |= {**_affine(f"{name}.ln1", width), **_linear(f"{name}.qkv", width, 3 * width)}
        shapes |= {**_linear(f"{name}.proj", width, width), **_affine(f"{name}.ln2", width)}
        shapes |= {**_linear(f"{name}.fc1", width, 4 * width), **_linear(f"{name}.fc2", 4 * width, width)}
    shapes |= {**_affine("ln", width), "head.weight": (vocabulary, width)}

    def draw(rng: np.random.Generator) -> Batch:
        tokens = rng.integers(0, vocabulary, (batch, length + 1))
        return np.ascontiguousarray(tokens[:, :-1]), np.ascontiguousarray(tokens[:, 1:])

    sizes = {"layers": layers, "width": width, "heads": heads, "length": length, "vocabulary": vocabulary}
    options = {"lr": 3e-4, "betas": (0.9, 0.95), "eps": 1e-8, "weight_decay": 0.1}
    title = f"GPT {layers}x{width}, batch {batch}, {length} tokens"
    return Problem(title, "gpt", sizes, shapes, draw, "adamw", options)


def lstm(
    inputs: int = 256,
    hidden: int = 256,
    layers: int = 2,
    length: int = 64,
    classes: int = 10,
    batch: int = 32,
) -> Problem:
    """A recurrent network that classifies sequences by its last output. Time comes first."""
    shapes: Shapes = {}
    for i in range(layers):
        shapes[f"lstm.weight_ih_l{i}"] = (4 * hidden, hidden if i else inputs)
        shapes[f"lstm.weight_hh_l{i}"] = (4 * hidden, hidden)
        shapes[f"lstm.bias_ih_l{i}"] = shapes[f"lstm.bias_hh_l{i}"] = (4 * hidden,)
    shapes |= _linear("fc", hidden, classes)

    def draw(rng: np.random.Generator) -> Batch:
        return rng.standard_normal((length, batch, inputs), np.float32), rng.integers(0, classes, batch)

    sizes = {"inputs": inputs, "hidden": hidden, "layers": layers, "classes": classes}
    title = f"LSTM {layers}x{hidden}, batch {batch}, length {length}"
    return Problem(title, "lstm", sizes, shapes, draw, "adam", {"lr": 1e-3})


def _linear(name: str, inputs: int, outputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _affine(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


PROBLEMS: dict[str, Callable[..., Problem]] = {
    "page": page,
    "mlp": mlp,
    "cnn": cnn,
    "lstm": lstm,
    "gpt": gpt,
    "resnet": resnet,
}

# The same models, so small that a test runs them in no time.
TINY: dict[str, dict[str, int]] = {
    "page": {},
    "mlp": {"inputs": 12, "hidden": 8, "classes": 3, "batch": 4},
    "cnn": {"side": 10, "channels": 4, "hidden": 8, "batch": 3},
    "lstm": {"inputs": 6, "hidden": 5, "length": 7, "batch": 3},
    "gpt": {"layers": 2, "width": 16, "heads": 2, "length": 8, "vocabulary": 20, "batch": 2},
    "resnet": {"width": 8, "blocks": 2, "side": 16, "batch": 4},
}


def largest_difference(ours: dict[str, Array], theirs: dict[str, Array]) -> tuple[float, str]:
    """Return how far apart two sets of gradients are: the worst ``|a - b| / |b|``, and whose it is.

    Lengths are over all elements of a parameter. So a ReLU that one framework finds just above 0 and the
    other just below doesn't count as an error of the parameters that it passes on to.
    """
    return max(_differences(ours, theirs))


def _differences(ours: dict[str, Array], theirs: dict[str, Array]) -> Iterator[tuple[float, str]]:
    if set(ours) != set(theirs):
        raise ValueError(f"gradients of different parameters: {sorted(set(ours) ^ set(theirs))}")
    for name, b in theirs.items():
        a = ours[name]
        if a.shape != b.shape:
            raise ValueError(f"gradients of {name} have shapes {a.shape} and {b.shape}")
        difference = float(np.linalg.norm((a - b).astype(np.float64)))
        yield difference / max(float(np.linalg.norm(b.astype(np.float64))), 1e-30), name
