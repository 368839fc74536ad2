"""Voice in, speech out, Taigi: through the whole system, on stand-ins of every upstream."""

import httpx
import pytest

from tests.e2e.gemini import PCM, SPOKEN_SECONDS
from tests.e2e.line import Medium
from tests.e2e.line_ledger import Shown
from tests.e2e.taigi import SPOKEN_SECONDS as TAIGI_SECONDS
from tests.e2e.voices import decoded_ms, recording
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e

TOLERANCE_MS = 100
BASE = "https://bot.example.org"


async def fetched(world: World, shown: Shown, **headers: str) -> httpx.Response:
    """Return what a phone gets for an answer's audio."""
    assert shown.audio is not None, shown.text
    url = str(shown.audio["originalContentUrl"])
    assert url.startswith(f"{BASE}/audio/")
    async with httpx.AsyncClient() as http:
        return await http.get(url.replace(BASE, world.system.gateway), headers=headers)


async def spoken(world: World, language: str) -> tuple[str, Shown]:
    """Translate a sentence and have it read aloud; return the user and the answer."""
    user = await world.translating(new_user(), language)
    await world.talk(user, sentence(new_tag()))
    return user, await world.talk(user, "朗讀")


async def test_a_voice_message_is_written_down_translated_and_archived(calm: World):
    user, tag = await calm.translating(new_user()), new_tag()
    said = await calm.speak(user, Medium(recording(tag), "audio/wav", preparing=2))
    (answer,) = await calm.answered(said)
    assert "🎤" in answer.text
    assert tag in answer.text
    assert "朗讀" in answer.choices
    await calm.at_rest()
    kept = [key for key in calm.buckets.keys("voicemail/") if said.message_id in key]
    assert len(kept) == 1
    assert recording(tag) not in calm.buckets.read(kept[0])
    assert len(calm.gemini.about(tag)) == 2
    assert calm.sound()


@pytest.mark.parametrize("status", [404, 410])
async def test_a_voice_message_that_is_gone_gets_an_apology(calm: World, status: int):
    user = await calm.translating(new_user())
    said = await calm.speak(user, Medium(b"", status=status))
    (answer,) = await calm.answered(said)
    assert "語音" in answer.text
    await calm.at_rest()
    assert len(calm.line.ledger.answers(user)) == 3 + 1


async def test_a_voice_message_held_elsewhere_gets_a_hint(calm: World):
    user = await calm.translating(new_user())
    said = await calm.speak(user, Medium(b""), provider="external")
    (answer,) = await calm.answered(said)
    assert "語音" in answer.text


async def test_voice_messages_in_a_row_are_answered_in_order(calm: World):
    user, tags = await calm.translating(new_user()), [new_tag() for _ in range(3)]
    said = [await calm.speak(user, Medium(recording(tag), "audio/wav")) for tag in tags]
    await calm.answered(*said)
    await calm.at_rest()
    answers = calm.line.ledger.answers(user)[3:]
    assert [answer.proof for answer in answers] == [each.token for each in said]
    assert all(tag in answer.text for tag, answer in zip(tags, answers, strict=True))


async def test_stop_while_a_voice_message_is_written_down_discards_it(calm: World):
    user, tag = await calm.translating(new_user()), new_tag()
    calm.gemini.hold()
    try:
        voice = await calm.speak(user, Medium(recording(tag), "audio/wav"))
        await calm.at_work()
        stop = await calm.say(user, "停止")
        await calm.answered(voice, stop)
    finally:
        calm.gemini.release()
    await calm.at_rest()
    assert calm.line.ledger.about(tag) == []
    assert len(calm.line.ledger.answers(user)) == 3 + 2


@pytest.mark.parametrize("kind", ["audio/wav", PCM], ids=["WAV", "PCM"])
async def test_a_translation_is_read_aloud_as_m4a_of_its_true_length(calm: World, kind: str):
    calm.gemini.voice = kind
    user, answer = await spoken(calm, "越南文")
    heard = await fetched(calm, answer)
    assert heard.status_code == 200
    assert heard.headers["content-type"] == "audio/mp4"
    assert heard.headers["cache-control"] == "no-store"
    assert answer.audio is not None
    said_ms, true_ms = answer.audio["duration"], decoded_ms(heard.content)
    assert abs(said_ms - true_ms) <= TOLERANCE_MS
    assert abs(said_ms - 1_000 * SPOKEN_SECONDS) <= TOLERANCE_MS
    calls = len(calm.gemini.calls)
    again = await calm.talk(user, "朗讀")
    assert again.audio is not None
    assert len(calm.gemini.calls) == calls
    assert calm.sound()


async def test_audio_is_served_in_ranges_and_to_nobody_who_guesses(calm: World):
    _, answer = await spoken(calm, "日文")
    whole = (await fetched(calm, answer)).content
    part = await fetched(calm, answer, range="bytes=10-19")
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    assert (await fetched(calm, answer, range=f"bytes={len(whole)}-")).status_code == 416
    assert answer.audio is not None
    name = str(answer.audio["originalContentUrl"]).rpartition("/")[2]
    swapped = name[:8] + ("A" if name[8] != "A" else "B") + name[9:]
    async with httpx.AsyncClient() as http:
        for guess in (swapped, name[:-4], "x", "..%2f..%2fetc%2fpasswd", "A" * 5_000):
            refused = await http.get(f"{calm.system.gateway}/audio/{guess}")
            assert refused.status_code in {404, 414}
            assert "expire" not in refused.text.lower()


async def test_taigi_is_translated_and_read_aloud_by_the_taigi_service(calm: World):
    user, answer = await spoken(calm, "台語")
    (translation, *_) = [each for each in calm.line.ledger.answers(user) if "li2 ho2" in each.text]
    assert "台語" in translation.text
    assert "陽明交通大學" in str(answer.messages[0])
    heard = await fetched(calm, answer)
    assert abs(decoded_ms(heard.content) - 1_000 * TAIGI_SECONDS) <= TOLERANCE_MS
    assert calm.taigi.spoken[-1].startswith("li2 ho2")
    assert calm.sound()


async def test_what_is_kept_of_speech_is_sealed(calm: World):
    _, answer = await spoken(calm, "法文")
    heard = (await fetched(calm, answer)).content
    await calm.at_rest()
    kept = [calm.buckets.read(key) for key in calm.buckets.keys("tts_audio/")]
    assert kept != []
    assert not any(heard[:64] in each or heard == each for each in kept)
