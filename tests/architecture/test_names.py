"""Names that outlive the code are written once and never change unnoticed."""

import re
from collections.abc import Iterator

import pytest

from contracts import subjects
from contracts.catalogue import SUBJECTS
from tests.architecture.source import ROOT, files, product

FROZEN = ROOT / "tests" / "architecture" / "frozen_names.txt"
SUBJECT = re.compile(r"^evt\.(?P<owner>[a-z]+)\.(?P<fact>[a-z_]+)\.v(?P<version>[0-9]+)$")
CONSUMER = re.compile(r"^[a-z]+__[a-z_]+$")
TABLE = re.compile(r"create table (?:if not exists )?([\w.]+)", re.IGNORECASE)
WRITTEN_ONCE = re.compile(r"^(evt|dead|health)\.\w|^EVT_[A-Z]+$|^[a-z]+__[a-z_]+$")


def _bus_names() -> Iterator[str]:
    for name, value in vars(subjects).items():
        if name.isupper() and isinstance(value, str):
            yield value


def _names() -> set[str]:
    on_the_bus = {f"bus {name}" for name in _bus_names()}
    events = {f"event {event.NAME} v{event.VERSION}" for event in SUBJECTS}
    tables = {
        f"table {table}"
        for path in files()
        if path.suffix == ".sql"
        for table in TABLE.findall((ROOT / path).read_text(encoding="utf-8"))
    }
    return on_the_bus | events | tables


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
