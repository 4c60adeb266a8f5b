"""Data sets, and batches of them."""

from lucid.data.dataset import Dataset, Subset, TensorDataset, random_split
from lucid.data.digits import Digits, digits
from lucid.data.loader import DataLoader

__all__ = ["DataLoader", "Dataset", "Digits", "Subset", "TensorDataset", "digits", "random_split"]
