"""A reader who knows one service finds everything in the others."""

from pathlib import Path

import pytest

from tests.architecture.source import ROOT, product

SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/app.py"))
README_PARTS = ("Purpose", "Hears", "Says", "Owns", "How it fails")


def _folder(service: str) -> Path:
    return ROOT / "services" / service


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_its_readme(service: str):
    text = (_folder(service) / "README.md").read_text(encoding="utf-8")
    assert [part for part in README_PARTS if part.lower() not in text.lower()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_what_an_operator_may_turn(service: str):
    assert (_folder(service) / "settings.py").is_file()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_tests_beside_it(service: str):
    assert list((_folder(service) / "tests").glob("test_*.py"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_composition_root_has_run(service: str):
    (root,) = (m for m in product() if m.name == f"services/{service}/app.py")
    assert "run" in {function.name for function in root.functions()}
