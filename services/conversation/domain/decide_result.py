"""What a worker's result, its failure or its silence causes."""

from contracts.answer import Answer
from services.conversation.domain import wording
from services.conversation.domain.answers import guidance, mode_of, reply
from services.conversation.domain.choices import RETRY
from services.conversation.domain.facts import Decision, InputIgnored, ResultApplied, WorkGivenUp
from services.conversation.domain.pending import Failure, GivenUpReason, LeafletMade, SentenceMade
from services.conversation.domain.results import applied, leaflet_of
from services.conversation.domain.state import Conversation, Phase, Translating, Work

Made = LeafletMade | SentenceMade


def on_result(result: Made | Failure, state: Conversation) -> list[Decision]:
    """Answer the turn in hand; a result that nobody waits for is never a second answer."""
    work = state.work
    if work is None or work.request_id != result.request_id:
        return [InputIgnored(reason="late")]
    if isinstance(result, Failure):
        return _given_up(work, state, result.reason)
    if not _says_something(result):
        return _given_up(work, state, "empty")
    phase = applied(state.phase, work, result)
    if phase is None:
        return _given_up(work, state, "malformed")
    shown = reply(work.said, _showing(result, phase), mode=mode_of(phase))
    return [ResultApplied(request_id=work.request_id), shown]


def _given_up(work: Work, state: Conversation, reason: GivenUpReason) -> list[Decision]:
    given_up = WorkGivenUp(
        request_id=work.request_id,
        request_event=work.request_event,
        turn_id=work.said.id,
        reason=reason,
    )
    answer = guidance(state.phase, wording.apology(reason), RETRY)
    apology = reply(work.said, answer, mode=mode_of(state.phase), outcome="apologised")
    return [given_up, apology]


def _says_something(result: Made) -> bool:
    if isinstance(result, LeafletMade):
        return bool(result.text.strip())
    return bool(result.plain.strip() and result.translation.strip())


def _showing(result: Made, phase: Phase) -> Answer:
    if isinstance(result, LeafletMade):
        leaflet = leaflet_of(phase)
        sources = leaflet.references if leaflet else ()
        notice = wording.LEAFLET_MADE
        return guidance(phase, notice, content=(result.text,), references=sources)
    return guidance(phase, wording.SENTENCE_MADE, content=_both(result, phase))


def _both(made: SentenceMade, phase: Phase) -> tuple[str, ...]:
    language = phase.language if isinstance(phase, Translating) else ""
    in_words = wording.sentence if made.direction == "from_chinese" else wording.sentence_back
    return in_words(made.plain, made.translation, language)
