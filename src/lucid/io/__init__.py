"""Files: state dicts in safetensors."""

from lucid.io.checkpoint import load, save

__all__ = ["load", "save"]
