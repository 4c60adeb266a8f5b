"""The models of the benchmarks run, and are the same in all frameworks: from the same weights come the same
gradients, tokens and scores. Tiny sizes; the benchmarks check the real ones themselves."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lucid

pytest.importorskip("torch")
pytest.importorskip("jax")

pytestmark = pytest.mark.parity

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
NAMES = ("page", "mlp", "cnn", "lstm", "gpt", "resnet")
# Some roundings of float32, made larger by a batch norm of few examples.
ALLOWED = 2e-5


@pytest.fixture(scope="module", autouse=True)
def _found() -> Iterator[None]:
    """Let the benchmarks be imported as they import one another."""
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    """Put the precisions back that a case has set."""
    yield
    lucid.set_float32_matmul_precision("highest")
    importlib.import_module("torch").set_float32_matmul_precision("highest")


def module(name: str) -> Any:
    return importlib.import_module(name)


def tiny(name: str, **sizes: int) -> Any:
    problems = module("problems")
    return problems.PROBLEMS[name](**(problems.TINY[name] | sizes))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("framework", ["lucid", "jax"])
def test_first_gradients_are_pytorch_s(framework: str, name: str) -> None:
    problem = tiny(name)
    ours, theirs = (module(f"models_{f}").gradients(problem) for f in (framework, "torch"))
    difference, parameter = module("problems").largest_difference(ours, theirs)
    assert difference < ALLOWED, parameter


@pytest.mark.parametrize("name", NAMES)
def test_names_and_shapes_of_the_state_are_pytorch_s(name: str) -> None:
    states = [module(f"models_{f}").make(tiny(name)).state_dict() for f in ("lucid", "torch")]
    ours, theirs = ({k: tuple(v.shape) for k, v in state.items()} for state in states)
    assert ours == theirs


@pytest.mark.parametrize("name", NAMES)
def test_training_steps_run_in_every_precision(name: str) -> None:
    lucid_steps = module("models_lucid").training_cases(tiny(name))
    torch_steps = module("models_torch").training_cases(tiny(name))
    assert list(lucid_steps) == list(torch_steps) == ["f32", "bf16"]
    for precision, step in lucid_steps.items():
        step()
        for way in torch_steps[precision].values():
            way()


@pytest.mark.parametrize("name", NAMES[1:])
def test_three_steps_lead_to_the_same_weights(name: str) -> None:
    weights = []
    for framework in ("lucid", "torch"):
        models, made = module(f"models_{framework}"), []
        make = models.make
        models.make = lambda *args, make=make, made=made: made.append(make(*args)) or made[-1]
        try:
            step = models.train_step(tiny(name))
        finally:
            models.make = make
        for _ in range(3):
            step()
        # Attention doesn't depend on the keys' bias. Its gradient is rounding, by whose size Adam divides.
        kept = [(k, p) for k, p in made[0].named_parameters() if not k.endswith("qkv.bias")]
        weights.append({k: p.detach().numpy() for k, p in kept})
    ours, theirs = weights
    difference, parameter = module("problems").largest_difference(ours, theirs)
    assert difference < 1e-4, parameter


def test_all_generate_the_same_tokens() -> None:
    problem = tiny("gpt")
    cases = [module(f"models_{f}").token_cases(problem, 8)["f32"] for f in ("lucid", "torch", "jax")]
    found = [(next(iter(c.values())) if isinstance(c, dict) else c)() for c in cases]
    assert found[0] == found[1] == found[2]


def test_all_see_the_same_in_images() -> None:
    problem = tiny("resnet")
    ours = module("models_lucid").image_cases(problem)["f32"]().numpy()
    jax = np.asarray(module("models_jax").image_cases(problem)["f32"]())
    for case in module("models_torch").image_cases(problem)["f32"].values():
        theirs = case().numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(jax, theirs, rtol=1e-4, atol=1e-5)


def test_the_optimizer_s_cases_run() -> None:
    for framework in ("lucid", "torch", "jax"):
        for step in module(f"models_{framework}").optimizer_cases(tiny("mlp")).values():
            step()


def test_a_profile_accounts_for_the_operations() -> None:
    # In a process of its own, as the timers stay.
    measured = module("harness").in_fresh_process(profile_of, str(BENCHMARKS))
    names = [row.name for row in measured[1]]
    assert {"(modules and Python)", "(the tape)", "(optimizer)"} < set(names)
    assert any(name.endswith(", backward") for name in names)
    assert measured[0] == pytest.approx(sum(row.seconds for row in measured[1]))


def profile_of(folder: str) -> Any:
    sys.path.insert(0, folder)
    return module("profiler").profile("mlp")
