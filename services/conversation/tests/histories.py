"""Random histories of a conversation: anything users, workers and clocks may do, in any order."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from hypothesis import strategies as st

from chassis.decider_testing import given
from contracts.base import Event
from contracts.conversation import (
    EducationRequested,
    EmailRequested,
    SpeechRequested,
    TranscriptionRequested,
    TranslationRequested,
)
from contracts.gateway import MessageReceived, PostbackReceived, UnknownReceived, UserFollowed
from contracts.gateway import UserUnfollowed as Left
from services.conversation.domain import noted_time, overdue
from services.conversation.domain.commands import WORDS
from services.conversation.tests.conversing import (
    CONVERSATION,
    SOURCE,
    START,
    Tale,
    after,
    audio,
    followed,
    leaflet,
    mailed,
    no_audio,
    no_leaflet,
    no_sentence,
    no_transcript,
    not_mailed,
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
TURNS = (MessageReceived, PostbackReceived, UserFollowed)
DAY = timedelta(hours=24)

# Words that lead somewhere come up often enough to get past the first question.
_WORDS = [group[0] for group in WORDS.values()]
_LEADING = [
    *("開始", "衛教", "聊天", "英文", "糖尿病", "修改", "翻譯", "停止", "新對話", "台語"),
    *("朗讀", "寄送", "a@example.com", "b@example.org", "確認寄送", "重試"),
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
    st.builds(tapped, _TEXTS),
    st.builds(followed),
    st.builds(unsent, _MESSAGES),
    st.builds(silence, _TURN, _REQUEST),
    st.builds(mailed, _TURN),
    st.just(Left(webhook_event_id="w", sent_at=START, received_at=START)),
    st.just(UnknownReceived(webhook_event_id="w", received_at=START, event_type="new")),
)
_ANYTHING: st.SearchStrategy[Event] = st.one_of(
    _SAID, _VOICE, _WORDLESS, _SENTENCES, _LEAFLETS, _HEARD, _SPOKEN, _FAILURES, _OTHERS
)


def _hear(event: Event) -> Step:
    return lambda story: story.hear(event)


def _drain(story: Tale) -> None:
    story.drain()


def _decide_one(story: Tale) -> None:
    story.step()


def _flood(story: Tale) -> None:
    """Let more messages arrive than may wait."""
    for number in range(12):
        story.hear(said(f"第{number}句", at=number))


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
        story.hear(said(text, at=60, message="M1"))
        story.drain()


def _speak(story: Tale) -> None:
    """Send a voice message, and let it be written down."""
    story.hear(spoke("M2", at=60))
    _answer_now(story)


def _listen(story: Tale) -> None:
    """Ask for the last translation to be read aloud."""
    story.hear(said("朗讀", at=60))
    story.drain()


def _time_passes(story: Tale) -> None:
    passed = overdue(story.state, after(90_000), DAY)
    if passed is not None:
        story.hear(passed)


def _wake_late(story: Tale) -> None:
    noted = noted_time(story.state, after(300))
    if noted is not None:
        story.hear(noted)


def _is_request(event: Event) -> bool:
    return isinstance(
        event,
        EducationRequested
        | TranslationRequested
        | TranscriptionRequested
        | SpeechRequested
        | EmailRequested,
    )


def _turn_in_hand(story: Tale) -> int | None:
    work = story.state.work
    return int(work.said.id.removeprefix("input-")) if work else None


STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(_hear, _ANYTHING),
    st.builds(_hear, _SAID),
    st.sampled_from(
        [_drain, _drain, _decide_one, _flood, _answer, _answer, _time_passes, _wake_late]
    ),
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
    ]
)


@st.composite
def histories(draw: st.DrawFn) -> Tale:
    """Return a story of random steps that was then left alone until all was decided."""
    story = given(CONVERSATION, *draw(BEGINNINGS))
    for step in draw(st.lists(STEPS, max_size=40)):
        step(story)
    for _ in _until_at_rest(story):
        story.drain()
    return story


def _until_at_rest(story: Tale) -> Iterator[None]:
    yield
    while (turn := _turn_in_hand(story)) is not None:
        story.hear(silence(turn, int(_goes_on(story))))
        yield
