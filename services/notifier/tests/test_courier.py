"""One answer's way to its user: what is sent, what is recorded, what is tried again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chassis.decider import derived_id
from chassis.errors import Unavailable
from contracts.base import CloudEvent
from contracts.conversation import ReplyRequested
from contracts.gateway import NOBODY, Recipient
from contracts.notifier import AlertRaised, ReplyDelivered, ReplyFailed
from services.notifier.courier import Courier
from services.notifier.delivery import Accepted, Past, Rejected, Unheard
from services.notifier.loading import Loading
from services.notifier.ports import CLAIM_SECONDS, LINE_TIMEOUT_SECONDS, Held, Settled
from services.notifier.render import APOLOGY
from services.notifier.tests.fakes import FakeLedger, FakeMessenger, FakeRecord, drafts
from services.notifier.tests.given import NOW, STREAM, USER, reply_requested

BAD_TOKEN = Rejected(400, "Invalid reply token")
BAD_TEXT = Rejected(400, "The request body has 1 error(s)", ("messages[0].text",))
BAD_QUOTE = Rejected(400, "The request body has 1 error(s)", ("messages[0].quoteToken",))
MONTH = Rejected(429, "You have reached your monthly limit.")


class Scene:
    """A courier among fakes."""

    def __init__(self, *says: Any, ledger: FakeLedger | None = None, down: int = 0) -> None:
        self.line = FakeMessenger(list(says))
        self.ledger = ledger or FakeLedger()
        self.record = FakeRecord(down=down)
        self.seconds: Iterator[float] | None = None
        loading = Loading(self.line, self.ledger, now=lambda: NOW)
        self.courier = Courier(
            self.line, self.ledger, loading, drafts(self.line), now=lambda: NOW, clock=self.tick
        )

    def tick(self) -> float:
        return next(self.seconds) if self.seconds else 0.0

    async def deliver(self, asked: CloudEvent[ReplyRequested] | None = None) -> Any:
        await self.courier.deliver(asked or reply_requested(), self.record)
        return next(iter(self.record.facts.values()), None)


async def test_a_young_token_is_replied_to_and_the_delivery_recorded_beside_the_conversation():
    scene = Scene(Accepted(("7", "8")))
    fact = await scene.deliver()
    assert scene.line.calls == [("reply", "token", "請吃藥")]
    assert (fact.channel, fact.known_by, fact.message_ids) == ("reply", "response", ("7", "8"))
    assert scene.record.settled == [reply_requested().id]
    assert scene.record.streams == [derived_id("delivery", STREAM)]


async def test_an_old_token_means_a_push_with_the_reply_id_as_retry_key():
    scene, asked = Scene(), reply_requested(token_good_until=NOW)
    fact = await scene.deliver(asked)
    assert scene.line.calls == [("push", USER, "請吃藥", asked.data.reply_id)]
    assert fact.channel == "push"


async def test_a_claim_given_after_the_token_s_good_time_means_a_push_whatever_our_own_clock_says():
    scene = Scene(ledger=FakeLedger(at=NOW + timedelta(hours=1)))
    fact = await scene.deliver()
    assert fact.channel == "push"


async def test_in_doubt_about_a_push_the_token_is_not_asked_any_more():
    scene = Scene(Unheard(), Rejected(409))
    asked = reply_requested(token_good_until=NOW + timedelta(seconds=10))
    with pytest.raises(Unavailable):
        await scene.deliver(asked)
    assert (await scene.deliver(asked)).known_by == "conflict"
    assert scene.line.kinds() == ["push", "push"]


async def test_a_push_for_a_group_goes_to_the_group():
    scene = Scene()
    group = Recipient(user=USER, group="C1")
    await scene.deliver(reply_requested(token_good_until=NOW, recipient=group))
    assert scene.line.calls[0][:2] == ("push", "C1")


async def test_a_token_that_was_never_good_is_followed_by_a_push_at_once():
    scene = Scene(BAD_TOKEN)
    fact = await scene.deliver()
    assert scene.line.kinds() == ["reply", "push"]
    assert (fact.channel, fact.attempts) == ("push", 2)


async def test_a_token_that_our_own_earlier_attempt_spent_proves_the_delivery():
    scene = Scene(Unheard(), BAD_TOKEN)
    with pytest.raises(Unavailable):
        await scene.deliver()
    fact = await scene.deliver()
    assert scene.line.kinds() == ["reply", "reply"]
    assert (fact.known_by, fact.attempts) == ("spent_token", 2)


async def test_an_unheard_push_is_pushed_again_under_the_same_key():
    scene, asked = Scene(Unheard(), Rejected(409)), reply_requested(reply_token="")
    with pytest.raises(Unavailable):
        await scene.deliver(asked)
    fact = await scene.deliver(asked)
    assert [call[3] for call in scene.line.calls] == [asked.data.reply_id] * 2
    assert fact.known_by == "conflict"


async def test_a_stolen_claim_ends_the_attempt_before_a_push_makes_a_second_copy():
    scene = Scene(BAD_TOKEN, ledger=FakeLedger(lost=True))
    with pytest.raises(Unavailable):
        await scene.deliver()
    assert scene.line.kinds() == ["reply"]


async def test_a_process_that_was_stopped_after_claiming_does_not_send_when_it_wakes():
    scene = Scene()
    scene.seconds = iter([0.0, 0.0, 0.0, CLAIM_SECONDS])
    with pytest.raises(Unavailable):
        await scene.deliver()
    assert scene.line.calls == []
    assert scene.ledger.released == [Past()]


async def test_messages_that_line_refuses_are_replaced_by_an_apology_once():
    scene = Scene(BAD_TEXT)
    fact = await scene.deliver()
    assert [call[2] for call in scene.line.calls] == ["請吃藥", APOLOGY]
    assert fact.apology


async def test_a_reply_that_is_refused_without_a_reason_becomes_an_apology_too():
    scene = Scene(Rejected(400, "Bad Request"))
    assert (await scene.deliver()).apology


async def test_an_apology_that_is_refused_too_is_the_end():
    scene = Scene(BAD_TEXT, BAD_TEXT)
    assert (await scene.deliver()).status == 400


async def test_an_apology_is_pushed_under_a_key_of_its_own():
    scene, asked = Scene(BAD_TEXT), reply_requested(reply_token="")
    await scene.deliver(asked)
    first, second = (call[3] for call in scene.line.calls)
    assert first != second


@pytest.mark.parametrize("no", [Rejected(401), Rejected(403), MONTH])
async def test_what_line_refuses_for_good_is_recorded_as_failed(no: Rejected):
    scene = Scene(no)
    await scene.deliver()
    fact = scene.record.facts[f"delivered:{reply_requested().data.reply_id}"]
    assert isinstance(fact, ReplyFailed)
    assert fact.status == no.status
    assert scene.record.settled == [reply_requested().id]


async def test_a_quote_that_line_does_not_know_costs_the_quote_and_not_the_answer():
    scene, asked = Scene(BAD_QUOTE), reply_requested(quote_token="q1")
    fact = await scene.deliver(asked)
    assert [call[2] for call in scene.line.calls] == ["請吃藥", "請吃藥"]
    assert scene.line.quotes == ["q1", None]
    assert (fact.apology, fact.attempts) == (False, 2)


async def test_messages_that_are_refused_without_the_quote_too_become_an_apology():
    scene = Scene(BAD_TEXT, BAD_TEXT)
    fact = await scene.deliver(reply_requested(quote_token="q1"))
    assert [call[2] for call in scene.line.calls] == ["請吃藥", "請吃藥", APOLOGY]
    assert (fact.apology, fact.attempts) == (True, 3)


async def test_an_answer_that_quotes_nothing_is_not_sent_again_for_its_quote():
    fact = await Scene(BAD_QUOTE).deliver()
    assert fact.apology


async def test_the_monthly_limit_is_told_to_an_operator_once_a_day():
    scene = Scene(MONTH, MONTH)
    for turn in ("t1", "t2"):
        await scene.deliver(reply_requested(turn, reply_token=""))
    facts = list(scene.record.facts.values())
    assert facts[0] == AlertRaised(name="LineMonthlyLimit", raised_at=NOW, upstream="line")
    assert [type(each) for each in facts[1:]] == [ReplyFailed, ReplyFailed]


async def test_somebody_who_had_all_data_erased_is_not_sent_anything():
    scene = Scene()
    fact = await scene.deliver(reply_requested(recipient=NOBODY, reply_token=""))
    assert scene.line.calls == []
    assert fact.status == 410


async def test_an_answer_waits_for_whoever_is_sending_it():
    scene = Scene(ledger=FakeLedger(found=[Held(), Held()]))
    assert isinstance(await scene.deliver(), ReplyDelivered)


async def test_the_answer_before_it_goes_first():
    first, second = reply_requested("t1", 3), reply_requested("t2", 7)
    scene = Scene(ledger=FakeLedger(found=[Held(first.id)]))
    scene.record.events[first.id] = first
    await scene.deliver(second)
    assert scene.record.settled == [first.id, second.id]


async def test_an_answer_waits_while_the_one_before_it_cannot_be_sent():
    first = reply_requested("t1", 3)
    scene = Scene(Unheard(), ledger=FakeLedger(found=[Held(first.id)]))
    scene.record.events[first.id] = first
    with pytest.raises(Unavailable):
        await scene.deliver(reply_requested("t2", 7))
    assert len(scene.line.calls) == 1


async def test_a_bug_in_the_answer_before_it_does_not_bury_it():
    first = reply_requested("t1", 3)
    broken = replace(first, data=replace(first.data, recipient=None))  # pyright: ignore[reportArgumentType]
    scene = Scene(ledger=FakeLedger(found=[Held(first.id)]))
    scene.record.events[first.id] = replace(broken, data=replace(broken.data, reply_token=""))
    with pytest.raises(Unavailable):
        await scene.deliver(reply_requested("t2", 7))


async def test_an_answer_that_waits_too_long_goes_back_to_the_bus():
    scene = Scene(ledger=FakeLedger(found=[Held()] * 3))
    scene.seconds = iter([0.0, 0.0, 1.0, 2.0])
    with pytest.raises(Unavailable):
        await scene.deliver()
    assert scene.line.calls == []


async def test_a_settled_answer_is_not_sent_again():
    scene = Scene(ledger=FakeLedger(found=[Settled()]))
    assert await scene.deliver() is None
    assert scene.line.calls == []


async def test_a_delivery_that_could_not_be_recorded_is_recorded_later_without_sending():
    scene = Scene(down=1)
    with pytest.raises(Unavailable):
        await scene.deliver()
    assert isinstance(await scene.deliver(), ReplyDelivered)
    assert scene.line.kinds() == ["reply"]


async def test_an_answer_that_defeats_the_renderer_becomes_an_apology():
    asked = reply_requested()
    broken = replace(asked.data, answer=replace(asked.data.answer, content=(None,)))  # pyright: ignore[reportArgumentType]
    scene = Scene()
    fact = await scene.deliver(replace(asked, data=broken))
    assert scene.line.calls == [("reply", "token", APOLOGY)]
    assert fact.apology


def test_a_claim_outlasts_a_call_to_line():
    assert timedelta(seconds=CLAIM_SECONDS) > timedelta(seconds=LINE_TIMEOUT_SECONDS)
