"""What an end-to-end run leaves behind, for the history checker."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage
from time import time

from chassis.database import open_pool
from chassis.decider import derived_id
from cli.history.check import Judgement, Standards, judge
from cli.history.database import recorded
from cli.history.reading import written
from cli.history.rebuilding import rebuilt
from cli.history.records import Attempt, Call, History, Json, Mail, Rest, Webhook
from cli.history.report import report
from cli.history.sources import letters_on
from tests.e2e.gemini import KEY
from tests.e2e.line import TOKEN
from tests.e2e.line_ledger import Shown
from tests.e2e.webhooks import SECRET, Posted
from tests.e2e.world import World

NONCE = r"tag-\d{6}"
SECRETS = (SECRET, TOKEN, KEY, "password-canary", "r2-secret-canary", "r2-key-id-canary")


async def history_of(world: World) -> History:
    """Return the history of a world at rest."""
    await world.at_rest()
    async with open_pool(world.system.database_url) as pool:
        letters = await letters_on({"NATS_URL": world.system.screen.after("NATS_URL")})
        log, models = await recorded(pool, dead_letters=letters), await rebuilt(pool)
    webhooks = list(webhooks_of(world.platform.posted))
    return History(
        events=log.events,
        webhooks=webhooks,
        calls=list(calls_of(world.line.ledger.shown, webhooks)),
        mails=list(mails_of(world.office.mails)),
        kept=log.kept,
        rest=log.rest,
        rebuilt=models,
        written=list(written([world.system.home / "logs"])),
    )


async def judged(world: World) -> Judgement:
    """Return the verdicts over all that has happened in a world."""
    return judge(await history_of(world), Standards(nonce=NONCE, secrets=SECRETS))


async def assert_sound(world: World) -> None:
    """All invariants hold over all that has happened in a world."""
    found = await judged(world)
    assert found.broken == [], "\n".join(report(found))


def only(history: History, *users: str) -> History:
    """Return what a history tells of some users in their one-to-one chats."""
    streams = {derived_id("line", user, "") for user in users}
    streams |= {derived_id("delivery", stream) for stream in streams}
    heads = history.rest.heads if history.rest else {}
    return replace(
        history,
        events=[each for each in history.events if each.stream in streams],
        webhooks=[each for each in history.webhooks or () if each.chat in users],
        calls=[each for each in history.calls or () if each.chat in users],
        mails=[],
        kept=[each for each in history.kept if each.stream in streams],
        rest=Rest(dead_letters=0, heads={s: n for s, n in heads.items() if s in streams}),
    )


def webhooks_of(posted: list[Posted]) -> Iterator[Webhook]:
    """Yield the events of all bodies that were webhooks; one event may have been sent often."""
    events: dict[str, Json] = {}
    attempts: dict[str, list[Attempt]] = {}
    for each in posted:
        for event in _events(each.body):
            name = str(event.get("webhookEventId") or "")
            events.setdefault(name, event)
            attempts.setdefault(name, []).append(Attempt(each.at, each.status))
    for name, event in events.items():
        if name:
            yield Webhook(event, tuple(attempts[name]))


def mails_of(mails: list[EmailMessage]) -> Iterator[Mail]:
    """Yield what the mail server took; when, nobody asks."""
    for each in mails:
        yield Mail(time(), (str(each["To"]),), str(each["Message-ID"]))


def _events(body: bytes) -> list[Json]:
    with suppress(ValueError, TypeError, KeyError):
        found = json.loads(body)["events"]
        return [each for each in found if isinstance(each, dict)]
    return []


def calls_of(shown: list[Shown], webhooks: list[Webhook]) -> Iterator[Call]:
    """Yield what LINE took; the stand-in names who wrote, also where that was in a group."""
    chats = {each.reply_token: each.chat for each in webhooks if each.reply_token}
    for each in shown:
        if each.kind != "loading":
            yield Call(
                at=each.at,
                call=each.kind,
                accepted=True,
                token=each.proof if each.kind == "reply" else "",
                key=each.proof if each.kind == "push" else "",
                chat=chats.get(each.proof, each.user),
                ids=each.ids,
                messages=each.messages,
            )
