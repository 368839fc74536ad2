"""What an operator should know: raised by whoever sees it, on record once a day."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import asyncpg
import pytest

from chassis.alerts import ALERTS_STREAM, Alerts
from chassis.errors import Unavailable
from chassis.eventlog.log import EventLog
from chassis.journal import Journal
from chassis.resilience import Transient
from chassis.tests.consuming import connected
from chassis.tests.logged import NOW
from chassis.tests.virtual import Upstream, a_guard, failing, run
from contracts.catalogue import SUBJECTS
from contracts.notifier import AlertRaised
from contracts.subjects import NOTIFIER_STREAM


@pytest.fixture
async def journal(log: EventLog, pool: asyncpg.Pool, nats: str) -> AsyncGenerator[Journal]:
    async with connected(nats) as client:
        yield Journal(log, client, pool, subjects=SUBJECTS)


def seen_by(journal: Journal, *, days: int = 0) -> Alerts:
    """Return the alerts of a replica that sees something so many days from now."""
    return Alerts(journal, now=lambda: NOW + timedelta(days=days))


async def raised(journal: Journal) -> list[str]:
    facts = [each.data for each in await journal.read(ALERTS_STREAM)]
    assert all(isinstance(fact, AlertRaised) for fact in facts)
    return [f"{fact.name} {fact.upstream}" for fact in facts if isinstance(fact, AlertRaised)]


async def test_replicas_that_see_the_same_raise_one_alert(journal: Journal):
    for _ in range(3):
        alerts = seen_by(journal)
        await alerts.quota_used_up("gemini")
        await alerts.quota_used_up("gemini")
    assert await raised(journal) == ["GeminiDailyQuota gemini"]


async def test_every_upstream_and_every_day_has_an_alert_of_its_own(journal: Journal):
    alerts = seen_by(journal)
    await alerts.quota_used_up("gemini")
    await alerts.quota_used_up("gemini_tts")
    await seen_by(journal, days=1).quota_used_up("gemini")
    assert len(await raised(journal)) == 3


async def test_an_alert_is_on_the_bus_and_wakes_no_conversation(
    journal: Journal, pool: asyncpg.Pool, nats: str
):
    await seen_by(journal).quota_used_up("gemini")
    async with connected(nats) as client:
        state = (await client.jsm().stream_info(NOTIFIER_STREAM)).state
    assert state.messages == 1
    assert await pool.fetchval("select count(pending_since) from eventlog.streams") == 0


async def test_without_a_log_the_user_is_answered_all_the_same(
    journal: Journal, pool: asyncpg.Pool
):
    await pool.close()
    alerts = seen_by(journal)
    await alerts.quota_used_up("gemini")
    with pytest.raises(Unavailable):
        await raised(journal)


def test_a_guard_tells_of_what_is_hopeless_and_of_nothing_else():
    told: list[str] = []

    async def alarm(upstream: str) -> None:
        told.append(upstream)

    async def scenario():
        guard = a_guard(upstream="watched", alarm=alarm)
        with pytest.raises(Unavailable):
            await guard.call(failing())
        assert told == []
        with pytest.raises(Unavailable):
            await guard.call(Upstream(Transient("come back tomorrow", hopeless=True)))
        assert told == ["watched"]

    run(scenario())


async def test_a_consumer_that_gives_up_is_another_alert(journal: Journal):
    for _ in range(2):
        await seen_by(journal).given_up("speech__transcribe")
    assert await raised(journal) == ["DeadLetters speech__transcribe"]
