"""The house rules: which way imports run, what loads when, what is documented, how long files are."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

import lucid

SRC = Path(__file__).parent.parent / "src"
FILES = sorted(SRC.rglob("*.py"))
LONGEST = 400


def module_name(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

every_module = pytest.mark.parametrize("module", list(MODULES))


# ----------------------------------------------------------------- which way imports run

# Each of these may import those before it.
CHAIN = ["errors", "hints", "engines", "node", "grad_mode", "recording", "autograd", "fused", "ops"]
CHAIN += ["tensor", "random", "nn", "optim"]
MAY_IMPORT = {name: set(CHAIN[: i + 1]) for i, name in enumerate(CHAIN)}
MAY_IMPORT["printing"] = MAY_IMPORT["engines"] | {"printing"}
MAY_IMPORT["namespace_info"] = MAY_IMPORT["engines"] | {"namespace_info"}
MAY_IMPORT["configuration"] = MAY_IMPORT["engines"] | {"configuration"}
MAY_IMPORT["methods"] = MAY_IMPORT["ops"] | {"methods"}
MAY_IMPORT["fft"] = MAY_IMPORT["ops"] | {"fft"}
MAY_IMPORT["linalg"] = MAY_IMPORT["ops"] | {"linalg"}
MAY_IMPORT["special"] = MAY_IMPORT["ops"] | {"special"}
MAY_IMPORT["exchange"] = MAY_IMPORT["grad_mode"] | {"exchange"}
MAY_IMPORT["tensor"] |= {"exchange", "methods", "printing"}
# Data and files need tensors and random numbers alone.
MAY_IMPORT["data"] = MAY_IMPORT["random"] | {"data"}
MAY_IMPORT["io"] = MAY_IMPORT["tensor"] | {"io"}
MAY_IMPORT["func"] = MAY_IMPORT["tensor"] | {"func"}
MAY_IMPORT["amp"] = MAY_IMPORT["optim"] | {"amp"}
MAY_IMPORT["testing"] = MAY_IMPORT["random"] | {"testing"}

# What may use everything: the public namespace, and the programs.
FREE = {"", "__main__", "cli"}

# The registry names both engines' arrays, so it stands above them, and yet each namespace needs it
# for the one function that takes an array to the other engine: imported when that is called.
LAZY_BY_DESIGN = {
    ("lucid.engines.cpu.namespace", "lucid.engines.registry"),
    ("lucid.engines.xla.namespace", "lucid.engines.registry"),
    ("lucid.engines.registry", "lucid.engines.xla.engine"),
}


def imports(module: str, *, lazy: bool = True) -> Iterator[tuple[str, int]]:
    """Yield each module that ``module`` imports, by its full name, and the line.

    With ``lazy=False``, what functions import when they are called is left out. What is imported
    for the type checker alone is never run, and always left out.
    """
    pending: list[ast.AST] = [TREES[module]]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not lazy:
            continue
        pending.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}:{node.lineno} imports relatively: write the full name"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner if inner in MODULES else node.module), node.lineno


def part(module: str) -> str:
    """Return the part of the house that a module of Lucid belongs to: ``lucid.nn.init`` is of ``nn``."""
    return module.split(".")[1] if "." in module else ""


@every_module
def test_imports_run_one_way(module: str) -> None:
    home = part(module)
    if home in FREE:
        return
    assert home in MAY_IMPORT, f"{home} is new: say in MAY_IMPORT what it may import"
    for target, line in imports(module):
        if target.split(".")[0] != "lucid":
            continue
        assert part(target) in MAY_IMPORT[home], (
            f"{module}:{line} imports {target}; {home} may import {', '.join(sorted(MAY_IMPORT[home]))}"
        )


def test_no_imports_run_in_a_circle() -> None:
    graph = {
        module: {
            target
            for target, _ in imports(module)
            if target in MODULES and (module, target) not in LAZY_BY_DESIGN
        }
        for module in MODULES
        if module != "lucid"  # the public namespace imports all of them
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("imports in a circle: " + " <- ".join(error.args[1]))


def test_exceptions_to_the_direction_are_still_used() -> None:
    for module, target in LAZY_BY_DESIGN:
        assert target in {name for name, _ in imports(module)}, f"{module} no longer imports {target}"
        assert target not in {name for name, _ in imports(module, lazy=False)}


@every_module
def test_no_torch(module: str) -> None:
    for target, line in imports(module):
        assert target.split(".")[0] != "torch", f"{module}:{line} imports torch"


# ----------------------------------------------------------------- what loads when

HEAVY = ("jax", "jaxlib", "numba", "matplotlib", "tqdm", "safetensors", "scipy", "torch", "PIL")
HEAVY += ("ctypes.util", "lucid.engines.cpu.onednn")  # which nothing needs before the first large product


def test_importing_lucid_loads_numpy_and_nothing_else_heavy() -> None:
    code = f"import sys, lucid; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ----------------------------------------------------------------- what is public, and documented


@pytest.mark.parametrize("path", [p for p in FILES if p.name == "__init__.py"], ids=module_name)
def test_init_files_only_re_export(path: Path) -> None:
    for node in TREES[module_name(path)].body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        names = isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets]
        allowed = isinstance(node, (ast.Import, ast.ImportFrom)) or names in (["__all__"], ["__version__"])
        # lucid imports its packages when they are first used.
        lazily = path == SRC / "lucid/__init__.py" and getattr(node, "name", None) == "__getattr__"
        # What is not there is looked up among the hints; hidden from the type checker, which would trust it.
        hinting = isinstance(node, ast.If) and ast.unparse(node.test) == "not TYPE_CHECKING"
        hinting = hinting and [ast.unparse(n).endswith(" as __getattr__") for n in node.body] == [True]
        assert docstring or allowed or lazily or hinting, f"{path}:{node.lineno} does more than re-export"


@every_module
def test_all_names_what_is_there(module: str) -> None:
    if not any(
        isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__" for n in TREES[module].body
    ):
        return
    loaded = importlib.import_module(module)
    assert len(set(loaded.__all__)) == len(loaded.__all__), "a name stands in __all__ twice"
    for name in loaded.__all__:
        assert hasattr(loaded, name), f"{module}.__all__ names {name}, which is not there"


def public_definitions(module: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield the public functions, classes and methods that ``module`` defines, by their names in it."""
    for node in TREES[module].body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            if any(ast.unparse(d) == "overload" for d in node.decorator_list):
                continue  # a signature for the type checker
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                        yield f"{node.name}.{member.name}", member


# What is documented once for several classes that share no base class: the protocol.
SAID_ELSEWHERE = {
    "lucid.engines.cpu.engine": ("CPUEngine", "lucid.engines.protocol", "Engine"),
    "lucid.engines.xla.engine": ("XLAEngine", "lucid.engines.protocol", "Engine"),
    "lucid.func.batching.levels": ("BatchEngine", "lucid.engines.protocol", "Engine"),
}


def inherited_docstring(module: str, name: str) -> str | None:
    """Return what a base class, or the protocol, says of a method that has no docstring itself."""
    if "." not in name:
        return None
    owner, member = name.split(".")
    cls, other_module, other = SAID_ELSEWHERE.get(module, (None, None, None))
    if owner == cls:
        module, owner = str(other_module), str(other)
    described: Any = getattr(getattr(importlib.import_module(module), owner), member, None)
    return inspect.getdoc(described)


@every_module
def test_everything_public_has_a_docstring(module: str) -> None:
    if any(segment.startswith("_") for segment in module.split(".")):
        return
    bare = [
        name
        for name, node in public_definitions(module)
        if not (ast.get_docstring(node) or inherited_docstring(module, name))  # type: ignore[arg-type]
    ]
    assert not bare, f"{module}: no docstring: {', '.join(bare)}"


def test_everything_exported_has_a_docstring() -> None:
    names = [name for name in vars(lucid) if not name.startswith("_")]
    assert "Tensor" in names
    bare = [n for n in names if callable(getattr(lucid, n)) and not inspect.getdoc(getattr(lucid, n))]
    assert not bare, f"lucid exports without a docstring: {', '.join(bare)}"


@every_module
def test_every_file_says_what_it_is_for(module: str) -> None:
    empty = not TREES[module].body
    assert empty or ast.get_docstring(TREES[module]), f"{MODULES[module]} opens without a docstring"


# ----------------------------------------------------------------- how long files are

LONGER: dict[str, str] = {}  # module: what a reader gains by its length


@every_module
def test_no_file_is_too_long_to_read(module: str) -> None:
    length = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    if module in LONGER:
        assert length > LONGEST, f"{module} is short enough now: take it off the list of exceptions"
    else:
        assert length <= LONGEST, f"{module} has {length} lines: what would a reader want split off?"
