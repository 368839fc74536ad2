"""One request, one result."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from chassis.errors import Unavailable
from contracts.base import CloudEvent
from contracts.conversation import TranslationRequested
from contracts.education import FailureReason
from contracts.translation import TranslationFailed, TranslationReady
from services.translation.handlers import translate
from services.translation.tests.fakes import FakeJournal, FakeTranslator


def requested(event_id: str = "event-1") -> CloudEvent[TranslationRequested]:
    now = datetime.now(UTC)
    request = TranslationRequested(
        request_id="request-1",
        answer_by=now + timedelta(seconds=60),
        text="空腹八小時",
        language="英文",
    )
    return CloudEvent(
        id=event_id,
        type=request.NAME,
        source="/conversation",
        time=now,
        stream="stream-1",
        version=3,
        data=request,
    )


async def handled(
    *events: CloudEvent[TranslationRequested],
    journal: Any,  # a FakeJournal: the log is a class of the chassis, not a port of ours
    translator: FakeTranslator | None = None,
) -> None:
    for event in events:
        await translate(event, journal, translator or FakeTranslator())


async def test_a_request_leads_to_a_translation():
    journal = FakeJournal()
    await handled(requested(), journal=journal)
    (ready,) = journal.results
    assert isinstance(ready, TranslationReady)
    assert (ready.request_id, ready.direction) == ("request-1", "from_chinese")
    assert (ready.plain, ready.translation) == ("白話：空腹八小時", "英文：空腹八小時")
    assert (ready.model, ready.prompt) == ("fake-1", "translate.v1")
    assert (ready.input_tokens, ready.output_tokens) == (7, 3)


@pytest.mark.parametrize("reason", get_args(FailureReason))
async def test_a_failure_is_a_result_too(reason: FailureReason):
    journal = FakeJournal()
    await handled(requested(), journal=journal, translator=FakeTranslator(reason))
    (failed,) = journal.results
    assert isinstance(failed, TranslationFailed)
    assert (failed.request_id, failed.reason) == ("request-1", reason)


async def test_a_settled_request_costs_no_call():
    translator = FakeTranslator()
    await handled(requested(), journal=FakeJournal(settled={"event-1"}), translator=translator)
    assert translator.asked == []


async def test_the_same_request_twice_has_one_result_and_one_call():
    journal, translator = FakeJournal(), FakeTranslator()
    await handled(requested(), requested(), journal=journal, translator=translator)
    assert (len(journal.results), len(translator.asked)) == (1, 1)


async def test_without_the_log_the_message_comes_again():
    with pytest.raises(Unavailable):
        await handled(requested(), journal=FakeJournal(down=True))
