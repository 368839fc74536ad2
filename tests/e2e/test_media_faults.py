"""Upstreams of voice, speech, Taigi, mail and objects that fail: an apology in time, then well."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from tests.e2e.line import Medium
from tests.e2e.line_ledger import Shown
from tests.e2e.voices import recording
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = pytest.mark.e2e

RETRY = "重試"
ATTEMPTS = 3
NOWHERE = "http://127.0.0.1:9"
"""The discard port: nobody listens there."""


def is_apology(answer: Shown) -> bool:
    return "很抱歉" in answer.text and RETRY in answer.choices


async def with_voice(world: World, tag: str) -> tuple[str, Shown]:
    """Let a user who is interpreting send a voice message; return the user and the answer."""
    user = await world.translating(new_user())
    said = await world.speak(user, Medium(recording(tag), "audio/wav"))
    (answer,) = await world.answered(said)
    return user, answer


@pytest.mark.parametrize("fault", ["429", "503", "hang", "html", "blocked", "malformed"])
async def test_a_transcription_that_fails_is_apologised_for_and_can_be_retried(
    stormy: World, fault: str
):
    tag = new_tag()
    stormy.gemini.faults[tag] = [fault] * ATTEMPTS
    user, answer = await with_voice(stormy, tag)
    assert is_apology(answer)
    stormy.gemini.faults[tag] = []
    assert tag in (await stormy.talk(user, RETRY)).text
    await stormy.at_rest()
    assert len(stormy.line.ledger.answers(user)) == 3 + 2


@pytest.mark.parametrize("status", [500, 503, 401])
async def test_a_recording_that_line_does_not_give_out_is_apologised_for(
    stormy: World, status: int
):
    user = await stormy.translating(new_user())
    said = await stormy.speak(user, Medium(recording(tag := new_tag()), "audio/wav", status=status))
    (answer,) = await stormy.answered(said)
    assert is_apology(answer)
    stormy.line.media[said.message_id].status = 200
    assert tag in (await stormy.talk(user, RETRY)).text


@pytest.mark.parametrize("fault", ["429", "500", "hang", "html", "blocked", "empty"])
async def test_speech_that_fails_is_apologised_for_and_can_be_retried(stormy: World, fault: str):
    user, tag = await stormy.translating(new_user()), new_tag()
    await stormy.talk(user, sentence(tag))
    stormy.gemini.faults[tag] = [fault] * ATTEMPTS
    assert is_apology(await stormy.talk(user, "朗讀"))
    stormy.gemini.faults[tag] = []
    assert (await stormy.talk(user, RETRY)).audio is not None
    assert stormy.sound()


@pytest.mark.parametrize("fault", ["500", "hang", "html"])
async def test_taigi_that_fails_is_apologised_for_and_can_be_retried(stormy: World, fault: str):
    user, tag = await stormy.translating(new_user(), "台語"), new_tag()
    stormy.taigi.faults = [fault] * ATTEMPTS
    assert is_apology(await stormy.talk(user, sentence(tag)))
    stormy.taigi.faults = []
    assert "li2 ho2" in (await stormy.talk(user, RETRY)).text
    stormy.taigi.faults = [fault] * ATTEMPTS
    assert is_apology(await stormy.talk(user, "朗讀"))
    stormy.taigi.faults = []
    assert (await stormy.talk(user, RETRY)).audio is not None


@pytest.fixture(scope="module")
async def adrift(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system whose object store, mail server and Taigi are nowhere to be found."""
    away = {"R2_ENDPOINT_URL": NOWHERE, "SMTP_PORT": "9", "TAIGI_BASE_URL": NOWHERE}
    async with world(tmp_path_factory.mktemp("adrift"), away) as made:
        yield made


async def test_without_an_object_store_answers_do_not_wait_for_archives(adrift: World):
    user, answer = await with_voice(adrift, tag := new_tag())
    assert tag in answer.text
    assert is_apology(await adrift.talk(user, "朗讀"))
    assert tag in (await adrift.talk(user, sentence(tag))).text


async def test_without_mail_and_taigi_everybody_is_told_and_all_else_works(adrift: World):
    async def mail() -> Shown:
        user = new_user()
        topic = f"痛風 {new_tag()}"
        await adrift.talk(user, "開始", "衛教", topic, "寄送", "somebody@example.org")
        return await adrift.talk(user, "確認寄送")

    async def taigi() -> Shown:
        user = await adrift.translating(new_user(), "台語")
        return await adrift.talk(user, sentence(new_tag()))

    assert all(map(is_apology, await asyncio.gather(mail(), taigi())))
    await adrift.at_rest()
    assert adrift.sound()
