"""What the sandbox still knows after it was killed."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from sandbox.app import create
from sandbox.journal import Journal
from sandbox.ledger import Ledger
from sandbox.server import listening
from sandbox.tests.served import SETTINGS, TOKEN, BotServer

NOW = 1_000_000.0
USER = "U" + "1" * 32


class Clock:
    """A clock a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def webhook(number: int = 1) -> dict[str, object]:
    event = {"webhookEventId": "01", "replyToken": "token", "timestamp": 5, "type": "message"}
    about = {"number": number, "chat": USER, "user": "阿明", "user_id": USER, "shown": "好"}
    return {"kind": "webhook", "time": NOW, "event": event, **about}


def reply() -> dict[str, object]:
    return {
        "kind": "reply",
        "time": NOW,
        "reply_token": "token",
        "chat": USER,
        "delivered": True,
        "messages": [{"type": "text", "text": "好"}],
    }


async def restarted(home: Path, clock: Clock) -> Ledger:
    ledger = Ledger(Journal(home), clock)
    await ledger.restore()
    return ledger


def refused(ledger: Ledger) -> bool:
    return ledger.world.token_refused("token", ledger.clock(), 60, 1200)


async def test_a_token_works_after_a_restart_but_not_twice(home: Path):
    first = await restarted(home, Clock())
    await first.record(webhook())
    second = await restarted(home, Clock())
    assert not refused(second)
    await second.record(reply())
    assert refused(second)
    third = await restarted(home, Clock())
    assert refused(third)
    assert [row["kind"] for row in third.world.rows] == ["reply"]
    for ledger in (first, second, third):
        await ledger.close()


async def test_a_token_is_good_for_a_minute_from_its_last_delivery(home: Path):
    clock = Clock()
    ledger = await restarted(home, clock)
    await ledger.record(webhook())
    clock.now = NOW + 61
    assert refused(ledger)
    await ledger.record({"kind": "sending", "number": 1, "time": clock.now})
    assert not refused(ledger)
    clock.now = NOW + 1201
    await ledger.record({"kind": "sending", "number": 1, "time": clock.now})
    assert refused(ledger)
    await ledger.close()


async def test_half_a_line_from_a_killed_run_is_skipped(home: Path):
    first = await restarted(home, Clock())
    await first.record(webhook())
    await first.close()
    whole = (home / "journal.sealed").read_bytes()
    with (home / "journal.sealed").open("ab") as file:
        file.write(whole[: len(whole) // 2])
    second = await restarted(home, Clock())
    await second.record(reply())
    third = await restarted(home, Clock())
    assert refused(third)
    for ledger in (second, third):
        await ledger.close()


async def test_what_was_said_cannot_be_read_off_the_disk(home: Path):
    home.mkdir()
    plain = home / "journal.jsonl"
    plain.write_text('{"kind": "webhook", "shown": "很痛"}\n')
    ledger = await restarted(home, Clock())
    await ledger.record({**webhook(), "shown": "很痛"})
    await ledger.close()
    assert not plain.exists()
    kept = b"".join(path.read_bytes() for path in home.iterdir())
    for secret in ("很痛", USER, "阿明", "webhookEventId"):
        assert secret.encode() not in kept
    assert (home / "journal.key").stat().st_mode & 0o777 == 0o600


async def test_without_its_key_a_journal_is_forgotten(home: Path):
    first = await restarted(home, Clock())
    await first.record(webhook())
    await first.close()
    (home / "journal.key").unlink()
    second = await restarted(home, Clock())
    assert not second.world.webhooks
    await second.record(webhook())
    third = await restarted(home, Clock())
    assert list(third.world.webhooks) == [1]
    for ledger in (second, third):
        await ledger.close()


async def test_to_forget_is_to_destroy_the_key_too(home: Path):
    ledger = await restarted(home, Clock())
    await ledger.record(webhook())
    await ledger.forget()
    assert list(home.iterdir()) == []
    await ledger.record(webhook())
    await ledger.close()
    again = await restarted(home, Clock())
    assert list(again.world.webhooks) == [1]
    await again.close()


async def test_the_journal_stays_small(home: Path):
    journal = Journal(home, rotate_bytes=2000)
    for number in range(100):
        await journal.write([{"kind": "webhook", "number": number, "filler": "x" * 90}])
    kept = await journal.load()
    await journal.close()
    assert sum(path.stat().st_size for path in home.iterdir()) < 5000
    assert kept[-1]["number"] == 99


async def test_a_webhook_still_owed_is_delivered_by_the_next_run(home: Path):
    ledger = Ledger(Journal(home))
    await ledger.record({**webhook(), "time": ledger.clock()})
    await ledger.close()
    bot, settings = BotServer(), replace(SETTINGS, home=home)
    async with (
        listening(create(settings, client=bot.client()), "127.0.0.1", 0) as (_, url),
        httpx.AsyncClient(base_url=url, trust_env=False) as http,
    ):
        body = {"replyToken": "token", "messages": [{"type": "text", "text": "好"}]}
        headers = {"authorization": f"Bearer {TOKEN}"}
        answers = [
            await http.post("/v2/bot/message/reply", json=body, headers=headers) for _ in range(2)
        ]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert b'"isRedelivery":true' in bot.requests[0][0]


@pytest.mark.parametrize("chat", ["nobody", USER])
async def test_waiting_for_news_ends_with_the_time(chat: str):
    ledger = Ledger(Journal(None))
    await ledger.news(chat, 0, 0.01)
    assert ledger.world.chat(chat).revision == 0
    await ledger.close()
