"""Everything that the documentation shows is run: docstrings, the README, and the pages in docs/."""

from __future__ import annotations

import ast
import builtins
import doctest
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import lucid

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

# A traceback is shown by its last line; `...` stands for what a reader can do without.
OPTIONS = doctest.ELLIPSIS


def run(test: doctest.DocTest, namespace: dict[str, Any]) -> None:
    """Run one doctest in ``namespace``; fail with what it expected and what it got."""
    test.globs = namespace
    report: list[str] = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=report.append, clear_globs=False)
    if report:
        pytest.fail("".join(report), pytrace=False)


# ----------------------------------------------------------------- docstrings


class Docstring(NamedTuple):
    """Where a docstring with examples stands, and what it says."""

    module: str
    name: str
    path: Path
    line: int
    text: str


def docstrings() -> Iterator[Docstring]:
    """Yield each docstring under src/ that holds examples.

    They are read from the source and not from the objects: a primitive is no function, and
    doctest's own search would pass it by.
    """
    for path in sorted(SRC.rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        pending: list[tuple[ast.AST, str]] = [(ast.parse(path.read_text(encoding="utf-8")), module)]
        while pending:
            node, name = pending.pop()
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                text = ast.get_docstring(node)
                if text and ">>>" in text:
                    yield Docstring(module, name, path, node.body[0].lineno, text)
            for child in ast.iter_child_nodes(node):
                inner = getattr(child, "name", None)
                pending.append((child, f"{name}.{inner}" if inner else name))


def usual_names() -> dict[str, Any]:
    """Return what examples may use without an import."""
    names: dict[str, Any] = {"lucid": lucid, "Tensor": lucid.Tensor}
    for part in ("nn", "optim", "data", "io", "testing", "random", "func"):
        names[part] = importlib.import_module(f"lucid.{part}")
    names["F"] = importlib.import_module("lucid.nn.functional")
    return names


@pytest.mark.parametrize("docstring", [pytest.param(d, id=d.name) for d in docstrings()])
def test_docstring(docstring: Docstring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # An example may call its neighbours by their names, but `sum` and `max` mean Python's.
    neighbours = vars(importlib.import_module(docstring.module)).items()
    namespace = {name: value for name, value in neighbours if not hasattr(builtins, name)}
    namespace |= usual_names()
    parse = doctest.DocTestParser().get_doctest
    run(parse(docstring.text, {}, docstring.name, str(docstring.path), docstring.line), namespace)


# ----------------------------------------------------------------- pages

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the Python blocks of a page from top to bottom, as a reader would who types them in."""
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": page.stem}
    for block in BLOCK.finditer(text):
        code, line = block[1], text.count("\n", 0, block.start(1))
        if code.startswith(">>>"):
            run(doctest.DocTestParser().get_doctest(code, {}, page.name, str(page), line), namespace)
        else:
            # The empty lines in front make a traceback point into the page.
            exec(compile("\n" * line + code, str(page), "exec"), namespace)


def test_pages_have_python_blocks_and_no_other_spelling_of_them() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        fences = re.findall(r"^ *(```+|~~~+)(.*)$", text, re.MULTILINE)
        opening = [language for _, language in fences[::2]]
        assert set(opening) <= {"python", "sh", "text"}, f"{page.name}: a block that nothing runs"
        assert opening.count("python") == len(BLOCK.findall(text)), f"{page.name}: a block is not found"


def test_pages_name_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(named) <= targets, f"{page.name} names a target that the Makefile lacks"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


# ----------------------------------------------------------------- is all of it listed?


NO_LAYERS = {"Module", "Parameter", "Buffer", "Optimizer", "LRScheduler"}
NO_LAYERS |= {"functional", "fusion", "init", "lr_scheduler", "swa_utils", "utils"}


@pytest.mark.parametrize("family", ["nn", "nn.utils", "optim", "optim.lr_scheduler", "optim.swa_utils"])
def test_layers_page_lists_all_names(family: str) -> None:
    page = (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`(?:\w+\.)*(\w+)", page))
    missing = set(importlib.import_module(f"lucid.{family}").__all__) - listed - NO_LAYERS
    assert not missing
