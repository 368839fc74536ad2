"""One request, one result, for each of the three tasks."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from chassis.errors import Unavailable
from contracts.answer import Reference
from contracts.base import CloudEvent
from contracts.conversation import EducationRequested, EducationTask
from contracts.education import EducationFailed, EducationReady, FailureReason
from services.education.handlers import make_leaflet
from services.education.tests.fakes import SOURCE, FakeJournal, FakeWriter


def requested(task: EducationTask = "generate") -> CloudEvent[EducationRequested]:
    now = datetime.now(UTC)
    request = EducationRequested(
        request_id="request-1",
        task=task,
        answer_by=now + timedelta(seconds=60),
        source="糖尿病",
        instruction="縮短",
        language="越南文",
    )
    return CloudEvent(
        id="event-1",
        type=request.NAME,
        source="/conversation",
        time=now,
        stream="stream-1",
        version=3,
        data=request,
    )


async def handled(
    *events: CloudEvent[EducationRequested],
    journal: Any,  # a FakeJournal: the log is a class of the chassis, not a port of ours
    writer: FakeWriter | None = None,
) -> None:
    for event in events:
        await make_leaflet(event, journal, writer or FakeWriter())


@pytest.mark.parametrize(
    ("task", "text", "prompt", "references"),
    [
        ("generate", "糖尿病", "leaflet.v1", (SOURCE,)),
        ("modify", "糖尿病 / 縮短", "modify_leaflet.v1", (SOURCE,)),
        ("translate", "糖尿病 / 越南文", "translate_leaflet.v1", ()),
    ],
)
async def test_each_task_leads_to_a_leaflet(
    task: EducationTask, text: str, prompt: str, references: tuple[Reference, ...]
):
    journal = FakeJournal()
    await handled(requested(task), journal=journal)
    (ready,) = journal.results
    assert isinstance(ready, EducationReady)
    assert (ready.request_id, ready.text, ready.references) == ("request-1", text, references)
    assert (ready.model, ready.prompt) == ("fake-1", prompt)
    assert (ready.input_tokens, ready.output_tokens) == (7, 3)


@pytest.mark.parametrize("reason", get_args(FailureReason))
async def test_a_failure_is_a_result_too(reason: FailureReason):
    journal = FakeJournal()
    await handled(requested(), journal=journal, writer=FakeWriter(reason))
    (failed,) = journal.results
    assert isinstance(failed, EducationFailed)
    assert (failed.request_id, failed.reason) == ("request-1", reason)


async def test_the_same_request_twice_has_one_result_and_one_call():
    journal, writer = FakeJournal(), FakeWriter()
    await handled(requested(), requested(), journal=journal, writer=writer)
    assert (len(journal.results), len(writer.asked)) == (1, 1)


async def test_without_the_log_the_message_comes_again():
    with pytest.raises(Unavailable):
        await handled(requested(), journal=FakeJournal(down=True))
