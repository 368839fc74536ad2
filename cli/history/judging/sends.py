"""Which answer of the log each send to LINE was: by its retry key, or by whose token it used."""

from collections.abc import Iterator
from dataclasses import dataclass

from cli.history.judging.log import Fact, Log, Turn
from cli.history.records import Call, History, Webhook

LONGEST_TURN_SECONDS = 120.0
"""Nobody is silent for longer: an older message was answered before."""


@dataclass(frozen=True, slots=True)
class Send:
    """An accepted send, what the log knows of it, and its place among all sends."""

    call: Call
    number: int
    reply: Fact | None
    turn: Turn | None

    @property
    def is_end(self) -> bool:
        """Whether it ends its turn: word that the answer takes longer does not."""
        return self.reply is not None and self.reply.fields.final


class Sends:
    """All accepted sends of a history, in the order in which LINE took them."""

    def __init__(self, history: History, log: Log) -> None:
        """Match them with the log."""
        self._log = log
        self._since = history.since or float("-inf")
        self.webhooks = {each.event_id: each for each in history.webhooks or ()}
        self._by_token = {each.reply_token: each for each in history.webhooks or ()}
        accepted = [each for each in history.calls or () if each.accepted]
        in_time = sorted(accepted, key=lambda call: call.at)
        self.all = [self._send(call, number) for number, call in enumerate(in_time)]
        self._of_turn: dict[str, list[Send]] = {}
        for send in self.all:
            if send.turn is not None:
                self._of_turn.setdefault(send.turn.id, []).append(send)

    def witnessed(self, at: float) -> bool:
        """Tell whether what happened at a moment can have been seen from outside."""
        return at >= self._since

    def of(self, turn: Turn) -> list[Send]:
        """Return what was shown for a turn."""
        return self._of_turn.get(turn.id, [])

    def ends_of(self, turn: Turn) -> list[Send]:
        """Return what ended a turn."""
        return [send for send in self.of(turn) if send.is_end]

    def unknown(self) -> Iterator[Send]:
        """Yield the sends that the log knows nothing of, nor a message that nobody saw come."""
        strange = (send for send in self.all if send.reply is None or send.turn is None)
        return (each for each in strange if self.witnessed(each.call.at - LONGEST_TURN_SECONDS))

    def webhook_of(self, turn: Turn) -> Webhook | None:
        """Return the webhook event that opened a turn."""
        return self.webhooks.get(turn.webhook_event_id)

    def _send(self, call: Call, number: int) -> Send:
        reply = self._reply(call)
        turn = self._log.turns.get(reply.fields.turn_id) if reply else None
        return Send(call, number, reply, turn)

    def _reply(self, call: Call) -> Fact | None:
        if call.call == "push":
            return self._log.replies.get(call.key)
        webhook = self._by_token.get(call.token) if call.token else None
        heard = self._log.heard.get(webhook.event_id) if webhook else None
        return self._log.by_token_of(heard.id) if heard else None
