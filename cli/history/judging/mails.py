"""I10: at most one mail a request, as the log says, and no more than the caps in any day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cli.history.judging.findings import Finding, Verdict, blind
from cli.history.judging.log import Fact, Log
from cli.history.records import History, Mail
from contracts.conversation import EmailRequested
from contracts.notifier import EmailSent

DAY_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Caps:
    """How many mails may go out in a day: of one user, to one address, in all; 0 is no limit."""

    user: int = 10
    address: int = 5
    everybody: int = 400


USUAL_CAPS = Caps()
"""Those of a notifier that was told nothing."""


def one_a_request(history: History, log: Log, caps: Caps) -> Verdict:
    """Judge I10."""
    if history.mails is None:
        return blind("I10", "no mails were recorded")
    asked = {f.fields.request_id: f for f in log.facts() if f.type == EmailRequested.NAME}
    mails = [(each, asked.get(_request_of(each))) for each in history.mails]
    unsent = _unsent(log, mails, history.since)
    found = [*_strange(mails), *_doubled(mails), *unsent, *_over(mails, caps)]
    return Verdict("I10", found)


def _request_of(mail: Mail) -> str:
    """Return the request that a mail was sent for: its Message-ID begins with it."""
    return mail.message_id.strip().strip("<>").partition("@")[0]


_Mails = list[tuple[Mail, Fact | None]]


def _strange(mails: _Mails) -> Iterator[Finding]:
    for mail, asked in mails:
        if asked is None:
            yield Finding("I10", f"a mail at {mail.at:.3f} was sent that nobody asked for")


def _doubled(mails: _Mails) -> Iterator[Finding]:
    seen: set[str] = set()
    for _, asked in mails:
        if asked is not None and asked.id in seen:
            yield _about(asked, "its mail was sent twice")
        elif asked is not None:
            seen.add(asked.id)


def _unsent(log: Log, mails: _Mails, since: float) -> Iterator[Finding]:
    taken = {asked.id for _, asked in mails if asked is not None}
    for fact in log.facts():
        witnessed = fact.type == EmailSent.NAME and fact.event.at >= since
        if witnessed and fact.event.cause not in taken:
            yield _about(fact, "its mail is on record as sent, and no server took it")


def _over(mails: _Mails, caps: Caps) -> Iterator[Finding]:
    users: dict[str, list[float]] = {}
    addresses: dict[str, list[float]] = {}
    for mail, asked in mails:
        users.setdefault(asked.event.stream if asked else "", []).append(mail.at)
        for address in mail.to:
            addresses.setdefault(address.casefold(), []).append(mail.at)
    yield from _too_many(users, caps.user, "of one user")
    yield from _too_many(addresses, caps.address, "to one address")
    yield from _too_many({"": [mail.at for mail, _ in mails]}, caps.everybody, "in all")


def _too_many(sent: Mapping[str, list[float]], cap: int, which: str) -> Iterator[Finding]:
    for times in sent.values():
        in_order = sorted(times)
        beyond = zip(in_order, in_order[cap:], strict=False)
        if cap and any(later - earlier < DAY_SECONDS for earlier, later in beyond):
            yield Finding("I10", f"more than {cap} mails {which} in a day")


def _about(fact: Fact, what: str) -> Finding:
    return Finding("I10", what, fact.event.turn or "", fact.event.stream)
