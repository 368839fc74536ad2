"""Audio and exports from a running gateway, on the real store, over HTTP."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import httpx

from chassis.forgetting import spread
from chassis.links import Links
from chassis.testing import poll
from services.gateway.tests.cable import Cable
from services.gateway.tests.shelf import DAY, SOUND, Shelf

PARTS = {
    "0-1": (0, 1),
    "1000-": (1_000, 255_999),
    "-500": (255_500, 255_999),
    "9-1000000": (9, 255_999),
}
CLIMBING = ("../audio/x", "../../etc/passwd", "/", "%2e%2e", "..%2f..", "\\..", "%00")
SAFE = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


async def test_audio_is_served_whole_as_line_wants_it(gateway: httpx.AsyncClient, shelf: Shelf):
    answer = await gateway.get(await shelf.audio())
    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["content-type"] == "audio/mp4"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(len(SOUND))
    assert SAFE.items() <= answer.headers.items()


async def test_a_head_says_the_same_without_the_sound(gateway: httpx.AsyncClient, shelf: Shelf):
    path = await shelf.audio()
    whole, head = await gateway.get(path), await gateway.head(path, headers={"range": "bytes=0-1"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers


async def test_a_player_gets_the_part_it_asks_for(gateway: httpx.AsyncClient, shelf: Shelf):
    path = await shelf.audio()
    for asked, (first, last) in PARTS.items():
        answer = await gateway.get(path, headers={"range": f"bytes={asked}"})
        assert (answer.status_code, answer.content) == (206, SOUND[first : last + 1])
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(SOUND)}"
        assert answer.headers["content-length"] == str(last - first + 1)
        assert SAFE.items() <= answer.headers.items()


async def test_a_part_that_is_not_there_is_refused(gateway: httpx.AsyncClient, shelf: Shelf):
    path = await shelf.audio()
    answer = await gateway.get(path, headers={"range": f"bytes={len(SOUND)}-"})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(SOUND)}"


async def test_with_a_condition_or_several_ranges_all_is_sent(
    gateway: httpx.AsyncClient, shelf: Shelf
):
    path = await shelf.audio()
    for headers in ({"range": "bytes=0-1", "if-range": '"x"'}, {"range": "bytes=0-1,5-6"}):
        answer = await gateway.get(path, headers=headers)
        assert (answer.status_code, answer.content) == (200, SOUND)


async def test_an_export_is_a_file_to_be_kept(gateway: httpx.AsyncClient, shelf: Shelf):
    key = await shelf.put(b'{"messages":[]}', "export/{0}/{1}.json")
    answer = await gateway.get(f"/export/{shelf.name(key)}")
    assert (answer.status_code, answer.json()) == (200, {"messages": []})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert SAFE.items() <= answer.headers.items()


async def names_that_lead_nowhere(shelf: Shelf) -> list[str]:
    """Return links that are no good, each for a reason of its own."""
    key, export = await shelf.put(), await shelf.put(b"{}", "export/{0}/{1}.json")
    name = shelf.name(key)
    missing = f"tts_audio/{shelf.stream}/{uuid4()}.m4a"
    return [
        shelf.name(missing),
        shelf.name(key, ago=DAY),
        shelf.name(export),
        Links(b"f" * 32, DAY).sign(key, now=datetime.now(UTC)),
        name[:-1],
        name + "A",
        f"{name[:-1]}{'A' if name[-1] != 'A' else 'B'}",
        f"{name}/",
        "",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%2f" + name,
        "%00",
        "x" * 5_000,
        key,
        "%F0%9F%8E%A4",
    ]


async def test_whatever_is_no_good_link_is_the_same_404(gateway: httpx.AsyncClient, shelf: Shelf):
    names = await names_that_lead_nowhere(shelf)
    answers = [await gateway.get(f"/audio/{name}") for name in names]
    assert {each.status_code for each in answers} == {404}
    assert len({each.content for each in answers}) == 1
    headers = [{**each.headers} for each in answers]
    assert all(each == headers[0] for each in headers)
    assert (await gateway.get("/audio/" + "x" * 92 + "/..%2f")).status_code == 404


async def test_a_path_that_climbs_out_is_404(gateway: httpx.AsyncClient):
    for path in CLIMBING:
        # By hand: a client would tidy the path before it sends it.
        reader, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
        writer.write(f"GET /audio/{path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        writer.close()


async def test_only_reading_is_allowed(gateway: httpx.AsyncClient, shelf: Shelf):
    path = await shelf.audio()
    for method in ("POST", "PUT", "DELETE"):
        answer = await gateway.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_a_user_who_was_erased_has_no_audio_any_more(
    gateway: httpx.AsyncClient, shelf: Shelf, pool: asyncpg.Pool
):
    path = await shelf.audio()
    assert (await gateway.get(path)).status_code == 200
    await pool.execute("delete from eventlog.keys where stream = $1", UUID(shelf.stream))
    await spread(shelf.nats, shelf.stream)
    await poll(lambda: _is(gateway, path, 404))


async def test_a_store_that_is_away_is_503_and_the_link_works_again_later(
    gateway: httpx.AsyncClient, shelf: Shelf, bus: Cable
):
    path = await shelf.audio()
    await bus.cut()
    away = await gateway.get(path, timeout=60)
    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    assert SAFE.items() <= away.headers.items()
    await bus.mend()
    await poll(lambda: _is(gateway, path, 200), within=20)


async def test_what_was_asked_for_is_counted_and_no_name_is_shown(
    gateway: httpx.AsyncClient, shelf: Shelf
):
    path = await shelf.audio()
    await gateway.get(path)
    shown = (await gateway.get("/metrics")).text
    assert 'audio_requests_total{kind="audio",outcome="served"}' in shown
    assert 'http_route="/audio/{name}"' in shown
    assert path.removeprefix("/audio/")[:20] not in shown


async def _is(gateway: httpx.AsyncClient, path: str, status: int) -> bool:
    return (await gateway.get(path)).status_code == status
