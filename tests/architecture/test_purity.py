"""Decisions and contracts know no clock, no chance and no environment."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch

from tests.architecture.source import Module, calls, product

PURE = ("contracts/*.py", "services/*/domain.py", "services/*/domain/*.py")
CLOCKS = {"now", "utcnow", "today", "monotonic", "perf_counter"}
CHANCE = {"uuid1", "uuid4", "urandom", "shuffle", "randint", "choice"}
OUTSIDE = {"open", "print", "input", "getenv"}
IMPURE_CALLS = CLOCKS | CHANCE | OUTSIDE
SYSTEM = {"time", "random", "uuid", "secrets", "os", "socket", "subprocess", "asyncio", "logging"}
LIBRARIES = {"structlog", "asyncpg", "nats", "faststream", "httpx", "aiohttp", "linebot"}
IMPURE_MODULES = SYSTEM | LIBRARIES
# `python -m contracts` writes the schemas to disk: that is its purpose.
WRITES_BY_PURPOSE = {"contracts/__main__.py"}


def _pure() -> Iterator[Module]:
    for module in product():
        pure = any(fnmatch(module.name, pattern) for pattern in PURE)
        if pure and module.name not in WRITES_BY_PURPOSE:
            yield module


def _imported(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module.partition(".")[0]


def test_a_decision_asks_neither_clock_nor_chance():
    found = [
        f"{module.at(call)} {name}()"
        for module in _pure()
        for call, name in calls(module.tree)
        if name.rpartition(".")[2] in IMPURE_CALLS
    ]
    assert found == []


def test_a_decision_imports_nothing_of_the_outside():
    found = [
        f"{module.at(node)} {name}"
        for module in _pure()
        for node, name in _imported(module.tree)
        if name in IMPURE_MODULES
    ]
    assert found == []


def test_only_the_command_line_and_composition_roots_read_the_environment():
    found = [
        module.at(node)
        for module in product()
        if module.path.parts[0] != "cli" and module.path.name != "app.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert found == []
