"""I3: who is shown an answer is who asked; what was said with a nonce comes back to its speaker."""

import re
from collections.abc import Iterator

from cli.history.judging.findings import Finding, Verdict, blind
from cli.history.judging.log import Log
from cli.history.judging.sends import Send, Sends
from cli.history.records import NO_CALLS, NO_WEBHOOKS, History, Webhook
from contracts.conversation import TranslationRequested


def to_whom_it_is_due(history: History, log: Log, sends: Sends, nonce: str = "") -> Verdict:
    """Judge I3; `nonce` is the pattern of words that stand in one message only."""
    if history.webhooks is None or history.calls is None:
        return blind("I3", NO_WEBHOOKS if history.webhooks is None else NO_CALLS)
    strange = list(_misdirected(sends))
    if not nonce:
        return Verdict("I3", strange, ["no nonce was named: judged by recipients only"])
    return Verdict("I3", [*strange, *_misplaced(_Nonces(history, log, nonce), sends)])


def _misdirected(sends: Sends) -> Iterator[Finding]:
    for send in sends.all:
        webhook = sends.webhook_of(send.turn) if send.turn else None
        if webhook is not None and send.call.chat and send.call.chat != webhook.chat:
            yield _about(send, f"its answer ({send.call.call}) was shown to somebody else")


class _Nonces:
    """Who said which nonce, and in which sentences that are to be translated."""

    def __init__(self, history: History, log: Log, pattern: str) -> None:
        self.pattern = re.compile(pattern)
        self.chats: dict[str, set[str]] = {}
        self.of_event: dict[str, set[str]] = {}
        self.sentences = {f.event.turn for f in log.facts() if f.type == TranslationRequested.NAME}
        for webhook in history.webhooks or ():
            said = self.of_event[webhook.event_id] = set(self.pattern.findall(words_of(webhook)))
            for nonce in said:
                self.chats.setdefault(nonce, set()).add(webhook.chat)

    def is_of_another(self, send: Send) -> bool:
        """Tell whether an answer holds what was said in another chat only."""
        heard = self.pattern.findall(send.call.text)
        return any(send.call.chat not in self.chats.get(each, {send.call.chat}) for each in heard)

    def is_of_another_sentence(self, send: Send) -> bool:
        """Tell whether the translation of one sentence holds another one's nonce."""
        if send.turn is None or send.turn.id not in self.sentences:
            return False
        heard = set(self.pattern.findall(send.call.text))
        own = self.of_event.get(send.turn.webhook_event_id, set())
        return bool(heard) and bool(own) and not own & heard


def _misplaced(nonces: _Nonces, sends: Sends) -> Iterator[Finding]:
    for send in sends.all:
        if not send.call.chat:
            continue  # nobody saw it
        if nonces.is_of_another(send):
            yield _about(send, "an answer holds what somebody else said")
        elif nonces.is_of_another_sentence(send):
            yield _about(send, "its answer is that of another sentence")


def words_of(webhook: Webhook) -> str:
    """Return the text that a webhook event brings."""
    message = webhook.event.get("message")
    return str(message.get("text") or "") if isinstance(message, dict) else ""


def _about(send: Send, what: str) -> Finding:
    turn = send.turn
    return Finding("I3", what, turn.id if turn else "", turn.stream if turn else "")
