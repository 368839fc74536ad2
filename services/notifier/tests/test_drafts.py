"""What an answer says to this user: signed links, and a greeting they can read."""

from typing import Any

import pytest

from contracts.answer import Answer, Audio, Choice, Variant
from contracts.gateway import Recipient
from services.notifier.addresses import is_public
from services.notifier.drafts import in_language
from services.notifier.render import Message
from services.notifier.render.media import AUDIO_NOT_OFFERED
from services.notifier.tests.fakes import FakeMessenger, drafts
from services.notifier.tests.given import USER, reply_requested

SPOKEN = Answer(main="主", audio=Audio(object_key="tts_audio/s/1.m4a", duration_ms=900))
GREETING = Answer(
    main="您好",
    variants=(Variant(language="en", main="Hello"), Variant(language="pt-BR", main="Olá")),
    choices=(Choice(label="開始", text="開始"),),
)


async def drafted(
    answer: Answer, language: str = "", base_url: str | None = "https://bot.tw", **changes: Any
) -> list[Message]:
    messenger = FakeMessenger(languages={USER: language})
    asked = reply_requested(answer=answer, **changes)
    return await drafts(messenger, base_url).write(asked) or []


async def test_audio_is_played_from_a_signed_address_below_ours():
    audio, _ = await drafted(SPOKEN)
    assert audio["originalContentUrl"] == "https://bot.tw/audio/tts_audio-s-1.m4a-0900"


async def test_a_file_is_fetched_from_a_signed_address_below_ours():
    button, main = await drafted(Answer(download="export/s/1.json"), base_url="https://bot.tw/x/")
    assert main["text"].endswith("https://bot.tw/x/export/export-s-1.json-0900")
    assert button["type"] == "flex"


@pytest.mark.parametrize("base_url", [None, "http://bot.tw"])
async def test_without_an_address_that_line_plays_from_the_user_is_told(base_url: str | None):
    notice, _ = await drafted(SPOKEN, base_url=base_url)
    assert notice["text"] == AUDIO_NOT_OFFERED


@pytest.mark.parametrize(
    ("base_url", "public"),
    [
        ("https://bot.tw", True),
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://bot.tw", False),
        ("http://localhost.evil.tw", False),
        (None, False),
    ],
)
def test_line_plays_from_https_and_the_sandbox_from_this_machine(
    base_url: str | None, public: bool
):
    assert is_public(base_url) == public


@pytest.mark.parametrize(
    ("language", "main"),
    [
        *(("en", "Hello"), ("en-US", "Hello"), ("EN_gb", "Hello"), ("pt", "Olá")),
        *(("zh-TW", "您好"), ("zh-Hant", "您好"), ("de", "您好"), ("", "您好")),
    ],
)
def test_the_main_line_is_in_the_language_of_the_profile(language: str, main: str):
    assert in_language(GREETING, language).main == main


async def test_a_new_friend_is_greeted_in_their_language_with_the_same_choices():
    assert (await drafted(GREETING, "en-US"))[-1]["text"] == "Hello"
    assert "quickReply" in (await drafted(GREETING, "en-US"))[-1]


async def test_a_group_is_greeted_in_chinese():
    group = Recipient(user=USER, group="C1")
    assert (await drafted(GREETING, "en-US", recipient=group))[-1]["text"] == "您好"


async def test_the_message_that_is_answered_is_quoted():
    assert (await drafted(Answer(main="主"), quote_token="q1"))[0]["quoteToken"] == "q1"


async def test_an_answer_that_defeats_the_renderer_has_no_draft():
    messenger = FakeMessenger()
    broken = reply_requested(answer=Answer(content=(None,)))  # pyright: ignore[reportArgumentType]
    assert await drafts(messenger).write(broken) is None
