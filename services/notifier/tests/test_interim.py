"""Word that an answer takes longer: by the reply token or not at all, and never in its place."""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from chassis.errors import Unavailable
from contracts.notifier import ReplyDelivered, ReplyFailed
from services.notifier.courier import Courier
from services.notifier.delivery import LAST_TRY, Past, Rejected, Unheard
from services.notifier.loading import Loading
from services.notifier.tests.fakes import FakeLedger, FakeMessenger, FakeRecord, drafts
from services.notifier.tests.given import NOW, reply_requested

BAD_TOKEN = Rejected(400, "Invalid reply token")
BAD_TEXT = Rejected(400, "The request body has 1 error(s)", ("messages[0].text",))


class Scene:
    """A courier who brings word that an answer takes longer."""

    def __init__(self, *says: Any, past: Past | None = None) -> None:
        self.line, self.record = FakeMessenger(list(says)), FakeRecord()
        self.ledger = FakeLedger(past=past or Past())
        loading = Loading(self.line, self.ledger, now=lambda: NOW)
        self.courier = Courier(self.line, self.ledger, loading, drafts(self.line), now=lambda: NOW)

    async def deliver(self, **changes: Any) -> Any:
        asked = reply_requested(final=False, **changes)
        await self.courier.deliver(asked, self.record)
        assert self.record.settled == [asked.id]
        return next(iter(self.record.facts.values()))


async def test_it_goes_out_by_the_reply_token():
    scene = Scene()
    fact = await scene.deliver()
    assert scene.line.kinds() == ["reply"]
    assert isinstance(fact, ReplyDelivered)
    assert not fact.final


@pytest.mark.parametrize("change", [{"token_good_until": NOW}, {"reply_token": ""}])
async def test_without_a_good_token_it_is_settled_and_not_shown(change: dict[str, Any]):
    scene = Scene()
    fact = await scene.deliver(**change)
    assert scene.line.calls == []
    assert (type(fact), fact.status, fact.final) == (ReplyFailed, 0, False)


@pytest.mark.parametrize("no", [BAD_TOKEN, BAD_TEXT, Rejected(403)])
async def test_what_line_refuses_is_neither_pushed_nor_apologised_for(no: Rejected):
    scene = Scene(no)
    fact = await scene.deliver()
    assert scene.line.kinds() == ["reply"]
    assert (fact.status, fact.final) == (no.status, False)


async def test_silence_is_tried_again_while_the_token_is_good():
    scene = Scene(Unheard(), BAD_TOKEN)
    with pytest.raises(Unavailable):
        await scene.deliver()
    assert (await scene.deliver()).known_by == "spent_token"


async def test_in_doubt_and_too_late_it_is_given_up():
    scene = Scene(past=Past(in_doubt=True))
    fact = await scene.deliver(token_good_until=NOW - LAST_TRY)
    assert scene.line.calls == []
    assert fact.status == 0


async def test_it_is_not_the_answer_of_its_turn():
    scene, before = Scene(), turns()
    await scene.deliver()
    assert scene.ledger.answered == set()
    assert turns() == before


def turns() -> float:
    """Return how many turns were timed, and so counted."""
    return REGISTRY.get_sample_value("bot_turn_duration_seconds_count") or 0.0
