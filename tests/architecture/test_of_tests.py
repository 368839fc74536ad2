"""Tests wait for facts, not for time, and reach for patches almost never."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Module, calls, suites

SLEEPS = {"sleep", "wait_for_timeout"}
PATCHES = {"patch", "Mock", "MagicMock", "AsyncMock", "setattr"}
LARGEST_SHARE_OF_PATCHED = 0.02


def _sleeps(module: Module) -> Iterator[str]:
    for call, name in calls(module.tree):
        if name.rpartition(".")[2] in SLEEPS and not _yields_only(call):
            yield f"{module.at(call)} {name}"


def _yields_only(call: ast.Call) -> bool:
    return any(isinstance(given, ast.Constant) and given.value == 0 for given in call.args)


def _cases() -> Iterator[tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for module in suites():
        for function in module.functions():
            if function.name.startswith("test_"):
                yield module, function


def _is_patched(function: ast.AST) -> bool:
    return any(
        name.rpartition(".")[2] in PATCHES and name != "setattr" for _, name in calls(function)
    )


def test_no_test_sleeps():
    assert [found for module in suites() for found in _sleeps(module)] == []


def test_hardly_any_test_patches():
    cases = list(_cases())
    patched = [f"{m.name}: {f.name}" for m, f in cases if _is_patched(f)]
    assert len(patched) <= LARGEST_SHARE_OF_PATCHED * len(cases), patched


def test_every_test_can_fail():
    spoken = {"raises", "warns", "poll", "expect", "then", "then_nothing", "then_refused", "fail"}
    silent = [
        f"{module.name}: {function.name}"
        for module, function in _cases()
        if not any(isinstance(node, ast.Assert) for node in ast.walk(function))
        and not any(
            name.rpartition(".")[2] in spoken or "assert" in name for _, name in calls(function)
        )
    ]
    assert silent == []
