"""Copies for the archive: beside the work, bounded, never a reason to fail."""

import asyncio
from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY

from chassis.archive import Archive, archive
from chassis.errors import Unavailable
from chassis.testing import poll

KEY = "voicemail/stream-1/m1.m4a"


@dataclass
class FakeStore:
    """Keeps what it is given once it is `open`, or fails as told."""

    error: Exception | None = None
    kept: dict[str, tuple[str, bytes, str]] = field(
        default_factory=dict[str, tuple[str, bytes, str]]
    )
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, stream: str, key: str, data: bytes, *, content_type: str) -> None:
        await self.opened.wait()
        if self.error:
            raise self.error
        self.kept[key] = (stream, data, content_type)


def counted(outcome: str) -> float:
    labels = {"kind": "voicemail", "outcome": outcome}
    return REGISTRY.get_sample_value("bot_archived_total", labels) or 0


def keep(copies: Archive, data: bytes = b"abc") -> None:
    copies.keep("stream-1", KEY, data, content_type="audio/m4a")


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
    store = FakeStore(error)
    store.opened.set()
    async with archive(store) as copies:
        keep(copies)
    shown = "".join(capfd.readouterr())
    assert counted("failed") == before + 1
    assert "archive_copy_lost" in shown
    assert "王小明" not in shown
    assert "stream-1" not in shown


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
