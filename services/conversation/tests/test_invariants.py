"""What holds in every history, however users, workers and clocks interleave."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby, pairwise
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.base import CloudEvent, Event
from contracts.conversation import (
    DataErased,
    DataExported,
    DataFailed,
    DataRequested,
    DeadlinePassed,
    EmailRequested,
    MessageParked,
    ReplyRequested,
    SpeechRequested,
    WorkStarted,
)
from contracts.education import EducationFailed, EducationReady
from contracts.notifier import EmailFailed, EmailSent
from contracts.speech import (
    AudioSynthesized,
    SpeechFailed,
    TranscriptionFailed,
    TranscriptionReady,
)
from contracts.translation import TranslationFailed, TranslationReady
from services.conversation.domain import (
    INITIAL,
    INPUTS,
    decide,
    decode_state,
    encode_state,
    evolve,
    is_at_rest,
    next_input,
    wording,
)
from services.conversation.domain.decide_speech import HEARD_WITHIN
from services.conversation.domain.facts import (
    InputAbandoned,
    InputIgnored,
    RequestCancelled,
    ResultApplied,
    TimeNoted,
    TokenLent,
    WorkGivenUp,
)
from services.conversation.domain.mailbox import given_by
from services.conversation.domain.pending import Said
from services.conversation.domain.schedule import is_interrupting
from services.conversation.domain.state import Conversation, ServeData, Translating
from services.conversation.tests.conversing import Tale
from services.conversation.tests.histories import REQUESTS, TURNS, histories

Log = list[CloudEvent[Event]]
RESULTS = (
    EducationReady,
    EducationFailed,
    TranslationReady,
    TranslationFailed,
    TranscriptionReady,
    TranscriptionFailed,
    AudioSynthesized,
    SpeechFailed,
    EmailSent,
    EmailFailed,
    DataExported,
    DataFailed,
    DeadlinePassed,
)
ENDS = (ResultApplied, WorkGivenUp, RequestCancelled)
often = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _turns(story: Tale) -> list[str]:
    """Those that are owed an answer: not who lent a token, nor who was told just now."""
    unowed = {event.cause for event in story.log if _asks_for_no_answer(event.data)}
    turns = [event.id for event in story.log if isinstance(event.data, TURNS)]
    return [turn for turn in turns if turn not in unowed]


def _asks_for_no_answer(fact: Event) -> bool:
    quiet = isinstance(fact, InputIgnored) and fact.reason == "over_limit"
    return quiet or isinstance(fact, TokenLent)


def _replies(story: Tale) -> list[tuple[int, ReplyRequested]]:
    return [(e.version, e.data) for e in story.log if isinstance(e.data, ReplyRequested)]


def _answers(story: Tale) -> list[tuple[int, ReplyRequested]]:
    return [(version, reply) for version, reply in _replies(story) if reply.final]


def _fold(log: Log, state: Conversation = INITIAL) -> Conversation:
    for event in log:
        state = evolve(state, event)
    return state


@often
@given(histories())
def test_every_turn_gets_exactly_one_answer_and_nobody_else_gets_one(story: Tale):
    answered = Counter(reply.turn_id for _, reply in _answers(story))
    assert answered == Counter(_turns(story))
    assert len({reply.reply_id for _, reply in _answers(story)}) == len(answered)


@often
@given(histories())
def test_no_reply_token_is_used_twice_and_word_of_the_work_needs_one(story: Tale):
    used = Counter(reply.reply_token for _, reply in _replies(story) if reply.reply_token)
    assert [token for token, times in used.items() if times > 1] == []
    words = [reply for _, reply in _replies(story) if not reply.final]
    assert all(word.reply_token for word in words)
    assert len({word.reply_id for word in words}) == len(words)


@often
@given(histories())
def test_word_of_the_work_comes_before_its_answer(story: Tale):
    answered = {reply.turn_id: version for version, reply in _answers(story)}
    words = [(version, reply) for version, reply in _replies(story) if not reply.final]
    assert all(version < answered[word.turn_id] for version, word in words)


@often
@given(histories())
def test_every_input_is_consumed_and_the_mailbox_is_empty_in_the_end(story: Tale):
    assert is_at_rest(story.state)
    # A turn that was cancelled by another one is consumed by its own answer.
    consumed = {event.cause for event in story.log} | {r.turn_id for _, r in _answers(story)}
    consumed |= _abandoned(story)
    # What an erasure destroyed is not decided any more; its turns are among the answered.
    erased = max((e.version for e in story.log if isinstance(e.data, DataErased)), default=0)
    inputs = [e.id for e in story.log[erased:] if isinstance(e.data, INPUTS)]
    assert [name for name in inputs if name not in consumed] == []


@often
@given(histories())
def test_never_more_than_one_request_is_in_hand(story: Tale):
    in_hand: str | None = None
    for event in story.log:
        if isinstance(event.data, REQUESTS):
            assert in_hand is None
            in_hand = event.data.request_id
        elif isinstance(event.data, ENDS):
            assert event.data.request_id == in_hand
            in_hand = None
        elif isinstance(event.data, DataErased):
            in_hand = None
    assert in_hand is None


@often
@given(histories())
def test_a_request_ends_by_its_own_result_only(story: Tale):
    by_id = {event.id: event.data for event in story.log}
    for event in story.log:
        if isinstance(event.data, ResultApplied | WorkGivenUp):
            result = by_id[event.cause or ""]
            if isinstance(result, MessageParked):
                # Of the request itself, or of the result that could not be applied.
                result = by_id[result.event_id]
            assert isinstance(result, RESULTS + REQUESTS)
            assert result.request_id == event.data.request_id


@often
@given(histories())
def test_messages_that_waited_are_answered_in_the_order_of_sending(story: Tale):
    first_fact = {event.cause: event.version for event in reversed(story.log)}
    answered = {reply.turn_id: version for version, reply in _answers(story)}
    waited = sorted(_patient(story), key=lambda said: said.place)
    for earlier, later in pairwise(waited):
        met = max(earlier.arrival, later.arrival) < min(
            first_fact.get(earlier.id, answered[earlier.id]),
            first_fact.get(later.id, answered[later.id]),
        )
        assert not met or answered[earlier.id] < answered[later.id]


def _patient(story: Tale) -> list[Said]:
    """Those who waited for their decision and got one, neither pushing in nor turned away."""
    owed = set(_turns(story))
    away = {reply.turn_id for _, reply in _answers(story) if _is_turned_away(reply)}
    given_to = [given[0] for event in story.log if (given := given_by(event)) is not None]
    return [
        pending
        for pending in given_to
        if isinstance(pending, Said)
        and pending.id in owed - away - _destroyed(story) - _abandoned(story)
        and pending.over_limit is None
        and not is_interrupting(pending)
    ]


def _destroyed(story: Tale) -> set[str]:
    """Those whose words were gone before they were decided: answered all at once."""
    erased = [event.data for event in story.log if isinstance(event.data, DataErased)]
    return {turn.turn_id for each in erased for turn in each.turns}


def _abandoned(story: Tale) -> set[str]:
    """Those that could not be decided."""
    return {e.data.input_id for e in story.log if isinstance(e.data, InputAbandoned)}


def _is_turned_away(reply: ReplyRequested) -> bool:
    return reply.answer.main.startswith(wording.TURNED_AWAY)


@often
@given(histories())
def test_nothing_is_erased_that_was_not_asked_for_twice(story: Tale):
    began = INITIAL
    for before, event in _with_states(story):
        if isinstance(event.data, WorkStarted):
            began = before
        if isinstance(event.data, DataRequested) and event.data.task == "erase":
            failed = began.failed.task if began.failed else None
            assert began.asks_erasure or failed == ServeData("erase")


@often
@given(histories())
def test_no_id_is_given_twice(story: Tale):
    names = [event.id for event in story.log]
    assert len(set(names)) == len(names)


@often
@given(histories())
def test_deciding_again_gives_the_same_facts(story: Tale):
    state = INITIAL
    for cause, group in groupby(story.log, key=lambda event: event.cause):
        events = list(group)
        if cause is not None:
            pending = next(each for each in state.mailbox if each.id == cause)
            assert decide(pending, state) == [event.data for event in events]
        state = _fold(events, state)
    assert state == story.state


@often
@given(histories(), st.integers(min_value=0, max_value=200))
def test_a_snapshot_and_the_tail_give_the_same_state_as_the_whole(story: Tale, cut: int):
    snapshot = decode_state(encode_state(_fold(story.log[:cut])))
    assert _fold(story.log[cut:], snapshot) == story.state


@often
@given(histories(), st.randoms(use_true_random=False))
def test_a_damaged_log_still_reads_and_decides(story: Tale, chance: Random):
    damaged = [event for event in story.log if chance.random() < 0.8]
    chance.shuffle(damaged)
    state = INITIAL
    for event in damaged:
        state = evolve(state, event)
        pending = next_input(state)
        assert pending is None or len(decide(pending, state)) > 0


@often
@given(histories())
def test_time_only_moves_forward(story: Tale):
    state, seen = INITIAL, INITIAL.now
    for event in story.log:
        state = evolve(state, event)
        assert state.now >= seen
        assert not isinstance(event.data, TimeNoted) or state.now >= event.data.noted_at
        seen = state.now


@often
@given(histories())
def test_the_deadline_of_a_turn_never_moves(story: Tale):
    started = [event.data for event in story.log if isinstance(event.data, WorkStarted)]
    deadlines = {work.turn_id: work.answer_by for work in started}
    assert [work for work in started if work.answer_by != deadlines[work.turn_id]] == []


@often
@given(histories())
def test_mail_goes_only_to_addresses_that_were_confirmed(story: Tale):
    for before, event in _with_states(story):
        if isinstance(event.data, EmailRequested):
            assert event.data.address in {contact.address for contact in before.confirmed}


@often
@given(histories())
def test_nothing_is_read_aloud_twice_while_its_audio_is_kept(story: Tale):
    for before, event in _with_states(story):
        if isinstance(event.data, SpeechRequested):
            assert isinstance(before.phase, Translating)
            assert before.phase.last is not None
            spoken = before.phase.last.spoken
            kept_until = spoken.expires_at if spoken else before.now
            assert kept_until is not None
            assert kept_until <= before.now + HEARD_WITHIN


@often
@given(histories())
def test_audio_is_shown_only_of_the_sentence_at_hand(story: Tale):
    for before, event in _with_states(story):
        if isinstance(event.data, ReplyRequested) and event.data.answer.audio is not None:
            assert isinstance(before.phase, Translating)
            assert before.phase.last is not None
            assert before.phase.last.spoken is not None
            assert before.phase.last.spoken.audio == event.data.answer.audio


def _with_states(story: Tale) -> Iterator[tuple[Conversation, CloudEvent[Event]]]:
    """Yield each event with the state before it."""
    state = INITIAL
    for event in story.log:
        yield state, event
        state = evolve(state, event)
