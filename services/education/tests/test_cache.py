"""Leaflets kept for the next asker: the same to read, and unreadable at rest."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from prometheus_client import REGISTRY

from chassis.database import open_pool
from chassis.errors import Unavailable
from chassis.testing import Database
from services.education.cache import CachedWriter, Edition, LeafletCache, tidy
from services.education.ports import Leaflet, NoLeaflet
from services.education.tests.fakes import SOURCE, FakeWriter

V1 = Edition(prompt="leaflet.v1", model="fake")
FRESH = Leaflet(
    text="【糖尿病】\n• 多喝水",
    model="fake-1",
    prompt="leaflet.v1",
    references=(SOURCE,),
    input_tokens=7,
    output_tokens=3,
)
DAY = timedelta(days=1)


@pytest.fixture
async def pool(postgres: Database) -> AsyncGenerator[asyncpg.Pool]:
    async with open_pool(postgres.service_url) as pool:
        yield pool


def a_cache(
    pool: asyncpg.Pool, edition: Edition = V1, *, secret: bytes = b"secret", kept: timedelta = DAY
) -> LeafletCache:
    return LeafletCache(pool, edition, secret=secret, kept=kept)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=30)


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("leaflet_cache_total", {"outcome": outcome}) or 0.0


async def rows(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    return await pool.fetch("select * from education.leaflets")


async def test_a_kept_leaflet_reads_as_the_fresh_one_and_costs_nothing(pool: asyncpg.Pool):
    await a_cache(pool).keep("糖尿病", FRESH)
    found = await a_cache(pool).find("糖尿病")
    assert found == replace(FRESH, cached=True, input_tokens=0, output_tokens=0)


@pytest.mark.parametrize(
    ("one", "other"),
    [("COVID-19", "covid-19 "), ("高血壓", " 高血壓\n"), ("第２型 糖尿病", "第2型 糖尿病")],
)
async def test_a_topic_written_in_another_way_is_the_same(pool: asyncpg.Pool, one: str, other: str):
    await a_cache(pool).keep(one, FRESH)
    assert await a_cache(pool).find(other)


@pytest.mark.parametrize(
    "other",
    [
        {"edition": replace(V1, prompt="leaflet.v2")},
        {"edition": replace(V1, model="another")},
        {"secret": b"another"},
    ],
)
async def test_another_prompt_model_or_secret_finds_nothing(
    pool: asyncpg.Pool, other: dict[str, Any]
):
    await a_cache(pool).keep("糖尿病", FRESH)
    assert await a_cache(pool, **other).find("糖尿病") is None
    assert await a_cache(pool).find("高血壓") is None


async def test_nothing_at_rest_can_be_read(pool: asyncpg.Pool):
    await a_cache(pool).keep("糖尿病", FRESH)
    (row,) = await rows(pool)
    for word in ("糖尿病", "多喝水", "國健署", "hpa.gov.tw", "fake-1"):
        assert word.encode() not in row["id"] + row["sealed"]


async def test_the_same_leaflet_is_never_sealed_the_same_way(pool: asyncpg.Pool):
    await a_cache(pool).keep("糖尿病", FRESH)
    (before,) = await rows(pool)
    await a_cache(pool).keep("糖尿病", FRESH)
    (after,) = await rows(pool)
    assert before["id"] == after["id"]
    assert before["sealed"] != after["sealed"]


async def test_what_was_tampered_with_is_not_shown(pool: asyncpg.Pool):
    await a_cache(pool).keep("糖尿病", FRESH)
    await pool.execute("update education.leaflets set sealed = sealed || '\\x00'")
    assert await a_cache(pool).find("糖尿病") is None


async def test_an_expired_leaflet_is_not_found_and_then_removed(pool: asyncpg.Pool):
    cache = a_cache(pool, kept=timedelta(microseconds=1))
    await cache.keep("糖尿病", FRESH)
    await a_cache(pool).keep("高血壓", FRESH)
    assert await cache.find("糖尿病") is None
    await cache.forget_old()
    assert len(await rows(pool)) == 1
    assert await a_cache(pool).find("高血壓")


async def test_the_model_is_asked_once_and_not_while_it_is_down(pool: asyncpg.Pool):
    model = FakeWriter()
    writer = CachedWriter(model, a_cache(pool))
    fresh = await writer.write("糖尿病", soon())
    model.reason = "unavailable"
    again = await writer.write("糖尿病", soon())
    assert (fresh.cached, again.cached) == (False, True)
    assert (again.text, again.references) == (fresh.text, fresh.references)
    assert len(model.asked) == 1


async def test_a_failure_is_not_kept(pool: asyncpg.Pool):
    model = FakeWriter("blocked")
    writer = CachedWriter(model, a_cache(pool))
    with pytest.raises(NoLeaflet):
        await writer.write("糖尿病", soon())
    model.reason = None
    assert not (await writer.write("糖尿病", soon())).cached


async def test_long_topics_revisions_and_translations_are_made_each_time(pool: asyncpg.Pool):
    model = FakeWriter()
    writer = CachedWriter(model, a_cache(pool))
    for _ in range(2):
        await writer.write("我的媽媽" * 16, soon())
        await writer.revise("糖尿病", "縮短", soon())
        await writer.translate("糖尿病", "英文", soon())
    assert len(model.asked) == 6
    assert await rows(pool) == []


async def test_hits_misses_and_what_is_kept_are_counted(pool: asyncpg.Pool):
    before = [counted(each) for each in ("miss", "stored", "hit")]
    writer = CachedWriter(FakeWriter(), a_cache(pool))
    for _ in range(3):
        await writer.write("糖尿病", soon())
    after = [counted(each) for each in ("miss", "stored", "hit")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 2]


async def test_without_a_database_a_request_comes_again_and_an_answer_is_not_lost(
    pool: asyncpg.Pool,
):
    cache = a_cache(pool)
    await pool.close()
    await cache.keep("糖尿病", FRESH)
    with pytest.raises(Unavailable):
        await cache.find("糖尿病")


async def test_tidying_goes_on_without_a_database(pool: asyncpg.Pool):
    await pool.close()
    tidying = asyncio.create_task(tidy(a_cache(pool)))
    await asyncio.wait({tidying}, timeout=0.05)
    assert not tidying.done()
    tidying.cancel()
    await asyncio.gather(tidying, return_exceptions=True)
