"""Links: only ours, only whole, only for a while."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.links import LinkRefused, Links, open_links

NOW = datetime(2026, 11, 23, 8, 0, 0, 500_000, tzinfo=UTC)
DAY = timedelta(hours=24)
LINKS = Links(b"k" * 32, DAY)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
KEYS = st.builds(
    lambda kind, stream, name: f"{kind[0]}/{stream}/{name}.{kind[1]}",
    st.sampled_from([("tts_audio", "m4a"), ("export", "json")]),
    st.uuids(),
    st.uuids(),
)


def an_audio() -> str:
    return f"tts_audio/{uuid4()}/{uuid4()}.m4a"


@given(KEYS)
def test_a_link_leads_to_its_object(key: str):
    assert LINKS.verify(LINKS.sign(key, now=NOW), NOW) == key


@given(KEYS, st.integers(0, 91), st.sampled_from(ALPHABET))
def test_any_other_character_anywhere_spoils_it(key: str, place: int, other: str):
    name = LINKS.sign(key, now=NOW)
    changed = name[:place] + other + name[place + 1 :]
    assert (LINKS.verify(changed, NOW) is None) is (changed != name)


@given(KEYS, st.integers(0, 91), st.text(max_size=3))
def test_a_part_of_it_is_none(key: str, length: int, more: str):
    name = LINKS.sign(key, now=NOW)
    assert LINKS.verify(name[:length] + more, NOW) is None
    assert LINKS.verify(name[length + 1 :], NOW) is None


@given(st.text(max_size=300))
def test_no_text_at_all_is_a_link(text: str):
    assert LINKS.verify(text, NOW) is None


@given(st.text(ALPHABET, min_size=92, max_size=92))
def test_no_guess_is_a_link(text: str):
    assert LINKS.verify(text, NOW) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../../etc/passwd",
        "%2e%2e%2f",
        "a/b",
        "a%2Fb",
        "\0",
        "x" * 91 + "\n",
        "Ａ" * 92,
        "x" * 1_000_000,
    ],
)
def test_paths_and_worse_are_none(name: str):
    assert LINKS.verify(name, NOW) is None
    assert LINKS.verify(LINKS.sign(an_audio(), now=NOW) + name[:4] + "\n", NOW) is None


def test_another_system_signs_otherwise():
    foreign = Links(b"f" * 32, DAY).sign(an_audio(), now=NOW)
    assert LINKS.verify(foreign, NOW) is None


def test_a_link_ends_after_its_time_and_never_later():
    name = LINKS.sign(an_audio(), now=NOW)
    assert LINKS.verify(name, NOW + DAY - timedelta(seconds=1)) is not None
    assert LINKS.verify(name, NOW + DAY) is None
    assert LINKS.verify(name, NOW + timedelta(days=100_000)) is None


def test_a_link_ends_with_its_object():
    until = NOW + timedelta(hours=1)
    name = LINKS.sign(an_audio(), now=NOW, until=until)
    assert LINKS.verify(name, until - timedelta(seconds=1)) is not None
    assert LINKS.verify(name, until) is None
    late = LINKS.sign(an_audio(), now=NOW, until=NOW + 2 * DAY)
    assert LINKS.verify(late, NOW + DAY) is None


@pytest.mark.parametrize(
    "key",
    [
        "voicemail/{0}/5501.m4a",
        "text/{0}/{0}.txt",
        "tts_audio/{0}/{0}.json",
        "tts_audio/{0}/../{0}.m4a",
        "tts_audio/{1}/{0}.m4a",
        "tts_audio/{0}/{0}.m4a\n",
        "tts_audio/{0}/" + "-" * 36 + ".m4a",
        "",
    ],
)
def test_archives_and_other_spellings_are_never_linked_to(key: str):
    stream = uuid4()
    with pytest.raises(LinkRefused):
        LINKS.sign(key.format(stream, str(stream).upper()), now=NOW)


def test_a_name_says_nothing_of_a_person_and_fits_a_url():
    name = LINKS.sign(f"tts_audio/{UUID(int=7)}/{UUID(int=9)}.m4a", now=NOW)
    assert len(name) == 92
    assert set(name) <= set(ALPHABET)


async def test_all_replicas_agree_however_many_come_first(pool: asyncpg.Pool):
    replicas = await asyncio.gather(*(open_links(pool, lifetime=DAY) for _ in range(8)))
    assert len({each.key for each in replicas}) == 1
    key = an_audio()
    assert replicas[0].verify(replicas[1].sign(key, now=NOW), NOW) == key


async def test_the_key_cannot_be_changed_by_a_service(pool: asyncpg.Pool):
    await open_links(pool, lifetime=DAY)
    for statement in ("update links.signing_key set key = key", "delete from links.signing_key"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
