"""Small histories by hand: who wrote what, what the log made of it, what LINE took."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.decider import derived_id
from cli.history.records import Attempt, Call, History, Json, LoggedEvent, Rest, Webhook
from cli.history.tests.runs import logged
from contracts.base import CloudEvent, Event
from contracts.conversation import ReplyRequested, TranslationRequested
from contracts.gateway import Limit, MessageReceived, UserUnfollowed
from contracts.notifier import ReplyDelivered
from services.conversation.domain.facts import InputIgnored, SlowedDown

START = datetime(2026, 11, 24, 8, tzinfo=UTC)


def at(seconds: float) -> float:
    """Return a moment of the run."""
    return (START + timedelta(seconds=seconds)).timestamp()


@dataclass
class Run:
    """A run that is told step by step."""

    events: list[LoggedEvent] = field(default_factory=list[LoggedEvent])
    webhooks: list[Webhook] = field(default_factory=list[Webhook])
    calls: list[Call] = field(default_factory=list[Call])

    def history(self) -> History:
        """Return all that was told."""
        heads: dict[str, int] = {}
        for event in self.events:
            heads[event.stream] = max(heads.get(event.stream, 0), event.version)
        rest = Rest(dead_letters=0, heads=heads)
        return History(
            events=self.events, webhooks=self.webhooks, calls=self.calls, mails=[], rest=rest
        )

    def says(self, user: str, text: str, seconds: float, *, limit: Limit | None = None) -> str:
        """Let a user write and the bot record it; return the turn."""
        number = len(self.webhooks)
        self.sends(_message(user, text, number, seconds), seconds)
        moment = START + timedelta(seconds=seconds)
        heard = MessageReceived(
            webhook_event_id=f"W{number}",
            message_id=f"M{number}",
            kind="text",
            sent_at=moment,
            received_at=moment,
            over_limit=limit,
        )
        return self.records(stream_of(user), heard, seconds)

    def sends(self, event: Json, seconds: float) -> None:
        """Let LINE send something that the bot acknowledges."""
        self.webhooks.append(Webhook(event, (Attempt(at(seconds), 200),)))

    def leaves(self, user: str, seconds: float) -> None:
        """Let a user block the bot."""
        number = len(self.webhooks)
        event = _message(user, "", number, seconds) | {"type": "unfollow", "message": None}
        self.sends(event, seconds)
        moment = START + timedelta(seconds=seconds)
        left = UserUnfollowed(webhook_event_id=f"W{number}", sent_at=moment, received_at=moment)
        self.records(stream_of(user), left, seconds)

    def interprets(self, turn: str, seconds: float) -> None:
        """Let a sentence be put into another language."""
        asked = TranslationRequested(request_id=turn, answer_by=START)
        self.records(self._stream(turn), asked, seconds, cause=turn, turn=turn)

    def slows(self, turn: str, seconds: float) -> None:
        """Let a user be told that these are too many messages."""
        self.records(self._stream(turn), SlowedDown(), seconds, cause=turn, turn=turn)

    def ignores(self, turn: str, seconds: float) -> None:
        """Let a message be ignored, for its user was told just now."""
        ignored = InputIgnored(reason="over_limit")
        self.records(self._stream(turn), ignored, seconds, cause=turn, turn=turn)

    def decides(self, turn: str, seconds: float) -> str:
        """Let an answer be decided; return its event."""
        reply = ReplyRequested(
            reply_id=derived_id(turn, "reply"),
            turn_id=turn,
            outcome="answered",
            mode="none",
            asked_at=START,
            token_good_until=START,
        )
        return self.records(self._stream(turn), reply, seconds, cause=turn, turn=turn)

    def shows(
        self, turn: str, reply: str, text: str, seconds: float, to: str | None = None
    ) -> None:
        """Let LINE take the answer, and the bot record that."""
        webhook = self.webhooks[self._number(turn)]
        call = Call(
            at=at(seconds),
            call="reply",
            accepted=True,
            token=webhook.reply_token,
            chat=webhook.chat if to is None else to,
            messages=({"type": "text", "text": text},),
        )
        self.calls.append(call)
        delivered = ReplyDelivered(
            reply_id=derived_id(turn, "reply"),
            turn_id=turn,
            channel="reply",
            delivered_at=START,
        )
        stream = derived_id("delivery", self._stream(turn))
        self.records(stream, delivered, seconds, cause=reply, turn=turn)

    def answers(self, turn: str, text: str, seconds: float) -> None:
        """Let a turn be answered as it should be."""
        self.shows(turn, self.decides(turn, seconds), text, seconds)

    def records(
        self,
        stream: str,
        fact: Event,
        seconds: float,
        *,
        cause: str | None = None,
        turn: str | None = None,
    ) -> str:
        """Append an event to a stream; return its id."""
        name = str(UUID(int=len(self.events) + 1))
        event = CloudEvent(
            id=name,
            type=fact.NAME,
            source="/made",
            time=START,
            stream=stream,
            version=sum(each.stream == stream for each in self.events) + 1,
            data=fact,
            cause=cause,
            turn=turn,
        )
        self.events.append(logged(event, at(seconds)))
        return name

    def _stream(self, turn: str) -> str:
        return next(event.stream for event in self.events if event.id == turn)

    def _number(self, turn: str) -> int:
        names = [each.event_id for each in self.webhooks]
        (heard,) = (event for event in self.events if event.id == turn)
        return next(number for number, name in enumerate(names) if f'"{name}"' in heard.data)


def stream_of(user: str) -> str:
    """Return the conversation of a user."""
    return derived_id("line", user, "")


def _message(user: str, text: str, number: int, seconds: float) -> Json:
    return {
        "webhookEventId": f"W{number}",
        "type": "message",
        "timestamp": round(at(seconds) * 1_000),
        "source": {"type": "user", "userId": user},
        "replyToken": f"token-{number}",
        "message": {"id": f"M{number}", "type": "text", "text": text},
    }
