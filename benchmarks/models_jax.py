"""The models of the benchmarks in JAX: functions of a dict of parameters, and one compiled training step.

Written plainly with ``jax.numpy`` and ``jax.lax``. Images are NHWC, which XLA is fastest with on a CPU;
the weights keep the names and shapes of the other frameworks.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from harness import Cases
from problems import Array, Problem

Parameters = dict[str, Any]
Step = Callable[[], Any]


def linear(p: Parameters, name: str, x: Any) -> Any:
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def cross_entropy(scores: Any, target: Any) -> Any:
    log_p = jax.nn.log_softmax(scores.astype(jnp.float32))
    return -jnp.take_along_axis(log_p, target[..., None], axis=-1).mean()


# ----------------------------------------------------------------- models


def page(p: Parameters, x: Any) -> Any:
    """``(N, 2) -> (N, 2)``"""
    x = jax.nn.relu(x @ p["params.weight1"] + p["params.bias1"])
    return x @ p["params.weight2"] + p["params.bias2"]


def mlp(p: Parameters, x: Any) -> Any:
    """``(N, inputs) -> (N, classes)``"""
    return linear(p, "fc2", jax.nn.relu(linear(p, "fc1", x)))


def convolution(p: Parameters, name: str, x: Any, stride: int = 1, padding: int = 0) -> Any:
    pads = [(padding, padding)] * 2
    layout = ("NHWC", "OIHW", "NHWC")
    return lax.conv_general_dilated(x, p[f"{name}.weight"], (stride, stride), pads, dimension_numbers=layout)


def cnn(p: Parameters, x: Any) -> Any:
    """``(N, side, side, 1) -> (N, classes)``"""
    x = jax.nn.relu(convolution(p, "conv1", x) + p["conv1.bias"])
    x = jax.nn.relu(convolution(p, "conv2", x) + p["conv2.bias"])
    n, h, w, c = x.shape
    x = x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))
    x = x.transpose(0, 3, 1, 2).reshape(n, -1)  # the order in which fc1's weights expect it
    return linear(p, "fc2", jax.nn.relu(linear(p, "fc1", x)))


def batch_norm(p: Parameters, name: str, x: Any) -> Any:
    y = x.astype(jnp.float32)
    mean, var = y.mean(axis=(0, 1, 2)), y.var(axis=(0, 1, 2))
    y = (y - mean) * lax.rsqrt(var + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]
    return y.astype(x.dtype)


def no_norm(p: Parameters, name: str, x: Any) -> Any:
    """What a batch-norm is in evaluation, with its first statistics: mean 0 and variance 1."""
    return x * (p[f"{name}.weight"] * (1 + 1e-5) ** -0.5) + p[f"{name}.bias"]


def resnet(p: Parameters, x: Any, norm: Callable[..., Any] = batch_norm) -> Any:
    """``(N, H, W, 3) -> (N, classes)``"""
    x = jax.nn.relu(norm(p, "bn1", convolution(p, "conv1", x, 1, 1)))
    for i, j in itertools.product(range(1, 5), range(2)):
        name = f"layer{i}.{j}"
        stride = 2 if i > 1 and j == 0 else 1
        residual = x
        if f"{name}.downsample.0.weight" in p:
            residual = convolution(p, f"{name}.downsample.0", x, stride)
            residual = norm(p, f"{name}.downsample.1", residual)
        x = jax.nn.relu(norm(p, f"{name}.bn1", convolution(p, f"{name}.conv1", x, stride, 1)))
        x = norm(p, f"{name}.bn2", convolution(p, f"{name}.conv2", x, 1, 1))
        x = jax.nn.relu(x + residual)
    return linear(p, "fc", x.mean(axis=(1, 2)))


def layer_norm(p: Parameters, name: str, x: Any) -> Any:
    y = x.astype(jnp.float32)
    mean, var = y.mean(axis=-1, keepdims=True), y.var(axis=-1, keepdims=True)
    y = (y - mean) * lax.rsqrt(var + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]
    return y.astype(x.dtype)


def attention(q: Any, k: Any, v: Any, allowed: Any) -> Any:
    scores = q @ k.swapaxes(-1, -2) * q.shape[-1] ** -0.5
    weights = jax.nn.softmax(jnp.where(allowed, scores.astype(jnp.float32), -jnp.inf))
    return weights.astype(q.dtype) @ v


def block(p: Parameters, name: str, x: Any, heads: int, cache: Any = None, position: Any = 0) -> Any:
    """``(N, T, width) -> (N, T, width)``, and the cache with the keys and values of these tokens."""
    n, t, width = x.shape
    qkv = linear(p, f"{name}.qkv", layer_norm(p, f"{name}.ln1", x))
    qkv = qkv.reshape(n, t, 3, heads, width // heads).transpose(2, 0, 3, 1, 4)
    q, k, v = qkv  # (N, heads, T, head size)
    if cache is None:
        allowed = jnp.tril(jnp.ones((t, t), bool))
    else:  # a compiled function has arrays of one size: later positions are masked
        cache = lax.dynamic_update_slice(cache, qkv[1:].astype(cache.dtype), (0, 0, 0, position, 0))
        k, v = cache
        allowed = jnp.arange(k.shape[2]) <= position
    y = attention(q, k, v, allowed).swapaxes(1, 2).reshape(n, t, width)
    x = x + linear(p, f"{name}.proj", y)
    y = jax.nn.gelu(linear(p, f"{name}.fc1", layer_norm(p, f"{name}.ln2", x)), approximate=False)
    return x + linear(p, f"{name}.fc2", y), cache


def gpt(p: Parameters, tokens: Any, heads: int) -> Any:
    """``(N, T) -> (N, T, vocabulary)``"""
    x = p["wte.weight"][tokens] + p["wpe.weight"][: tokens.shape[1]]
    for i in range(count_of(p, "ln1.weight")):
        x, _ = block(p, f"blocks.{i}", x, heads)
    return layer_norm(p, "ln", x) @ p["head.weight"].T


def next_token(p: Parameters, token: Any, caches: Any, position: Any, heads: int) -> Any:
    """Return the likeliest token after ``token``, and the caches."""
    x = p["wte.weight"][token] + lax.dynamic_slice_in_dim(p["wpe.weight"], position, 1)
    caches = list(caches)
    for i in range(len(caches)):
        x, caches[i] = block(p, f"blocks.{i}", x, heads, caches[i], position)
    scores = layer_norm(p, "ln", x) @ p["head.weight"].T
    return scores.argmax(axis=-1), caches


def count_of(p: Parameters, ending: str) -> int:
    return sum(name.endswith(f".{ending}") for name in p)


def lstm(p: Parameters, x: Any) -> Any:
    """``(T, N, inputs) -> (N, classes)``"""
    for i in range(sum(name.startswith("lstm.bias_ih") for name in p)):
        x = lstm_layer(p, i, x)
    return linear(p, "fc", x[-1])


def lstm_layer(p: Parameters, i: int, x: Any) -> Any:
    weight = p[f"lstm.weight_hh_l{i}"].T
    x = x @ p[f"lstm.weight_ih_l{i}"].T + (p[f"lstm.bias_ih_l{i}"] + p[f"lstm.bias_hh_l{i}"])

    def one(state: Any, x: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(x + h @ weight, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((x.shape[1], weight.shape[0]), x.dtype)
    return lax.scan(one, (zeros, zeros), x)[1]


# ----------------------------------------------------------------- optimizers


def sgd(p: Any, g: Any, s: Any, step: Any, lr: float, momentum: float) -> Any:
    velocity = momentum * s[0] + g
    return p - lr * velocity, (velocity,)


def adam(
    p: Any,
    g: Any,
    s: Any,
    step: Any,
    lr: float,
    betas: Any = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Any:
    """Adam; with ``weight_decay``, AdamW."""
    m = betas[0] * s[0] + (1 - betas[0]) * g
    v = betas[1] * s[1] + (1 - betas[1]) * g * g
    root = jnp.sqrt(v / (1 - betas[1] ** step)) + eps
    return p * (1 - lr * weight_decay) - lr * (m / (1 - betas[0] ** step)) / root, (m, v)


OPTIMIZERS: dict[str, tuple[Callable[..., Any], int]] = {
    "sgd": (sgd, 1),
    "adam": (adam, 2),
    "adamw": (adam, 2),
}


def update(kind: str, options: Any, params: Any, grads: Any, states: Any, step: Any) -> Any:
    rule = OPTIMIZERS[kind][0]
    new = {k: rule(params[k], grads[k], states[k], step, **options) for k in params}
    return {k: p for k, (p, _) in new.items()}, {k: s for k, (_, s) in new.items()}


# ----------------------------------------------------------------- cases

MODELS: dict[str, Callable[..., Any]] = {
    "page": page,
    "mlp": mlp,
    "cnn": cnn,
    "resnet": resnet,
    "gpt": gpt,
    "lstm": lstm,
}


def make(problem: Problem) -> tuple[Parameters, Callable[..., Any]]:
    """Return the first weights, and the loss as a function of weights, inputs and targets."""
    params = {name: jnp.asarray(w) for name, w in problem.weights().items()}
    model = MODELS[problem.model]
    if problem.model == "gpt":
        model = functools.partial(model, heads=problem.sizes["heads"])

    def loss(params: Parameters, x: Any, target: Any) -> Any:
        return model(params, x).sum() if problem.model == "page" else cross_entropy(model(params, x), target)

    return params, loss


def arrays(problem: Problem, batch: Any) -> tuple[Any, Any]:
    x, target = batch
    if problem.model in ("cnn", "resnet"):
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    return jnp.asarray(x), jnp.asarray(target)


def halved(tree: Any) -> Any:
    """Return the floats of ``tree`` as bfloat16."""
    return jax.tree.map(lambda a: a.astype(jnp.bfloat16) if a.dtype == jnp.float32 else a, tree)


def gradients(problem: Problem, precision: str = "highest") -> dict[str, Array]:
    """Return the gradients of the first batch; ``precision`` ``"medium"`` stands for bfloat16 arrays."""
    params, loss = make(problem)
    f = loss if precision == "highest" else lambda p, x, target: loss(halved(p), halved(x), target)
    grads = jax.jit(jax.grad(f))(params, *arrays(problem, problem.batches()[0]))
    return {name: np.asarray(g) for name, g in grads.items()}


def train_step(problem: Problem, way: str = "float32") -> Step:
    """Return a function that trains for one step."""
    params, loss = make(problem)
    if problem.optimizer is None:
        return forward_and_backward(problem, params, loss)
    states = {
        k: tuple(jnp.zeros_like(p) for _ in range(OPTIMIZERS[problem.optimizer][1]))
        for k, p in params.items()
    }
    kind, options = problem.optimizer, problem.options

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def train(params: Any, states: Any, step: Any, x: Any, target: Any) -> Any:
        half = halved if way == "bfloat16 arrays" else lambda tree: tree
        with jax.default_matmul_precision(way if way in ("bfloat16", "float32") else "default"):
            grads = jax.grad(lambda p: loss(half(p), half(x), target))(params)
        return update(kind, options, params, grads, states, step)

    batches = itertools.cycle([arrays(problem, batch) for batch in problem.batches()])
    steps = itertools.count(1.0)

    def step() -> None:
        nonlocal params, states
        params, states = train(params, states, next(steps), *next(batches))
        jax.block_until_ready(params)

    return step


def forward_and_backward(problem: Problem, params: Parameters, loss: Callable[..., Any]) -> Step:
    """Return a function that finds the gradients of an input that it makes, and of the parameters."""
    numbers = problem.batches()[0][0].tolist()
    f = jax.jit(jax.grad(loss, argnums=(0, 1)))
    return lambda: jax.block_until_ready(f(params, jnp.array(numbers), None))


def training_cases(problem: Problem) -> Cases:
    """A step of training, in float32 and in bfloat16."""
    bf16 = {way: train_step(problem, way) for way in ("bfloat16", "bfloat16 arrays")}
    return {"f32": train_step(problem), "bf16": bf16}  # type: ignore[dict-item]


def image_cases(problem: Problem) -> Cases:
    """What a trained network says of images."""
    params, _ = make(problem)
    images, _ = arrays(problem, problem.batches()[0])
    ask = jax.jit(functools.partial(resnet, norm=no_norm))

    def case(params: Parameters, images: Any) -> Any:
        return lambda: ask(params, images).block_until_ready()

    return {"f32": case(params, images), "bf16": case(halved(params), halved(images))}


def generate(problem: Problem, params: Parameters, ask: Callable[..., Any], count: int) -> list[int]:
    """Return ``count`` tokens that follow token 0, the likeliest each."""
    length, width = params["wpe.weight"].shape
    heads = problem.sizes["heads"]
    shape = (2, 1, heads, length, width // heads)
    caches = [jnp.zeros(shape, params["wpe.weight"].dtype) for _ in range(problem.sizes["layers"])]
    token = jnp.zeros((1, 1), jnp.int32)
    tokens = []
    for i in range(count):
        token, caches = ask(params, token, caches, i)
        tokens.append(int(token[0, 0]))
    return tokens


def token_cases(problem: Problem, count: int) -> Cases:
    """Tokens one by one."""
    params, _ = make(problem)
    ask = jax.jit(functools.partial(next_token, heads=problem.sizes["heads"]), donate_argnums=2)
    half = halved(params)
    return {
        "f32": lambda: generate(problem, params, ask, count),
        "bf16": lambda: generate(problem, half, ask, count),
    }


def optimizer_cases(problem: Problem) -> Cases:
    """A step of AdamW, without what comes before it."""
    params, _ = make(problem)
    grads = {k: jnp.full_like(p, 1e-3) for k, p in params.items()}
    states = {k: (jnp.zeros_like(p), jnp.zeros_like(p)) for k, p in params.items()}
    options = {"lr": 1e-3, "weight_decay": 0.01}
    train = jax.jit(functools.partial(update, "adamw", options), donate_argnums=(0, 2))
    steps = itertools.count(1.0)

    def step() -> None:
        nonlocal params, states
        params, states = train(params, grads, states, next(steps))
        jax.block_until_ready(params)

    return {"as it comes": step, "fused": step}
