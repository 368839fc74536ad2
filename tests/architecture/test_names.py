"""Names that outlive the code are written once and never change unnoticed."""

import ast
import re
from collections.abc import Iterator

import pytest

from contracts import subjects
from contracts.catalogue import SUBJECTS
from tests.architecture.source import ROOT, calls, files, product

FROZEN = ROOT / "tests" / "architecture" / "frozen_names.txt"
SUBJECT = re.compile(r"^evt\.(?P<owner>[a-z]+)\.(?P<fact>[a-z_]+)\.v(?P<version>[0-9]+)$")
CONSUMER = re.compile(r"^[a-z]+__[a-z_]+$")
TABLE = re.compile(r"create (?:unlogged )?table (?:if not exists )?([\w.]+)", re.IGNORECASE)
METRIC_KINDS = {"Counter", "Gauge", "Histogram"}
WRITTEN_ONCE = re.compile(r"^(evt|dead|health)\.\w|^EVT_[A-Z]+$|^[a-z]+__[a-z_]+$")


def _bus_names() -> Iterator[str]:
    for name, value in vars(subjects).items():
        if name.isupper() and isinstance(value, str):
            yield value


def _tables() -> Iterator[str]:
    for path in files():
        if path.suffix == ".sql":
            yield from TABLE.findall((ROOT / path).read_text(encoding="utf-8"))


def _metrics() -> Iterator[str]:
    for module in product():
        for call, name in calls(module.tree):
            if name in METRIC_KINDS and call.args and isinstance(call.args[0], ast.Constant):
                yield str(call.args[0].value)


def _settings() -> Iterator[str]:
    for module in product():
        for call, name in calls(module.tree):
            for given in call.keywords if name == "Field" else ():
                if given.arg == "alias" and isinstance(given.value, ast.Constant):
                    yield str(given.value.value)


def _names() -> set[str]:
    return {
        *(f"bus {name}" for name in _bus_names()),
        *(f"event {event.NAME} v{event.VERSION}" for event in SUBJECTS),
        *(f"metric {name}" for name in _metrics()),
        *(f"setting {name}" for name in _settings()),
        *(f"table {name}" for name in _tables()),
    }


def test_names_are_frozen():
    frozen = set(FROZEN.read_text(encoding="utf-8").splitlines())
    now = _names()
    assert frozen - now == set(), "stored facts and dashboards use these: they must stay"
    assert sorted(now - frozen) == [], f"new names: add these lines to {FROZEN.name}"


@pytest.mark.parametrize("subject", SUBJECTS.values())
def test_a_subject_names_its_owner_the_fact_and_the_version(subject: str):
    assert SUBJECT.match(subject)


def test_every_subject_belongs_to_one_event():
    assert len(set(SUBJECTS.values())) == len(SUBJECTS)


def test_a_subject_carries_the_version_of_its_event():
    assert [
        event.NAME
        for event, subject in SUBJECTS.items()
        if not subject.endswith(f".v{event.VERSION}")
    ] == []


def test_a_consumer_names_its_service_and_what_it_does():
    services = {subject.split(".")[1] for subject in SUBJECTS.values()}
    consumers = [name for name in _bus_names() if "__" in name]
    assert consumers != []
    assert [c for c in consumers if not CONSUMER.match(c)] == []
    assert {consumer.partition("__")[0] for consumer in consumers} <= services


def test_names_of_the_bus_stand_in_contracts_subjects_only():
    found = [
        f"{module.at(literal)} {literal.value}"
        for module in product()
        if module.name != "contracts/subjects.py"
        for literal in module.strings()
        if WRITTEN_ONCE.match(str(literal.value))
    ]
    assert found == []
