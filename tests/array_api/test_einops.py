"""einops on Tensors: its array-API functions as they are, its usual ones by the page's registration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import einops
import einops.array_api
import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.testing import check_grads

PAGE = Path(__file__).parents[2] / "docs" / "array_api.md"

PATTERNS = [
    pytest.param("rearrange", ("b h w -> h (b w)",), {}, id="rearrange"),
    pytest.param("rearrange", ("b h (p w) -> b p w h",), {"p": 2}, id="rearrange split"),
    pytest.param("repeat", ("b h w -> b k (h n) w",), {"k": 2, "n": 3}, id="repeat"),
    *(
        pytest.param("reduce", ("b h (p w) -> h p", how), {"p": 2}, id=f"reduce {how}")
        for how in ("sum", "mean", "max", "min", "prod")
    ),
]


def numbers(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).normal(size=shape)


@pytest.fixture(scope="module", autouse=True)
def _registered() -> dict[str, Any]:
    """Run the block of the page that makes Tensors known to einops, as a reader would."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    (block,) = [b for b in blocks if "(AbstractBackend)" in b]
    namespace: dict[str, Any] = {"lucid": lucid, "Tensor": Tensor}
    exec(block, namespace)
    return namespace  # keeps the class, which einops itself does not hold


@pytest.mark.parametrize("module", [einops.array_api, einops], ids=["array_api", "einops"])
@pytest.mark.parametrize(("name", "pattern", "sizes"), PATTERNS)
def test_values_and_gradients(
    module: Any, name: str, pattern: tuple[str, ...], sizes: dict[str, int]
) -> None:
    array = numbers(2, 3, 4)
    function = getattr(module, name)
    result = function(Tensor(array), *pattern, **sizes)
    assert isinstance(result, Tensor)
    np.testing.assert_allclose(result.numpy(), getattr(einops, name)(array, *pattern, **sizes), rtol=1e-12)
    check_grads(lambda x: function(x, *pattern, **sizes), [array])


@pytest.mark.parametrize("module", [einops.array_api, einops], ids=["array_api", "einops"])
def test_list_of_tensors(module: Any) -> None:
    arrays = [numbers(2, 3), numbers(2, 3) + 1]
    tensors = [Tensor(a, requires_grad=True) for a in arrays]
    result = module.rearrange(tensors, "n a b -> a (n b)")
    np.testing.assert_array_equal(result.numpy(), einops.rearrange(arrays, "n a b -> a (n b)"))
    result.sum().backward()
    assert all(t.grad is not None for t in tensors)


@pytest.mark.parametrize("module", [einops.array_api, einops], ids=["array_api", "einops"])
def test_pack_and_unpack(module: Any) -> None:
    parts = [Tensor(numbers(2, 3, 4)), Tensor(numbers(2, 5))]
    packed, shapes = module.pack(parts, "b *")
    assert packed.shape == (2, 17)
    for part, again in zip(parts, module.unpack(packed, shapes, "b *"), strict=True):
        np.testing.assert_array_equal(part.numpy(), again.numpy())


def test_einsum() -> None:
    x, y = numbers(2, 3, 4), numbers(2, 4, 5)
    pattern = "batch row inner, batch inner column -> batch row column"
    result = einops.einsum(Tensor(x), Tensor(y), pattern)
    assert isinstance(result, Tensor)
    np.testing.assert_allclose(result.numpy(), x @ y, rtol=1e-12)
    check_grads(lambda x, y: einops.einsum(x, y, pattern), [x, y])


def test_einops_has_its_own_words_for_bad_patterns() -> None:
    with pytest.raises(einops.EinopsError, match="rearrange"):
        einops.array_api.rearrange(Tensor(numbers(2, 3)), "a b c -> a b c")
