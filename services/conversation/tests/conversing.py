"""The words of the conversation's tests: what users say, what workers answer, what is shown."""

from datetime import UTC, datetime, timedelta

from chassis.decider import derived_id
from chassis.decider_testing import Decider, Story, given
from contracts.answer import Answer, Reference
from contracts.conversation import DeadlinePassed, ReplyRequested
from contracts.education import EducationFailed, EducationReady, FailureReason
from contracts.gateway import (
    MessageKind,
    MessageReceived,
    MessageUnsent,
    PostbackReceived,
    Recipient,
    UserFollowed,
)
from contracts.translation import Direction, TranslationFailed, TranslationReady
from services.conversation.domain import INITIAL, decide, evolve, next_input
from services.conversation.domain.pending import Pending
from services.conversation.domain.state import Conversation

CONVERSATION = Decider[Conversation, Pending](
    initial=INITIAL, evolve=evolve, next_input=next_input, decide=decide
)
Tale = Story[Conversation, Pending]
START = datetime(2026, 11, 23, 8, tzinfo=UTC)
NURSE = Recipient(user="U-nurse")
SOURCE = Reference(title="國民健康署", url="https://example.org/hpa")
ANOTHER = Reference(title="疾病管制署", url="https://example.org/cdc")
LEAFLET = "糖尿病是血糖過高的慢性病。"


def after(seconds: float) -> datetime:
    """Return the moment so many seconds into the story."""
    return START + timedelta(seconds=seconds)


def said(
    text: str, at: float = 0, kind: MessageKind = "text", message: str = ""
) -> MessageReceived:
    """Return a message of the nurse."""
    return MessageReceived(
        webhook_event_id="w",
        message_id=message,
        kind=kind,
        sent_at=after(at),
        received_at=after(at),
        recipient=NURSE,
        text=text,
        reply_token=f"token-{at}",
    )


def sent(kind: MessageKind) -> MessageReceived:
    """Return a message without words."""
    return said("", kind=kind)


def tapped(data: str) -> PostbackReceived:
    """Return a tap on a button with data."""
    return PostbackReceived(
        webhook_event_id="w", sent_at=START, received_at=START, recipient=NURSE, data=data
    )


def followed() -> UserFollowed:
    """Return the nurse's becoming a friend."""
    return UserFollowed(webhook_event_id="w", sent_at=START, received_at=START, recipient=NURSE)


def unsent(message: str) -> MessageUnsent:
    """Return the nurse's taking a message back."""
    return MessageUnsent(webhook_event_id="w", message_id=message, sent_at=START, received_at=START)


def request_of(turn: int) -> str:
    """Return the id of the request that input number `turn` started."""
    return derived_id(f"input-{turn}", "request", "0")


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
    turn: int, plain: str, translation: str, direction: Direction = "from_chinese"
) -> TranslationReady:
    """Return what the translation service made for a turn."""
    return TranslationReady(
        request_id=request_of(turn),
        made_at=START,
        direction=direction,
        model="m",
        prompt="p",
        plain=plain,
        translation=translation,
    )


def no_sentence(turn: int, reason: FailureReason = "unavailable") -> TranslationFailed:
    """Return the translation service's giving up on a turn."""
    return TranslationFailed(request_id=request_of(turn), failed_at=START, reason=reason)


def silence(turn: int) -> DeadlinePassed:
    """Return that nobody answered a turn's request in time."""
    return DeadlinePassed(request_id=request_of(turn), passed_at=after(110))


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
