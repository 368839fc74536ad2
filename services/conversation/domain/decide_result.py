"""What a worker's result, its failure or its silence causes."""

from dataclasses import replace

from contracts.answer import Answer
from contracts.conversation import ReplyRequested
from services.conversation.domain import wording
from services.conversation.domain.answers import guidance, mode_of
from services.conversation.domain.apologies import apology, can_be_retried
from services.conversation.domain.choices import RETRY
from services.conversation.domain.commands import LONGEST_TEXT
from services.conversation.domain.decide_late import finish
from services.conversation.domain.decide_speech import speaking
from services.conversation.domain.decide_voice import understood
from services.conversation.domain.facts import (
    AnswerHeld,
    Decision,
    InputIgnored,
    QuestionAsked,
    ResultApplied,
    WorkGivenUp,
)
from services.conversation.domain.pending import (
    AudioMade,
    Exported,
    Failure,
    GivenUpReason,
    LeafletMade,
    Made,
    MailSent,
    SentenceMade,
    TranscriptMade,
)
from services.conversation.domain.results import applied, leaflet_of
from services.conversation.domain.state import (
    AwaitingAddress,
    Conversation,
    Interpret,
    MailLeaflet,
    Phase,
    Task,
    Transcribe,
    Translating,
    Work,
)


def on_result(result: Made | Failure, state: Conversation) -> list[Decision]:
    """Answer the turn in hand; a result that nobody waits for is never a second answer."""
    work = state.work
    if work is None or work.request_id != result.request_id:
        return [InputIgnored(reason="late")]
    if isinstance(result, Failure):
        return given_up(work, state, result.reason)
    lacking = _lacking(result)
    if lacking is not None:
        return given_up(work, state, lacking)
    if isinstance(result, TranscriptMade) and isinstance(work.task, Transcribe):
        return understood(result, work, work.task)
    phase = applied(state.phase, work, result)
    if phase is None:
        return given_up(work, state, "malformed")
    shown = finish(work, state, _showing(result, phase, work.task), mode=mode_of(phase))
    return _ended(shown, ResultApplied(request_id=work.request_id))


def given_up(work: Work, state: Conversation, reason: GivenUpReason) -> list[Decision]:
    """Answer the turn in hand with an apology."""
    retriable = can_be_retried(reason, work.task)
    given_up = WorkGivenUp(
        request_id=work.request_id,
        request_event=work.request_event,
        turn_id=work.said.id,
        reason=reason,
        retriable=retriable,
    )
    leaflet = leaflet_of(state.phase)
    if reason == "undeliverable" and leaflet is not None:
        again = guidance(AwaitingAddress(leaflet), apology(reason, work.task))
        asked = finish(work, state, again, mode="education", outcome="apologised")
        return _ended(asked, given_up, QuestionAsked(about="address"))
    answer = guidance(state.phase, apology(reason, work.task), RETRY if retriable else ())
    mode = mode_of(state.phase)
    return _ended(finish(work, state, answer, mode=mode, outcome="apologised"), given_up)


def _ended(shown: AnswerHeld | ReplyRequested, *ends: Decision) -> list[Decision]:
    """Return all facts in the order in which the state can be read from them."""
    return [shown, *ends] if isinstance(shown, AnswerHeld) else [*ends, shown]


def _lacking(result: Made) -> GivenUpReason | None:
    """Tell what makes a result one that nobody can use."""
    match result:
        case LeafletMade(text=text):
            says_something = bool(text.strip())
        case SentenceMade(plain=plain, translation=translation):
            says_something = bool(plain.strip() and translation.strip())
        case TranscriptMade(text=text):
            if len(text) > LONGEST_TEXT:
                return "too_large"
            says_something = bool(text)
        case AudioMade(object_key=object_key, duration_ms=duration_ms):
            says_something = bool(object_key) and duration_ms > 0
        case Exported(object_key=object_key):
            says_something = bool(object_key)
        case MailSent():
            says_something = True
    return None if says_something else "empty"


def _showing(result: Made, phase: Phase, task: Task | None) -> Answer:
    match result, task:
        case LeafletMade(), _:
            leaflet = leaflet_of(phase)
            sources = leaflet.references if leaflet else ()
            notice = wording.LEAFLET_MADE
            return guidance(phase, notice, content=(result.text,), references=sources)
        case SentenceMade(), _:
            content = (*_heard(task), *_both(result, phase))
            return guidance(phase, wording.SENTENCE_MADE, content=content)
        case MailSent(), MailLeaflet(address):
            return guidance(phase, wording.mailed_to(address))
        case Exported(object_key=object_key), _:
            return replace(guidance(phase, wording.EXPORTED), download=object_key)
        case _:
            return speaking(phase)


def _heard(task: Task | None) -> tuple[str, ...]:
    if isinstance(task, Interpret) and task.spoken:
        return (wording.heard(task.text),)
    return ()


def _both(made: SentenceMade, phase: Phase) -> tuple[str, ...]:
    language = phase.language if isinstance(phase, Translating) else ""
    in_words = wording.sentence if made.direction == "from_chinese" else wording.sentence_back
    return in_words(made.plain, made.translation, language)
