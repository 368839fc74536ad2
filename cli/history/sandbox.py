"""What the sandbox remembers, as records: from its journal, or from its routes while it runs."""

import base64
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.policy import default as policy
from pathlib import Path
from time import time
from typing import Any, cast

import httpx

from chassis.errors import StartupRefused
from cli.history.records import Attempt, Call, Covers, Json, Mail, Record, Source, Webhook
from sandbox.journal import Journal

ALL: tuple[Source, ...] = ("webhooks", "calls", "mails")
SENDS = frozenset({"reply", "push"})


async def journalled(home: Path) -> list[Record]:
    """Return all that the journal in a folder still holds; its oldest part may have gone."""
    journal = Journal(home)
    try:
        return [*_folded(await journal.load())]
    finally:
        await journal.close()


async def remembered(url: str) -> list[Record]:
    """Return all that a running sandbox remembers: its last 20,000 rows, its last 200 mails."""
    try:
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            ledger: Json = (await http.get("/sandbox/ledger")).raise_for_status().json()
            mails: Json = (await http.get("/sandbox/mails")).raise_for_status().json()
    except httpx.HTTPError as error:
        kind = type(error).__name__
        raise StartupRefused(f"No sandbox answers at {url} ({kind}).") from error
    return [
        Covers(ALL, min((float(each["time"]) for each in ledger["webhooks"]), default=time())),
        *(Webhook(each["event"], _attempts(each["attempts"])) for each in ledger["webhooks"]),
        *(_call(row) for row in ledger["rows"] if row["call"] in SENDS),
        *(_shown_mail(each) for each in mails["mails"]),
    ]


def _folded(entries: Iterable[Any]) -> Iterator[Record]:
    events: dict[int, Json] = {}
    attempts: dict[int, list[Json]] = {}
    began: list[float] = []
    for entry in entries:
        match entry.get("kind"):
            case "webhook":
                events[entry["number"]] = entry["event"]
                began.append(float(entry["time"]))
            case "acknowledged":
                attempts.setdefault(entry["number"], []).append(entry)
            case "mail":
                yield _raw_mail(entry)
            case _ if entry.get("call") in SENDS:
                yield _call(entry)
            case _:
                pass
    yield Covers(ALL, min(began, default=time()))
    for number, event in events.items():
        yield Webhook(event, _attempts(attempts.get(number, [])))


def _attempts(rows: Iterable[Json]) -> tuple[Attempt, ...]:
    return tuple(Attempt(float(row["time"]), row["status"]) for row in rows)


def _call(row: Json) -> Call:
    receipts = cast("list[Json]", row.get("sent") or [])
    delivered = row.get("delivered", True)
    return Call(
        at=float(row["time"]),
        call=row["call"],
        accepted=row["kind"] in SENDS,
        status=row["status"],
        token=str(row.get("reply_token") or ""),
        key=str(row.get("retry_key") or ""),
        chat=str(row.get("chat") or "") if delivered else "",
        ids=tuple(str(each["id"]) for each in receipts),
        messages=tuple(row["messages"]),
    )


def _raw_mail(row: Json) -> Mail:
    mail = message_from_bytes(base64.b64decode(row["raw"]), policy=policy)
    return Mail(float(row["time"]), tuple(row["to"]), str(mail.get("Message-ID", "")))


def _shown_mail(row: Json) -> Mail:
    headers = {str(name).lower(): str(value) for name, value in row["headers"]}
    return Mail(float(row["time"]), tuple(row["to"]), headers.get("message-id", ""))
