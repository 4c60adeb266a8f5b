"""Bad input: a clear error that names the function and the value, and nothing half-done."""

from __future__ import annotations

import numpy as np
import pytest

import lucid
from lucid.testing import DEVICES
from tests.ops.bad_input import BAD_INPUT, Row


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("row", BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input(row: Row, device: str) -> None:
    call, kind, pattern = row
    x = lucid.asarray(np.arange(1, 7, dtype=np.float32).reshape(2, 3), device=device)
    v = lucid.asarray(np.float32([1, 2, 3]), device=device)
    i = lucid.asarray(np.arange(2), device=device)
    with pytest.raises(kind, match=pattern) as caught:
        call(x, v, i)
    assert len(str(caught.value)) < 600, "an error that nobody reads"
    assert x.tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert v.tolist() == [1.0, 2.0, 3.0]
    assert i.tolist() == [0, 1]
