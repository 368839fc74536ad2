"""The stand-in of the Taigi service."""

import io
import re
import wave

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.taigi_api import NOT_READ, romanised
from sandbox.tests.served import Sandbox

VOICE = {"gender": "女聲", "accent": "強勢腔（高雄腔）"}
SYLLABLE = re.compile(r"[a-z]{1,7}[1-8]")


async def translated(sandbox: Sandbox, text: str) -> httpx.Response:
    return await sandbox.http.get("/taigi/html_taigi_zh_tw_py", params={"text0": text})


async def spoken(sandbox: Sandbox, **more: str) -> httpx.Response:
    asked = {"text1": "li2 ho2", **VOICE, **more}
    return await sandbox.http.get("/taigi/synthesize_TLPA", params=asked)


async def test_a_sentence_becomes_syllables_and_says_that_they_are_none(sandbox: Sandbox):
    answer = await translated(sandbox, "您有發燒嗎？")
    mark, _, reading = answer.text.partition(") ")
    assert f"{mark})" == NOT_READ
    assert len(SYLLABLE.findall(reading)) == 5


@pytest.mark.parametrize(
    ("text", "kept"), [("每天 3 次", "3"), ("量 SpO2", "SpO"), ("多喝水，好嗎？", "，")]
)
def test_numbers_words_and_pauses_stay(text: str, kept: str):
    assert kept in romanised(text)


def test_a_remark_of_the_sandbox_is_not_read():
    assert romanised("(沙盒，未翻譯) 頭暈") == romanised("頭暈")


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1))
def test_every_character_is_one_syllable_with_a_tone(text: str):
    assert [bool(SYLLABLE.fullmatch(each)) for each in romanised(text).split()] == [True] * len(
        text
    )


async def test_a_romanisation_becomes_a_wav(sandbox: Sandbox):
    answer = await spoken(sandbox)
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as file:
        assert 0.2 < file.getnframes() / file.getframerate() < 1


@pytest.mark.parametrize("wrong", [{"text1": ""}, {"gender": "x"}, {"accent": "台北"}])
async def test_what_the_service_does_not_know_is_refused(sandbox: Sandbox, wrong: dict[str, str]):
    assert (await spoken(sandbox, **wrong)).status_code == 400
    assert (await translated(sandbox, " ")).status_code == 400


async def test_the_service_fails_as_told(sandbox: Sandbox):
    await sandbox.break_("taigi", "status:503")
    assert (await translated(sandbox, "好")).status_code == 503
    await sandbox.break_("taigi", "garbage")
    assert not (await spoken(sandbox)).content.startswith(b"RIFF")
    await sandbox.break_("taigi", "reset")
    with pytest.raises(httpx.TransportError):
        await spoken(sandbox)
    assert (await spoken(sandbox)).status_code == 200
