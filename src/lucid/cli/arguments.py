"""What ``python -m lucid`` understands."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from lucid.cli.demo import EPOCHS, demo
from lucid.configuration import show_config


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, by default that of ``sys.argv``; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lucid", description="Lucid from the command line.")
    commands = parser.add_subparsers(dest="command", required=True)
    d = commands.add_parser("demo", help="train, save, load and draw a first model")
    d.add_argument(
        "--epochs", type=_at_least_one, default=EPOCHS, help="times through the data (default: %(default)s)"
    )
    d.add_argument("--seed", type=int, default=0, help="of the random numbers (default: %(default)s)")
    d.add_argument("--out", type=Path, default=Path("runs/digits"), help="folder (default: %(default)s)")
    commands.add_parser("info", help="versions, engines and kernels")
    parsed = parser.parse_args(arguments)
    if parsed.command == "demo":
        try:
            demo(parsed.out, epochs=parsed.epochs, seed=parsed.seed)
        except OSError as error:  # a folder that cannot be written to is no fault of the program
            d.exit(1, f"{d.prog}: {error}\n")
    else:
        show_config()
    return 0
