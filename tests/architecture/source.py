"""The repository's own files, read and parsed once for all architecture tests."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import cast

ROOT = Path(__file__).parents[2]
PRODUCT = ("contracts", "chassis", "services", "sandbox", "cli")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file of the repository."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text)

    @property
    def name(self) -> str:
        """The path from the root, as a reader would write it."""
        return self.path.as_posix()

    @property
    def length(self) -> int:
        """How many lines it has."""
        return self.text.count("\n")

    @property
    def is_test(self) -> bool:
        """Whether it is a test or made only for tests."""
        return "tests" in self.path.parts or self.path.name == "conftest.py"

    @property
    def is_product(self) -> bool:
        """Whether it belongs to what runs for users."""
        return self.path.parts[0] in PRODUCT and not self.is_test

    def functions(self) -> Iterator[Function]:
        """All functions and methods, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def strings(self) -> Iterator[ast.Constant]:
        """All string literals but docstrings."""
        docstrings = {id(d) for d in _docstrings(self.tree)}
        for node in ast.walk(self.tree):
            literal = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if literal and id(node) not in docstrings:
                yield cast("ast.Constant", node)

    def at(self, node: ast.stmt | ast.expr) -> str:
        """Where a node stands: file and line."""
        return f"{self.name}:{node.lineno}"


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function):
            for statement in node.body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    yield statement.value


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is or would be in a commit, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (Path(name) for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file, tests and scripts included."""
    python = (path for path in files() if path.suffix == ".py")
    return tuple(Module(path, (ROOT / path).read_text(encoding="utf-8")) for path in python)


@cache
def product() -> tuple[Module, ...]:
    """Return the Python files that run for users."""
    return tuple(module for module in modules() if module.is_product)


@cache
def suites() -> tuple[Module, ...]:
    """Return the Python files of tests."""
    return tuple(module for module in modules() if module.is_test)


def dotted(node: ast.expr) -> str:
    """Return a name such as `datetime.now` as it is written; empty for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            before = dotted(value)
            return f"{before}.{attribute}" if before else attribute
        case _:
            return ""


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Return every call with the dotted name of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)
