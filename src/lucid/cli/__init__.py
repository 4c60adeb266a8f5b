"""The command line."""

from lucid.cli.arguments import main

__all__ = ["main"]
