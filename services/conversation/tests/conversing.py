"""The words of the conversation's tests: what users say, what workers answer, what is shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.decider import derived_id
from chassis.decider_testing import Decider, Story, given
from contracts.answer import Answer, Reference
from contracts.conversation import DeadlinePassed, MessageParked, ReplyRequested
from contracts.education import EducationFailed, EducationReady, FailureReason
from contracts.gateway import (
    GroupJoined,
    Limit,
    MessageKind,
    MessageReceived,
    MessageUnsent,
    PostbackReceived,
    Recipient,
    UserFollowed,
)
from contracts.notifier import EmailFailed, EmailFailureReason, EmailSent
from contracts.speech import (
    AudioSynthesized,
    SpeechFailed,
    TranscriptionFailed,
    TranscriptionReady,
)
from contracts.translation import Direction, TranslationFailed, TranslationReady
from services.conversation.domain import INITIAL, decide, evolve, next_input, overdue, wake_at
from services.conversation.domain.pending import Pending
from services.conversation.domain.state import Conversation

CONVERSATION = Decider[Conversation, Pending](
    initial=INITIAL, evolve=evolve, next_input=next_input, decide=decide
)
Tale = Story[Conversation, Pending]
START = datetime(2076, 11, 23, 8, tzinfo=UTC)
"""Long after any run of these tests: the database's own clock must not find a story idle."""
NURSE = Recipient(user="U-nurse")
GROUP = Recipient(user="U-nurse", group="C-ward")
SOURCE = Reference(title="國民健康署", url="https://example.org/hpa")
ANOTHER = Reference(title="疾病管制署", url="https://example.org/cdc")
LEAFLET = "糖尿病是血糖過高的慢性病。"


def after(seconds: float) -> datetime:
    """Return the moment so many seconds into the story."""
    return START + timedelta(seconds=seconds)


def said(
    text: str,
    at: float = 0,
    kind: MessageKind = "text",
    message: str = "",
    recipient: Recipient = NURSE,
    limit: Limit | None = None,
) -> MessageReceived:
    """Return a message of the nurse."""
    return MessageReceived(
        webhook_event_id="w",
        message_id=message,
        kind=kind,
        sent_at=after(at),
        received_at=after(at),
        over_limit=limit,
        recipient=recipient,
        text=text,
        reply_token=f"token-{at}",
    )


def sent(kind: MessageKind) -> MessageReceived:
    """Return a message without words."""
    return said("", kind=kind)


def spoke(message: str = "V1", at: float = 0, **details: Any) -> MessageReceived:
    """Return a voice message of the nurse."""
    return replace(said("", at, "audio", message), **details)


def tapped(data: str, at: float = 0, limit: Limit | None = None) -> PostbackReceived:
    """Return a tap on a button with data."""
    return PostbackReceived(
        webhook_event_id="w",
        sent_at=after(at),
        received_at=after(at),
        over_limit=limit,
        recipient=NURSE,
        data=data,
        reply_token=f"tap-{at}",
    )


def in_group(text: str, at: float = 0) -> MessageReceived:
    """Return a message of the nurse to the bot in a group."""
    return replace(said(text, at), recipient=GROUP)


def joined() -> GroupJoined:
    """Return the bot's being added to a group."""
    where = Recipient(group="C-ward")
    return GroupJoined(
        webhook_event_id="w", sent_at=START, received_at=START, recipient=where, reply_token="join"
    )


def followed() -> UserFollowed:
    """Return the nurse's becoming a friend."""
    return UserFollowed(webhook_event_id="w", sent_at=START, received_at=START, recipient=NURSE)


def unsent(message: str) -> MessageUnsent:
    """Return the nurse's taking a message back."""
    return MessageUnsent(webhook_event_id="w", message_id=message, sent_at=START, received_at=START)


def request_of(turn: int, number: int = 0) -> str:
    """Return the id of the first or a later request that input number `turn` started."""
    return derived_id(f"input-{turn}", "request", str(number))


def leaflet(turn: int, text: str = LEAFLET, *sources: Reference) -> EducationReady:
    """Return what the education service made for a turn."""
    return EducationReady(
        request_id=request_of(turn),
        made_at=START,
        model="m",
        prompt="p",
        text=text,
        references=sources,
    )


def no_leaflet(turn: int, reason: FailureReason = "unavailable") -> EducationFailed:
    """Return the education service's giving up on a turn."""
    return EducationFailed(request_id=request_of(turn), failed_at=START, reason=reason)


def sentence(
    turn: int,
    plain: str,
    translation: str,
    direction: Direction = "from_chinese",
    request: int = 0,
) -> TranslationReady:
    """Return what the translation service made for a turn, of a voice message in request 1."""
    return TranslationReady(
        request_id=request_of(turn, request),
        made_at=START,
        direction=direction,
        model="m",
        prompt="p",
        plain=plain,
        translation=translation,
    )


def no_sentence(
    turn: int, reason: FailureReason = "unavailable", request: int = 0
) -> TranslationFailed:
    """Return the translation service's giving up on a turn."""
    return TranslationFailed(request_id=request_of(turn, request), failed_at=START, reason=reason)


def transcript(turn: int, text: str) -> TranscriptionReady:
    """Return what the speech service heard for a turn."""
    return TranscriptionReady(
        request_id=request_of(turn), made_at=START, model="m", prompt="p", text=text
    )


def no_transcript(turn: int, reason: FailureReason = "unavailable") -> TranscriptionFailed:
    """Return the speech service's giving up on hearing."""
    return TranscriptionFailed(request_id=request_of(turn), failed_at=START, reason=reason)


def audio(
    turn: int, key: str = "tts_audio/s/a.m4a", kept: float = 86_400, length: int = 1_500
) -> AudioSynthesized:
    """Return what the speech service read aloud for a turn, kept for so many seconds."""
    return AudioSynthesized(
        request_id=request_of(turn),
        made_at=START,
        model="m",
        duration_ms=length,
        expires_at=after(kept),
        object_key=key,
    )


def no_audio(turn: int, reason: FailureReason = "unavailable") -> SpeechFailed:
    """Return the speech service's giving up on speaking."""
    return SpeechFailed(request_id=request_of(turn), failed_at=START, reason=reason)


def mailed(turn: int) -> EmailSent:
    """Return the notifier's word that a mail is out."""
    return EmailSent(request_id=request_of(turn), sent_at=START)


def not_mailed(turn: int, reason: EmailFailureReason = "unavailable") -> EmailFailed:
    """Return the notifier's word that a mail is not out, or nobody knows."""
    return EmailFailed(request_id=request_of(turn), failed_at=START, reason=reason)


def silence(turn: int, request: int = 0, at: float = 110) -> DeadlinePassed:
    """Return that nobody answered a turn's request in time."""
    return DeadlinePassed(request_id=request_of(turn, request), passed_at=after(at))


def parked(event_id: str, at: float = 15) -> MessageParked:
    """Return that a message about an event was given up."""
    return MessageParked(event_id=event_id, parked_at=after(at))


def time_passes(story: Tale) -> DeadlinePassed:
    """Return the next thing that happens in a story by itself."""
    at = wake_at(story.state, timedelta(hours=24))
    passed = overdue(story.state, at, timedelta(hours=24)) if at else None
    assert passed is not None, "time changes nothing here"
    return passed


def with_leaflet() -> Tale:
    """Return a story that stands at a leaflet, after four inputs."""
    return given(
        CONVERSATION, said("開始"), said("衛教"), said("糖尿病"), leaflet(3, LEAFLET, SOURCE)
    )


def translating(language: str = "英文") -> Tale:
    """Return a story that is ready to translate, after three inputs."""
    return given(CONVERSATION, said("開始"), said("聊天"), said(language))


def with_sentence() -> Tale:
    """Return a story with a translation, after five inputs."""
    story = translating().when(said("量BP"))
    return story.when(sentence(4, "量血壓", "Check your blood pressure"))


def replies(story: Tale) -> list[ReplyRequested]:
    """Return the answers that the last `when` caused."""
    return [fact for fact in story.facts if isinstance(fact, ReplyRequested)]


def shown(story: Tale) -> Answer:
    """Return the one answer that the last `when` caused."""
    (reply,) = replies(story)
    return reply.answer


def words(answer: Answer) -> list[str]:
    """Return what the choices of an answer say when tapped."""
    return [choice.text for choice in answer.choices]
