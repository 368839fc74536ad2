"""Random histories of a conversation: anything users, workers and clocks may do, in any order."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from chassis.decider_testing import given
from contracts.base import Event
from contracts.conversation import (
    DataErased,
    DataExported,
    DataFailed,
    DataRequested,
    EducationRequested,
    EmailRequested,
    SpeechRequested,
    TranscriptionRequested,
    TranslationRequested,
)
from contracts.gateway import (
    GroupJoined,
    MessageReceived,
    PostbackReceived,
    UnknownReceived,
    UserFollowed,
)
from contracts.gateway import UserUnfollowed as Left
from services.conversation.domain import next_input, noted_time, open_turns, overdue, wake_at
from services.conversation.domain.commands import WORDS
from services.conversation.tests.conversing import (
    CONVERSATION,
    NURSE,
    SOURCE,
    START,
    Tale,
    after,
    audio,
    followed,
    in_group,
    joined,
    leaflet,
    mailed,
    no_audio,
    no_leaflet,
    no_sentence,
    no_transcript,
    not_mailed,
    parked,
    request_of,
    said,
    sentence,
    silence,
    spoke,
    tapped,
    transcript,
    unsent,
)

Step = Callable[[Tale], None]
REQUESTS = (
    EducationRequested,
    TranslationRequested,
    TranscriptionRequested,
    SpeechRequested,
    EmailRequested,
    DataRequested,
)
TURNS = (MessageReceived, PostbackReceived, UserFollowed, GroupJoined)
DAY = timedelta(hours=24)


def _exported(turn: int) -> DataExported:
    return DataExported(request_id=request_of(turn), made_at=START, object_key="export/s/o.json")


def _not_served(turn: int) -> DataFailed:
    return DataFailed(
        request_id=request_of(turn), failed_at=START, task="erase", reason="unavailable"
    )


# Words that lead somewhere come up often enough to get past the first question.
_WORDS = [group[0] for group in WORDS.values()]
_LEADING = [
    *("開始", "衛教", "聊天", "英文", "糖尿病", "修改", "翻譯", "停止", "新對話", "台語"),
    *("朗讀", "寄送", "a@example.com", "b@example.org", "確認寄送", "重試"),
    *("看結果", "看結果", "刪除我的資料", "確認刪除", "我的資料"),
]
_TEXTS = st.one_of(
    st.sampled_from(_LEADING), st.sampled_from(_WORDS), st.text(max_size=5), st.just("長" * 5_001)
)
_SECONDS = st.integers(min_value=0, max_value=60)
_TURN = st.integers(min_value=1, max_value=40)
_MESSAGES = st.sampled_from(["", "M1", "M2", "M3"])
_SAID = st.builds(said, _TEXTS, _SECONDS, message=_MESSAGES)
_VOICE = st.builds(
    spoke,
    _MESSAGES,
    _SECONDS,
    duration_ms=st.sampled_from([None, 3_000, 300_001]),
    content_provider=st.sampled_from(["line", "line", "external"]),
)
_LIMITS = st.sampled_from(["user", "all"])
_TOO_MANY = st.builds(said, _TEXTS, _SECONDS, limit=_LIMITS)
_WORDLESS = st.builds(said, st.just(""), _SECONDS, st.sampled_from(["audio", "sticker", "image"]))
_REQUEST = st.integers(min_value=0, max_value=1)
_SENTENCES = st.builds(
    sentence, _TURN, st.sampled_from(["中", ""]), st.just("en"), request=_REQUEST
)
_HEARD = st.builds(transcript, _TURN, st.sampled_from(["痛", "", "長" * 5_001]))
_SPOKEN = st.builds(audio, _TURN, st.sampled_from(["k", ""]), st.sampled_from([0, 700, 86_400]))
_LEAFLETS = st.builds(lambda turn: leaflet(turn, "單張", SOURCE), _TURN)
_REASONS = st.sampled_from(["unavailable", "gone", "empty", "too_large"])
_MAIL_REASONS = st.sampled_from(["unavailable", "undeliverable", "unknown", "off"])
_FAILURES = st.one_of(
    st.builds(no_leaflet, _TURN),
    st.builds(no_sentence, _TURN),
    st.builds(no_transcript, _TURN, _REASONS),
    st.builds(no_audio, _TURN, _REASONS),
    st.builds(not_mailed, _TURN, _MAIL_REASONS),
)
_OTHERS: st.SearchStrategy[Event] = st.one_of(
    st.builds(tapped, _TEXTS, _SECONDS, st.none() | _LIMITS),
    st.builds(lambda turn: tapped(f"result:input-{turn}"), _TURN),
    st.builds(in_group, _TEXTS, _SECONDS),
    st.builds(joined),
    st.builds(followed),
    st.builds(_exported, _TURN),
    st.builds(_not_served, _TURN),
    st.builds(unsent, _MESSAGES),
    st.builds(silence, _TURN, _REQUEST),
    st.builds(mailed, _TURN),
    st.just(Left(webhook_event_id="w", sent_at=START, received_at=START)),
    st.just(UnknownReceived(webhook_event_id="w", received_at=START, event_type="new")),
)
_ANYTHING: st.SearchStrategy[Event] = st.one_of(
    *(_SAID, _VOICE, _TOO_MANY, _WORDLESS, _SENTENCES, _LEAFLETS),
    *(_HEARD, _SPOKEN, _FAILURES, _OTHERS),
)


def _hear(event: Event) -> Step:
    return lambda story: story.hear(_once(event, story))


def _once(event: Event, story: Tale) -> Event:
    """Give what a user says a reply token of its own, as LINE does."""
    if not isinstance(event, TURNS):
        return event
    token = event.reply_token and f"token-{len(story.log)}"
    return replace(event, reply_token=token)


def _drain(story: Tale) -> None:
    story.drain()


def _decide_one(story: Tale) -> None:
    story.step()


def _flood(story: Tale) -> None:
    """Let more messages arrive than may wait."""
    for number in range(12):
        _hear(said(f"第{number}句", at=number))(story)


def _answer(story: Tale) -> None:
    """Let the worker of the request in hand answer."""
    asked = next((event.data for event in reversed(story.log) if _is_request(event.data)), None)
    turn = _turn_in_hand(story)
    if turn is None:
        return
    match asked:
        case TranslationRequested(spoken=spoken):
            story.hear(sentence(turn, "中", "en", request=int(spoken and _goes_on(story))))
        case TranscriptionRequested():
            story.hear(transcript(turn, "痛"))
        case SpeechRequested():
            story.hear(audio(turn))
        case EmailRequested():
            story.hear(mailed(turn))
        case DataRequested():
            story.hear(_exported(turn))
        case _:
            story.hear(leaflet(turn, "單張", SOURCE))


def _goes_on(story: Tale) -> bool:
    """Tell whether the work in hand is the second of its turn."""
    turn, work = _turn_in_hand(story), story.state.work
    return turn is not None and work is not None and work.request_id == request_of(turn, 1)


def _answer_now(story: Tale) -> None:
    """Let the worker of the request in hand answer at once."""
    story.drain()
    _answer(story)
    story.drain()


def _mail(story: Tale) -> None:
    """Ask for a mail, name an address and say yes."""
    for text in ("寄送", "a@example.com", "確認寄送"):
        _hear(said(text, at=60, message="M1"))(story)
        story.drain()


def _speak(story: Tale) -> None:
    """Send a voice message, and let it be written down."""
    _hear(spoke("M2", at=60))(story)
    _answer_now(story)


def _listen(story: Tale) -> None:
    """Ask for the last translation to be read aloud."""
    _hear(said("朗讀", at=60))(story)
    story.drain()


def _ask_for_erasure(story: Tale) -> None:
    """Ask for all data to be destroyed, and say so again."""
    for text in ("刪除我的資料", "確認刪除"):
        _hear(said(text, at=60))(story)
        story.drain()


def _time_passes(story: Tale) -> None:
    """Let the next thing happen that time brings about by itself, when it is due."""
    at = wake_at(story.state, DAY)
    passed = overdue(story.state, at, DAY) if at else None
    if passed is not None:
        story.hear(passed)


def _nobody_looks(story: Tale) -> None:
    """Let a day pass before anybody looks at the conversation."""
    passed = overdue(story.state, after(90_000), DAY)
    if passed is not None:
        story.hear(passed)


def _tap_for_it(story: Tale) -> None:
    turn = _turn_in_hand(story) or _turn_held(story)
    if turn is not None:
        _hear(tapped(f"result:input-{turn}", at=50))(story)


def _erase(story: Tale) -> None:
    """Let all data be destroyed, as the worker does it: with what is still owed."""
    turn = _turn_in_hand(story)
    turns = open_turns(story.state)
    asked = request_of(turn or 0)
    story.hear(DataErased(request_id=asked, erased_at=START, recipient=NURSE, turns=turns))


def _park_the_request(story: Tale) -> None:
    """Let the request in hand be given up by its worker."""
    if story.state.work is not None and story.state.work.request_event:
        story.hear(parked(story.state.work.request_event))


def _park_an_input(story: Tale) -> None:
    """Let the next input be one that cannot be decided."""
    stuck = next_input(story.state)
    if stuck is not None:
        story.hear(parked(stuck.id))


def _wake_late(story: Tale) -> None:
    noted = noted_time(story.state, after(300))
    if noted is not None:
        story.hear(noted)


def _is_request(event: Event) -> bool:
    return isinstance(event, REQUESTS)


def _turn_in_hand(story: Tale) -> int | None:
    work = story.state.work
    return int(work.said.id.removeprefix("input-")) if work else None


def _turn_held(story: Tale) -> int | None:
    held = story.state.held
    return int(held.said.id.removeprefix("input-")) if held else None


_USUAL: list[Step] = [
    *(_drain, _drain, _decide_one, _flood, _answer, _answer, _ask_for_erasure, _erase),
    *(_time_passes, _time_passes, _time_passes, _nobody_looks, _wake_late, _tap_for_it),
    *(_park_the_request, _park_an_input),
]
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(_hear, _ANYTHING),
    st.builds(_hear, _SAID),
    st.sampled_from(_USUAL),
    st.sampled_from([_answer_now, _answer_now, _answer_now, _mail, _speak, _listen, _listen]),
)
_AT_A_LEAFLET = (*map(said, ("開始", "衛教", "糖尿病")), leaflet(3, "單張", SOURCE))
_AT_A_SENTENCE = (*map(said, ("開始", "聊天", "台語", "痛")), sentence(4, "痛", "thiànn"))
_MAILING = (*_AT_A_LEAFLET, *map(said, ("寄送", "a@example.com", "好")))
_READ_ALOUD = (*_AT_A_SENTENCE, said("朗讀"), audio(6, kept=700))
BEGINNINGS: st.SearchStrategy[tuple[Event, ...]] = st.sampled_from(
    [
        (),
        _AT_A_LEAFLET[:3],
        _AT_A_LEAFLET,
        _MAILING[:-1],
        _MAILING,
        _AT_A_SENTENCE[:3],
        _AT_A_SENTENCE,
        _READ_ALOUD,
        (*map(said, ("開始", "聊天", "英文", "痛")),),
        (said("我的資料"),),
    ]
)


@st.composite
def histories(draw: st.DrawFn) -> Tale:
    """Return a story of random steps that was then left alone until all was decided."""
    story = given(CONVERSATION)
    for event in draw(BEGINNINGS):
        _hear(event)(story)
        story.drain()
    for step in draw(st.lists(STEPS, max_size=40)):
        step(story)
    for _ in _until_at_rest(story):
        story.drain()
    return story


def _until_at_rest(story: Tale) -> Iterator[None]:
    yield
    while story.state.work is not None or story.state.held is not None:
        _time_passes(story)
        yield
