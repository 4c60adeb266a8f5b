"""The optical recognition of handwritten digits, the data set of the demo."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

import numpy as np

from lucid.data.dataset import TensorDataset
from lucid.tensor import Tensor


class Digits(NamedTuple):
    """The two parts of the digits."""

    train: TensorDataset
    test: TensorDataset


def digits() -> Digits:
    """Return 1,797 images of handwritten digits, 8 by 8 pixels, split into two parts.

    Each part is a ``TensorDataset`` of images, float32 ``(N, 8, 8)`` with values from 0 to 1, and
    labels, int64 ``(N,)``. Within each class, in the order of the file, every fifth image is a test
    image: 1,442 to train with, 355 to test with. The split is the same every time, and each class
    has its share in both parts.

    It is an easy split, as the same 13 people wrote both parts. The images stand in the file writer
    by writer: who trains on the first 80 % and tests on the rest, people not seen before, should
    expect a simple network to get 91 to 94 %, not 98 %.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998, https://doi.org/10.24432/C50P49, licence CC BY 4.0. See
    ``DIGITS.md`` beside the data.

    Example:
        >>> train, test = lucid.data.digits()
        >>> train
        TensorDataset((1442, 8, 8) float32, (1442,) int64)
        >>> test
        TensorDataset((355, 8, 8) float32, (355,) int64)
    """
    with files("lucid.data").joinpath("digits.npz").open("rb") as file, np.load(file) as archive:
        images, labels = archive["images"], archive["labels"]
    is_test = np.zeros(len(labels), bool)
    for digit in range(10):
        is_test[np.flatnonzero(labels == digit)[4::5]] = True
    return Digits(*(_part(images[rows], labels[rows]) for rows in (~is_test, is_test)))


def _part(images: np.ndarray, labels: np.ndarray) -> TensorDataset:
    return TensorDataset(Tensor(images.astype(np.float32) / 16), Tensor(labels.astype(np.int64)))
