"""What users see keeps LINE's limits, and every choice can be typed."""

import pytest

from contracts.answer import Choice
from services.conversation.domain import answers, apologies, choices, commands, wording
from services.conversation.domain.languages import parse_language
from services.conversation.domain.pending import GivenUpReason
from services.conversation.domain.state import (
    AwaitingAddress,
    AwaitingInstruction,
    AwaitingLanguage,
    AwaitingLeafletLanguage,
    AwaitingTopic,
    ChoosingMode,
    ConfirmingAddress,
    Leaflet,
    LeafletReady,
    MailLeaflet,
    NotStarted,
    Phase,
    ReadAloud,
    Sentence,
    Task,
    Transcribe,
    Translating,
)

SOME_LEAFLET = Leaflet(text="x")
PHASES: list[Phase] = [
    NotStarted(),
    ChoosingMode(),
    AwaitingTopic(),
    LeafletReady(SOME_LEAFLET),
    AwaitingInstruction(SOME_LEAFLET),
    AwaitingLeafletLanguage(SOME_LEAFLET),
    AwaitingAddress(SOME_LEAFLET),
    ConfirmingAddress(SOME_LEAFLET, "a@example.com"),
    AwaitingLanguage(),
    Translating("英文"),
    Translating("英文", Sentence(plain="x", translation="y")),
]
REASONS: list[GivenUpReason] = [
    *("unavailable", "blocked", "empty", "malformed", "rejected", "late", "deadline"),
    *("too_large", "gone", "refused", "capped", "undeliverable", "off", "unknown"),
]
TASKS: list[Task | None] = [
    None,
    Transcribe("M1", "英文"),
    ReadAloud("x", "英文"),
    MailLeaflet("a@example.com"),
]


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: type(phase).__name__)
def test_choices_fit_into_quick_replies_also_with_a_retry(phase: Phase):
    most = answers.guidance(phase, extra=(*choices.RETRY, *choices.NEW)).choices
    assert len(most) <= 13
    assert all(0 < len(choice.label) <= 20 for choice in most)


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: type(phase).__name__)
def test_a_choice_is_there_once(phase: Phase):
    shown = answers.guidance(phase, extra=choices.NEW).choices
    assert len(set(shown)) == len(shown)


def _is_command(choice: Choice) -> bool:
    return commands.command_of(commands.normalised(choice.text)) is not None


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: type(phase).__name__)
def test_a_choice_says_something_we_understand(phase: Phase):
    free = {*choices.TOPICS, *(choice.text for choice in choices.INSTRUCTIONS), *commands.YES}
    for choice in choices.choices_of(phase):
        understood = _is_command(choice) or choice.text in free
        assert understood or parse_language(choice.text) == choice.text


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: type(phase).__name__)
def test_commands_on_choices_are_in_the_text_too(phase: Phase):
    prompt = wording.prompt(phase)
    assert [
        c.text for c in choices.choices_of(phase) if _is_command(c) and c.text not in prompt
    ] == []


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
@pytest.mark.parametrize("reason", REASONS)
def test_an_apology_says_what_to_do_next(reason: GivenUpReason, task: Task | None):
    said = apologies.apology(reason, task)
    assert said.startswith("很抱歉")
    assert "請" in said or "重試" in said
    assert ("「重試」" in said) is apologies.can_be_retried(reason, task)


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: type(phase).__name__)
def test_help_names_all_there_is_in_words_that_can_be_typed(phase: Phase):
    told = wording.help_for(phase)
    named = [words[0] for words in commands.WORDS.values()]
    assert [word for word in named if f"「{word}」" not in told] == []
    assert all(word in told for word in ("語音", "台語", "電子郵件", "119"))
    assert len(told) < 1_000


def test_nothing_is_announced_for_later():
    sentences = [value for value in vars(wording).values() if isinstance(value, str)]
    assert [each for each in sentences if "即將" in each] == []


def test_no_word_belongs_to_two_commands():
    words = [word for group in commands.WORDS.values() for word in group]
    assert len(set(words)) == len(words)
    assert [word for word in words if commands.normalised(word).casefold() != word] == []


def test_a_command_is_the_whole_message_or_none():
    assert commands.command_of("翻譯") is commands.Command.TRANSLATE
    assert commands.command_of("翻譯一下") is None
    assert commands.command_of("new diabetes") is None


def test_a_text_that_cannot_be_stored_is_made_storable():
    assert commands.normalised("痛\ud800") == "痛?"


def test_what_phones_leave_at_the_ends_of_a_text_is_dropped():
    assert commands.normalised("\ufeff \u200b開始 \u200d\n") == "開始"
