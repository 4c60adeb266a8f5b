"""The picture that the demo draws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

TRAIN, TEST, WRONG = "#4c72b0", "#dd8452", "#c44e52"


def draw(path: Path, history: Sequence[Any], images: Any, labels: Any, predictions: Any) -> Path | None:
    """Draw the training curves and a grid of test images; return the file, or None without matplotlib.

    Args:
        path: the PNG file to write.
        history: an ``Epoch`` for each epoch.
        images: ``(N, 8, 8)``; some that the model gets wrong are shown first, framed in red.
        labels, predictions: ``(N,)``
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    # A figure without pyplot: nothing global is touched, and no screen is needed.
    figure = Figure(figsize=(11, 5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.15), squeeze=False)[0]
    _curves(left.subplots(2, 1, sharex=True), history)
    _grid(right, images.numpy(), labels.numpy(), predictions.numpy())
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def _curves(axes: Any, history: Sequence[Any]) -> None:
    epochs = range(1, len(history) + 1)
    marker = "o" if len(history) == 1 else None
    for axis, name, scale in ((axes[0], "loss", 1), (axes[1], "accuracy", 100)):
        for part, color in (("train", TRAIN), ("test", TEST)):
            values = [scale * getattr(epoch, f"{part}_{name}") for epoch in history]
            axis.plot(epochs, values, color=color, label=part, linewidth=2, marker=marker)
        axis.set_ylabel(name if scale == 1 else f"{name} (%)")
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yscale("log")
    axes[0].legend(frameon=False)
    axes[0].set_title("Training on handwritten digits", loc="left")
    axes[1].set_xlabel("epoch")
    axes[1].xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def _grid(figure: Any, images: Any, labels: Any, predictions: Any, rows: int = 5, columns: int = 8) -> None:
    wrong = predictions != labels
    # Wrong ones first, but at most half of the grid; each kind in the order of the data.
    shown = [i for i in range(len(labels)) if wrong[i]][: rows * columns // 2]
    shown += [i for i in range(len(labels)) if not wrong[i]][: rows * columns - len(shown)]
    figure.suptitle(
        f"Test images: {int(wrong.sum())} of {len(labels)} are wrong (red: predicted, in brackets the truth)",
        fontsize=10,
    )
    for axis in figure.subplots(rows, columns).flat:
        axis.set_axis_off()
        if not shown:
            continue
        i = shown.pop(0)
        axis.imshow(images[i], cmap="gray_r", vmin=0, vmax=1)
        text = f"{predictions[i]} ({labels[i]})" if wrong[i] else str(predictions[i])
        axis.set_title(text, fontsize=10, color=WRONG if wrong[i] else "black", pad=4)
        if wrong[i]:
            axis.set_axis_on()
            axis.set(xticks=[], yticks=[])
            for spine in axis.spines.values():
                spine.set(color=WRONG, linewidth=2)
