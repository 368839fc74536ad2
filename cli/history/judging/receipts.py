"""I2: whatever is shown or stands on record was led to by something that LINE sent."""

from collections.abc import Iterator
from datetime import UTC, datetime

from cli.history.judging.findings import Finding, Verdict, blind
from cli.history.judging.log import Fact, Log
from cli.history.judging.sends import Sends
from cli.history.records import NO_CALLS, NO_WEBHOOKS, History, Webhook
from contracts.gateway import UnknownReceived

NAMELESS = "sha256-"
"""So the gateway's own names begin, for events to which LINE gave none."""


def nothing_unasked(history: History, log: Log, sends: Sends) -> Verdict:
    """Judge I2."""
    if history.webhooks is None:
        return blind("I2", NO_WEBHOOKS)
    lacking = [NO_CALLS] if history.calls is None else []
    return Verdict("I2", [*_unasked(sends), *_unreceived(log, sends)], lacking)


def _unasked(sends: Sends) -> Iterator[Finding]:
    for send in sends.unknown():
        by = f"retry key {send.call.key}" if send.call.call == "push" else "a reply token"
        yield Finding("I2", f"a {send.call.call} was shown that the log knows nothing of ({by})")


def _unreceived(log: Log, sends: Sends) -> Iterator[Finding]:
    for event_id, fact in log.heard.items():
        if event_id.startswith(NAMELESS):
            continue
        webhook = sends.webhooks.get(event_id)
        what = "LINE never sent it" if webhook is None else _altered(webhook, fact)
        if what and sends.witnessed(fact.event.at):
            turn = fact.id if fact.id in log.turns else ""
            yield Finding("I2", f"{event_id} is on record, and {what}", turn, fact.event.stream)


def _altered(webhook: Webhook, fact: Fact) -> str:
    """Tell what of a record is not as LINE sent it; what is unknown may look like anything."""
    if fact.type == UnknownReceived.NAME:
        return ""
    wrong = [] if _is_when_sent(webhook, fact) else ["time"]
    message = webhook.event.get("message")
    if isinstance(message, dict) and webhook.event.get("type") == "message":
        wrong += ["id"] if str(message.get("id")) != fact.fields.message_id else []
        wrong += ["kind"] if message.get("type") != fact.fields.kind else []
    return f"its {' and '.join(wrong)} is not what LINE sent" if wrong else ""


def _is_when_sent(webhook: Webhook, fact: Fact) -> bool:
    """Tell whether the time is LINE's; a missing or absurd one becomes that of receipt."""
    timestamp, sent_at = webhook.event.get("timestamp"), fact.fields.sent_at
    if sent_at is None or sent_at == fact.fields.received_at or not isinstance(timestamp, int):
        return True
    return round((sent_at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000) == timestamp
