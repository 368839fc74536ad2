"""The promises as documents: what is written down is what the code does."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.base import personal_fields
from contracts.catalogue import PUBLISHED, REQUESTS, SUBJECTS
from contracts.subjects import STREAMS
from scripts.contracts import ASYNCAPI, SCHEMAS, consumptions, documents

DOCUMENTS = documents()
AGAIN = (
    "the code promises something else than {name} says. A new optional field keeps the version; "
    "a changed or lost one needs a new VERSION and subject. Then run `make contracts`"
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_says_what_the_code_does(path: Path):
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    assert kept == DOCUMENTS[path], AGAIN.format(name=path.name)


def test_a_description_is_the_same_whether_or_not_python_dedents_docstrings():
    channels = json.loads(DOCUMENTS[ASYNCAPI])["channels"].values()
    lines = [line for each in channels for line in each["description"].splitlines()]
    assert len(lines) > len(SUBJECTS)
    assert [line for line in lines if line.startswith(" ")] == []


def test_no_document_is_left_of_an_event_that_is_gone():
    assert set(SCHEMAS.glob("*.json")) == {path for path in DOCUMENTS if path.parent == SCHEMAS}


@pytest.mark.parametrize("event", SUBJECTS, ids=lambda event: event.NAME)
def test_a_schema_marks_what_is_personal_and_asks_for_none_of_it(event: Any):
    schema = json.loads(DOCUMENTS[SCHEMAS / f"{event.NAME}.v{event.VERSION}.json"])
    marked = {name for name, part in schema["properties"].items() if part.get("x-personal")}
    assert marked == personal_fields(event)
    assert marked & set(schema.get("required", ())) == set()


def test_every_reference_in_the_document_leads_somewhere():
    document = json.loads(DOCUMENTS[ASYNCAPI])
    found = list(_references(document))
    assert len(found) > len(SUBJECTS)
    assert [reference for reference in found if not _leads(document, reference)] == []


def test_every_consumer_is_run_by_its_service_on_the_stream_of_its_subjects():
    for service, each in consumptions():
        source = each.subscription.source
        assert source.consumer.partition("__")[0] == service
        kept = STREAMS[source.stream][0].removesuffix(">")
        assert [s for s in each.subscription.subjects if not s.startswith(kept)] == []


def test_every_request_is_consumed_by_somebody():
    consumed = {subject for _, each in consumptions() for subject in each.subscription.subjects}
    missing = {SUBJECTS[event] for event in REQUESTS} - consumed
    assert missing == set()


def test_what_is_put_on_the_bus_is_heard_and_the_rest_is_named():
    consumed = {subject for _, each in consumptions() for subject in each.subscription.subjects}
    assert set(PUBLISHED.values()) == consumed


def _references(part: Any) -> list[str]:
    match part:
        case {"$ref": reference}:
            return [reference]
        case dict():
            return [found for each in part.values() for found in _references(each)]
        case list():
            return [found for each in part for found in _references(each)]
        case _:
            return []


def _leads(document: Any, reference: str) -> bool:
    if not reference.startswith("#/"):
        return ASYNCAPI.parent / reference in DOCUMENTS
    for name in reference.removeprefix("#/").split("/"):
        if name not in document:
            return False
        document = document[name]
    return True
