"""What comes to the webhook besides LINE's usual: refused or recorded, never half of it."""

import json
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.audit import recorded
from tests.e2e.line_ledger import Json
from tests.e2e.webhooks import Said, headers, signature, webhook
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e

JSON = {"content-type": "application/json"}
EMPTY = webhook([])
LARGE = webhook([{"type": "message", "padding": "x" * 1_100_000}])
BROKEN = b'{"events": ['
STRANGE: tuple[Json, ...] = (
    {"type": "holiday"},
    {"type": "message"},
    {"type": "message", "message": {"id": "1", "type": "hologram"}},
    {"type": "message", "message": {"type": "text"}},
    {"type": "message", "message": {"id": "1", "type": "text", "text": 7}},
    {"type": "postback"},
    {"type": "unsend", "unsend": {}},
    {"type": "follow", "source": {"type": "planet"}},
    {"type": "follow", "source": None, "timestamp": "yesterday", "webhookEventId": None},
)


async def counted(calm: World, outcome: str) -> float:
    """Return how many webhooks ended so, as the gateway counts them."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{calm.system.gateway}/metrics")).text
    label = f'bot_webhook_requests_total{{outcome="{outcome}"}}'
    found = [line for line in text.splitlines() if line.startswith(label)]
    return float(found[0].split()[-1]) if found else 0.0


@pytest.mark.parametrize(
    ("body", "sent", "status", "outcome"),
    [
        (EMPTY, headers(EMPTY), 200, "accepted"),
        (EMPTY, JSON | {"x-line-signature": signature(EMPTY, "another")}, 401, "forged"),
        (EMPTY, JSON | {"x-line-signature": "!"}, 401, "forged"),
        (EMPTY, JSON, 401, "unsigned"),
        (EMPTY, headers(EMPTY) | {"content-type": "text/plain"}, 415, "wrong_type"),
        (LARGE, headers(LARGE), 413, "too_large"),
        (BROKEN, headers(BROKEN), 400, "broken"),
        (b"", headers(b""), 400, "broken"),
        (b"[]", headers(b"[]"), 400, "broken"),
    ],
)
async def test_what_is_no_webhook_of_lines_is_told_so_and_stores_nothing(
    calm: World, body: bytes, sent: dict[str, str], status: int, outcome: str
):
    await calm.at_rest()
    events, count = await recorded(calm.system.database_url, "%"), await counted(calm, outcome)
    assert await calm.platform.post(body, sent) == status
    assert await counted(calm, outcome) == count + 1
    assert await recorded(calm.system.database_url, "%") == events


async def test_a_forged_message_is_never_answered(calm: World):
    user = await calm.translating(new_user())
    said = calm.platform.message(user, sentence(tag := new_tag()))
    body = webhook([said.event])
    assert await calm.platform.post(body, headers(body) | {"x-line-signature": "Zm9v"}) == 401
    await calm.talk(user, sentence(new_tag()))
    await calm.at_rest()
    assert calm.gemini.about(tag) == []
    assert len(calm.line.ledger.answers(user)) == 3 + 1


async def test_what_nobody_knows_is_recorded_and_the_rest_of_the_body_answered(calm: World):
    user, tag = await calm.translating(new_user()), new_tag()
    strange = [calm.platform.event(user, each) for each in STRANGE]
    said = calm.platform.message(user, sentence(tag))
    before = await recorded(calm.system.database_url, "gateway.unknown_received")
    await calm.platform.deliver(*strange[:4], said, *strange[4:])
    await calm.answered(said)
    await calm.at_rest()
    after = await recorded(calm.system.database_url, "gateway.unknown_received")
    assert after - before == len(STRANGE)
    assert len(calm.line.ledger.answers(user)) == 3 + 1
    assert calm.sound()


async def test_a_body_of_three_hundred_events_is_recorded_whole(calm: World):
    before = await recorded(calm.system.database_url, "gateway.user_unfollowed")
    assert await calm.platform.attempt(*_many(calm, 300)) == 200
    assert await recorded(calm.system.database_url, "gateway.user_unfollowed") == before + 300
    await calm.at_rest()


@pytest.mark.parametrize("count", [301, 1_000])
async def test_a_body_of_more_events_is_refused_whole(calm: World, count: int):
    await calm.at_rest()
    events, refused = (
        await recorded(calm.system.database_url, "%"),
        await counted(calm, "too_large"),
    )
    assert await calm.platform.attempt(*_many(calm, count)) == 413
    assert await counted(calm, "too_large") == refused + 1
    await calm.at_rest()
    assert await recorded(calm.system.database_url, "%") == events


async def test_health_is_told_without_anything_personal(calm: World):
    user = await calm.translating(new_user())
    async with httpx.AsyncClient(base_url=calm.system.gateway) as client:
        for path in ("/ping", "/health", "/health/live", "/health/sessions", "/health/database"):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert user not in answer.text
            assert str(urlsplit(calm.system.database_url).password) not in answer.text
        assert json.loads((await client.get("/health/sessions")).text)["active"] > 0


def _many(calm: World, count: int) -> list[Said]:
    users = [new_user() for _ in range(50)]
    return [_unfollowed(calm, users[number % 50]) for number in range(count)]


def _unfollowed(calm: World, user: str) -> Said:
    return calm.platform.event(user, {"type": "unfollow"}, token=False)
