"""Copies for the archive: beside the work, bounded, never a reason to fail."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from chassis.archive import Archive, archive
from chassis.errors import Unavailable
from chassis.testing import poll
from contracts.base import CloudEvent

KEY = "voicemail/stream-1/m1.m4a"
TAKEN_BACK = "m2"
ASKED = CloudEvent(
    id="event-1",
    type="asked",
    source="/test",
    time=datetime(2026, 11, 24, tzinfo=UTC),
    stream="stream-1",
    version=3,
    data=None,
)


@dataclass
class FakeStore:
    """Keeps what it is given once it is `open`, but for each error that it is to raise before."""

    errors: list[Exception] = field(default_factory=list[Exception])
    kept: dict[str, tuple[str, bytes, str]] = field(
        default_factory=dict[str, tuple[str, bytes, str]]
    )
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(
        self,
        made_for: CloudEvent[Any],
        key: str,
        data: bytes,
        *,
        content_type: str,
        words_of: str = "",
    ) -> bool:
        await self.opened.wait()
        if self.errors:
            raise self.errors.pop()
        if words_of == TAKEN_BACK:
            return False
        self.kept[key] = (made_for.stream, data, content_type)
        return True


def counted(outcome: str) -> float:
    labels = {"kind": "voicemail", "outcome": outcome}
    return REGISTRY.get_sample_value("bot_archived_total", labels) or 0


def keep(copies: Archive, data: bytes = b"abc", words_of: str = "m1") -> None:
    copies.keep(ASKED, KEY, data, content_type="audio/m4a", words_of=words_of)


async def test_a_copy_is_kept_without_anybody_waiting():
    store = FakeStore()
    async with archive(store) as copies:
        keep(copies)
        assert store.kept == {}
        store.opened.set()
        await poll(lambda: store.kept)
    assert store.kept == {KEY: ("stream-1", b"abc", "audio/m4a")}


async def test_closing_waits_for_the_copies_in_hand():
    store = FakeStore()
    async with archive(store) as copies:
        keep(copies)
        asyncio.get_running_loop().call_later(0.05, store.opened.set)
    assert KEY in store.kept


async def test_closing_gives_up_a_store_that_hangs():
    before = counted("failed")
    copies = Archive(FakeStore())
    keep(copies)
    await asyncio.sleep(0)
    await copies.close(within=0.05)
    assert counted("failed") == before + 1


@pytest.mark.parametrize("error", [Unavailable("the store"), ValueError("王小明")])
async def test_a_failure_is_counted_and_says_no_more_than_its_kind(
    error: Exception, capfd: pytest.CaptureFixture[str]
):
    before = counted("failed")
    store = FakeStore([error] * 3)
    store.opened.set()
    copies = Archive(store, pause=timedelta(0))
    keep(copies)
    await copies.close()
    shown = "".join(capfd.readouterr())
    assert counted("failed") == before + 1
    assert "archive_copy_lost" in shown
    assert "王小明" not in shown
    assert "stream-1" not in shown


async def test_a_store_that_is_away_for_a_moment_gets_its_copy():
    store = FakeStore([Unavailable("the store")] * 2)
    store.opened.set()
    copies = Archive(store, pause=timedelta(0))
    keep(copies)
    await copies.close()
    assert store.kept[KEY] == ("stream-1", b"abc", "audio/m4a")


async def test_a_copy_that_nobody_may_have_any_more_is_no_loss(
    capfd: pytest.CaptureFixture[str],
):
    before, store = counted("unwanted"), FakeStore()
    store.opened.set()
    async with archive(store) as copies:
        keep(copies, words_of=TAKEN_BACK)
    assert counted("unwanted") == before + 1
    assert "archive" not in "".join(capfd.readouterr())


async def test_more_than_fits_is_dropped_and_counted():
    before, store = counted("dropped"), FakeStore()
    copies = Archive(store, most_bytes=5)
    keep(copies)
    keep(copies)
    assert counted("dropped") == before + 1
    store.opened.set()
    await copies.close()
    keep(copies)
    await copies.close()
    assert counted("dropped") == before + 1
