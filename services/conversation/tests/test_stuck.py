"""An input that breaks the decider: given up, apologised for, and the conversation goes on."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from chassis.bus.wire import NotUnderstood
from chassis.eventlog.codec import Codec
from chassis.eventlog.log import Append, EventLog, NewEvent
from chassis.testing import Database
from contracts.base import CloudEvent, Event
from contracts.conversation import MessageParked
from contracts.gateway import MessageReceived
from services.conversation.domain import Conversation, Pending, decide
from services.conversation.domain.facts import InputAbandoned
from services.conversation.domain.pending import Said
from services.conversation.stuck import Stuck
from services.conversation.sweeper import LOOKS, Sweeper
from services.conversation.tests.conversing import said
from services.conversation.tests.replicas import Clock, Replica, a_stream, replica

POISON = "poison"
LONG_AGO = "update eventlog.streams set pending_since = now() - interval '1 hour'"


def breaks(pending: Pending, state: Conversation) -> Sequence[Event]:
    """Decide as ever, but for one word."""
    if isinstance(pending, Said) and pending.text == POISON:
        raise LookupError(POISON)
    return decide(pending, state)


@pytest.fixture
async def broken(postgres: Database, nats: str, clock: Clock) -> AsyncGenerator[Replica]:
    async with replica(postgres, nats, clock, breaks) as broken:
        yield broken


async def give_up(one: Replica, clock: Clock, news: CloudEvent[Any]) -> list[MessageParked]:
    """Do what is done when the message about an event was tried too often; return what it told."""
    await Stuck(one.journal, one.conversations, clock=clock).last_word(await one.packer.pack(news))
    events = await one.journal.read(news.stream)
    parked = [each for each in events if isinstance(each.data, MessageParked)]
    for each in parked:
        await one.conversations.hear(each)
    return [each.data for each in parked]


async def outcomes(one: Replica, stream: str) -> list[str]:
    return [reply.outcome for reply in await one.replies(stream)]


async def poisoned(one: Replica, stream: str) -> CloudEvent[Any]:
    (news,) = await one.record(stream, said(POISON, at=1))
    with pytest.raises(LookupError):
        await one.conversations.hear(news)
    return news


async def test_its_user_gets_an_apology_and_the_next_word_an_answer(broken: Replica, clock: Clock):
    stream = a_stream()
    await broken.hear(stream, said("開始"))
    news = await poisoned(broken, stream)
    assert [each.event_id for each in await give_up(broken, clock, news)] == [news.id]
    await broken.hear(stream, said("衛教", at=2))
    assert await outcomes(broken, stream) == ["answered", "apologised", "answered"]
    assert not await broken.is_pending(stream)


async def test_what_came_after_it_is_decided_and_not_given_up(broken: Replica, clock: Clock):
    stream = a_stream()
    poison = await poisoned(broken, stream)
    (innocent,) = await broken.record(stream, said("開始", at=2))
    with pytest.raises(LookupError):
        await broken.conversations.hear(innocent)
    for news in (innocent, poison):
        assert [each.event_id for each in await give_up(broken, clock, news)] == [poison.id]
    assert await outcomes(broken, stream) == ["apologised", "answered"]


async def test_a_conversation_that_is_repaired_by_then_gives_nothing_up(
    broken: Replica, other: Replica, clock: Clock
):
    stream = a_stream()
    news = await poisoned(broken, stream)
    await other.conversations.look(stream)
    assert await give_up(broken, clock, news) == []
    assert await outcomes(other, stream) == ["answered"]


async def test_sent_again_after_a_fix_it_is_not_answered_twice(
    broken: Replica, other: Replica, clock: Clock
):
    stream = a_stream()
    news = await poisoned(broken, stream)
    await give_up(broken, clock, news)
    await other.conversations.hear(news)
    await other.conversations.look(stream)
    assert await outcomes(other, stream) == ["apologised"]


async def test_the_history_of_it_folds_to_what_is_remembered(broken: Replica, clock: Clock):
    stream = a_stream()
    await give_up(broken, clock, await poisoned(broken, stream))
    facts = await broken.facts(stream)
    assert any(isinstance(fact, InputAbandoned) for fact in facts)
    assert await broken.snapshot(stream) == await broken.folded(stream)


async def test_a_conversation_whose_messages_are_lost_is_given_up_by_the_sweeper(
    broken: Replica, clock: Clock
):
    stream = a_stream()
    await poisoned(broken, stream)
    await broken.pool.execute(LONG_AGO)
    stuck = Stuck(broken.journal, broken.conversations, clock=clock)
    sweeper = Sweeper(broken.conversations, broken.journal, broken.pool, give_up=stuck.give_up)
    for _ in range(LOOKS):
        await sweeper.sweep()
    await sweeper.sweep()
    assert await outcomes(broken, stream) == ["apologised"]


async def test_what_is_no_event_of_ours_gives_nothing_up(broken: Replica, clock: Clock):
    await Stuck(broken.journal, broken.conversations, clock=clock).last_word(b"no event")
    assert await broken.pool.fetchval("select count(*) from eventlog.events") == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A message as some later build records it."""

    NAME: ClassVar[str] = MessageReceived.NAME
    VERSION: ClassVar[int] = 99


async def test_an_input_of_a_later_build_is_not_passed_over(one: Replica):
    stream = a_stream()
    later = EventLog(one.pool, Codec([Later]), source="/gateway", requests={})
    new = NewEvent(id=a_stream(), event=Later())
    await later.append(Append(stream=stream, events=[new], pending=True))
    with pytest.raises(NotUnderstood):
        await one.conversations.look(stream)
    assert await one.is_pending(stream)
