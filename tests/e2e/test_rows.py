"""Every row of product.md's tables, acted out by a phone's user and by one at a computer."""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest

from chassis.testing import poll
from cli.network import free_port
from tests.e2e.line_ledger import Shown
from tests.e2e.moments import PATIENCE_SECONDS
from tests.e2e.people import Device, Person
from tests.e2e.system import System
from tests.e2e.world import INHERITED

pytestmark = pytest.mark.e2e

LANGUAGES = [
    "中文(繁體)",
    "台語",
    "英文",
    "日文",
    "韓文",
    "泰文",
    "越南文",
    "印尼文",
    "西班牙文",
    "法文",
]
TOPICS = ["糖尿病", "高血壓", "心臟病", "氣喘", "過敏", "流感", "COVID-19", "腎臟病"]
SENTENCE = "請問您哪裡不舒服？"
Play = Callable[[Person], Awaitable[Shown]]


@dataclass(frozen=True, slots=True)
class Row:
    """What is done, which words must be in the answer, and what must be offered."""

    play: Play
    says: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


async def begun(person: Person) -> Shown:
    await person.type("anything")
    return await person.pick("開始", "NEW")


async def learning(person: Person) -> Shown:
    await begun(person)
    return await person.pick("衛教", "ed")


async def informed(person: Person) -> Shown:
    await learning(person)
    return await person.pick("糖尿病")


async def translated(person: Person) -> Shown:
    await informed(person)
    await person.pick("翻譯", "Translate")
    return await person.pick("越南文", "Vietnamese")


async def asked_to_mail(person: Person) -> Shown:
    await translated(person)
    return await person.pick("寄送", "mail")


async def choosing_a_language(person: Person) -> Shown:
    await begun(person)
    return await person.pick("聊天", "chat")


async def interpreting(person: Person) -> Shown:
    await choosing_a_language(person)
    return await person.pick("英文", "English")


async def interpreted(person: Person) -> Shown:
    await interpreting(person)
    return await person.type(SENTENCE)


async def in_taigi(person: Person) -> Shown:
    await choosing_a_language(person)
    await person.pick("台語", "taigi")
    return await person.type(SENTENCE)


def then(play: Play, *texts: str) -> Play:
    async def played(person: Person) -> Shown:
        shown = await play(person)
        for text in texts:
            shown = await person.type(text)
        return shown

    return played


def picked(play: Play, offered: str, typed: str) -> Play:
    async def played(person: Person) -> Shown:
        await play(person)
        return await person.pick(offered, typed)

    return played


def sent(play: Play, kind: str, **more: object) -> Play:
    async def played(person: Person) -> Shown:
        await play(person)
        return await person.send(kind, **more)

    return played


def spoken(play: Play) -> Play:
    async def played(person: Person) -> Shown:
        await play(person)
        return await person.speak(SENTENCE)

    return played


async def nothing(person: Person) -> Shown:
    return person.seen


STICKER = {"packageId": "1", "stickerId": "1", "stickerResourceType": "STATIC"}
PLACE = {"title": "醫院", "address": "台北", "latitude": 25.0, "longitude": 121.5}
LINES = {"type": "line"}

ROWS: dict[str, Row] = {
    "not started: anything": Row(then(nothing, "你好"), ("MedEdBot",), ("開始",)),
    "not started: new": Row(then(nothing, "ｎｅｗ "), ("請選擇功能",), ("衛教", "聊天")),
    "not started: voice": Row(spoken(nothing), ("語音",), ("開始",)),
    "choosing: education": Row(learning, tuple(TOPICS), tuple(TOPICS)),
    "choosing: translation": Row(choosing_a_language, tuple(LANGUAGES), tuple(LANGUAGES)),
    "choosing: anything else": Row(then(begun, "糖尿病"), ("衛教", "聊天"), ("衛教", "聊天")),
    "choosing: voice": Row(spoken(begun), ("語音",), ("衛教", "聊天")),
    "education: a topic": Row(informed, ("糖尿病", "參考資料"), ("修改", "翻譯", "寄送", "新對話")),
    "education: any topic": Row(then(learning, "痛風"), (), ("修改", "翻譯", "寄送", "新對話")),
    "education, content: how to modify": Row(picked(informed, "修改", "modify"), ("怎麼修改",)),
    "education, content: modified": Row(
        then(translated, "修改", "更簡短"), (), ("修改",), ("tiểu đường",)
    ),
    "education, content: which language": Row(
        picked(informed, "翻譯", "trans"),
        ("哪種語言",),
        tuple(name for name in LANGUAGES if name != "台語"),
    ),
    "education, content: translated": Row(translated, ("tiểu đường",), ("修改",)),
    "education, content: taigi": Row(then(informed, "翻譯", "台語"), ("台語",), ("越南文",)),
    "education, content: mail": Row(asked_to_mail, ("電子郵件",)),
    "education, content: no address": Row(then(asked_to_mail, "nobody"), ("電子郵件",)),
    "education, content: address": Row(
        then(asked_to_mail, "nurse@example.org"), ("nurse@example.org",), ("確認寄送",)
    ),
    "education, content: mailed": Row(
        then(asked_to_mail, "nurse@example.org", "確認寄送"), ("nurse@example.org",), ("修改",)
    ),
    "education, content: another topic": Row(then(informed, "流感"), ("流感",), ("修改",)),
    "education: speak": Row(then(informed, "朗讀"), ("醫療翻譯",), ("新對話",)),
    "education: voice": Row(spoken(informed), ("醫療翻譯",), ("新對話",)),
    "education, no content: modify": Row(then(learning, "修改"), ("還沒有",), ("糖尿病",)),
    "education, no content: translate": Row(then(learning, "翻譯"), ("還沒有",)),
    "education, no content: mail": Row(then(learning, "寄送"), ("還沒有",)),
    "translation: a language": Row(interpreting, ("英文",)),
    "translation: a language in its own words": Row(
        then(choosing_a_language, "Tagalog"), ("菲律賓文",)
    ),
    "translation: no language": Row(then(choosing_a_language, "？？"), ("語言",), ("英文",)),
    "translation: voice before a language": Row(spoken(choosing_a_language), ("語言",), ("英文",)),
    "translation: text": Row(interpreted, ("白話", "英文"), ("朗讀", "繼續翻譯", "新對話")),
    "translation: the patient's text": Row(
        then(interpreting, "Where does it hurt?"), ("中文",), ("朗讀", "繼續翻譯", "新對話")
    ),
    "translation: voice": Row(spoken(interpreting), ("🎤", SENTENCE, "英文"), ("朗讀",)),
    "translation: speak": Row(picked(interpreted, "朗讀", "speak"), (), ("繼續翻譯", "新對話")),
    "translation: speak again": Row(then(interpreted, "朗讀", "朗讀"), (), ("繼續翻譯",)),
    "translation: speak too early": Row(then(interpreting, "朗讀"), ("還沒有",)),
    "translation: taigi": Row(in_taigi, ("白話", "台語"), ("朗讀",)),
    "translation: taigi aloud": Row(picked(in_taigi, "朗讀", "SPEAK"), (), ("繼續翻譯",)),
    "translation: continue": Row(picked(interpreted, "繼續翻譯", "continue"), ("繼續", "英文")),
    "translation: education's words": Row(then(interpreted, "修改"), ("衛教",), ("新對話",)),
    "anywhere: help": Row(then(interpreted, "help"), ("翻譯",)),
    "anywhere: start over": Row(
        picked(interpreted, "新對話", "新對話"), ("請選擇功能",), ("衛教", "聊天")
    ),
    "anywhere: stop without work": Row(then(interpreted, "stop"), ("沒有進行中",)),
    "anywhere: too long": Row(then(interpreting, "長" * 5_001), ("5,000",)),
    "anywhere: sticker": Row(sent(interpreting, "sticker", **STICKER), ("貼圖",)),
    "anywhere: image": Row(sent(informed, "image", contentProvider=LINES), ("圖片",)),
    "anywhere: video": Row(sent(begun, "video", contentProvider=LINES), ("影片",)),
    "anywhere: file": Row(sent(nothing, "file", fileName="a.pdf", fileSize=9), ("檔案",)),
    "anywhere: location": Row(sent(learning, "location", **PLACE), ("位置",)),
    "anywhere: my data": Row(then(interpreted, "my data"), ("/export/",)),
    "anywhere: forget me": Row(then(interpreted, "forget me"), ("刪除",), ("確認刪除", "取消")),
    "anywhere: forgotten": Row(then(interpreted, "刪除我的資料", "確認刪除"), ("刪除",), ("開始",)),
}
AUDIBLE = [name for name in ROWS if name.startswith("translation: speak") or "aloud" in name]


@pytest.fixture(scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[httpx.AsyncClient]:
    """Run `up` with nothing configured; yield the way to its sandbox."""
    environ = {name: os.environ[name] for name in INHERITED if name in os.environ}
    unlimited = {"USER_MESSAGES_PER_MINUTE": "0", "GLOBAL_MESSAGES_PER_SECOND": "0"}
    budgets = dict.fromkeys(
        ("GEMINI_REQUESTS_PER_MINUTE", "TTS_REQUESTS_PER_MINUTE", "TAIGI_REQUESTS_PER_MINUTE"), "0"
    )
    environ |= {"PORT": str(free_port()), **unlimited, **budgets}
    system = System(tmp_path_factory.mktemp("rows"), environ)
    try:
        await system.start()
        url = system.screen.after("Chat here")
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            yield http
    finally:
        await system.end()


@pytest.mark.parametrize("device", ["phone", "computer"])
@pytest.mark.parametrize("name", ROWS)
async def test_a_row_of_the_table(played: httpx.AsyncClient, name: str, device: Device):
    row, person = ROWS[name], Person(played, device)
    shown = await row.play(person)
    assert [word for word in row.says if word not in shown.readable] == []
    assert [choice for choice in row.offers if choice not in shown.choices] == []
    assert [word for word in row.never if word in shown.readable] == []
    spoken_of = [choice for choice in shown.choices if choice not in shown.readable]
    assert spoken_of == [], "who sees no quick replies cannot know of these"


@pytest.mark.parametrize("name", AUDIBLE)
async def test_speech_is_an_audio_message(played: httpx.AsyncClient, name: str):
    shown = await ROWS[name].play(Person(played, "phone"))
    assert (shown.audio is not None) == ("too early" not in name)


async def test_follow_is_greeted_unfollow_and_unsend_are_not_answered(played: httpx.AsyncClient):
    person = Person(played, "phone")
    await interpreted(person)
    before = len(await person.answers())
    await person.do({"type": "unsend", "unsend": {"messageId": "1"}})
    await person.do({"type": "unfollow"})
    await person.do({"type": "follow", "follow": {"isUnblocked": True}})

    async def greeted() -> list[Shown]:
        return (await person.answers())[before:]

    # Only then does LINE's order say which comes first: two webhooks may overtake one another.
    await poll(greeted, PATIENCE_SECONDS, what="the greeting")
    await person.type("help")
    assert ["謝謝" in each.text for each in (await person.answers())[before:]] == [True, False]


async def test_nothing_that_line_refuses_was_ever_sent(played: httpx.AsyncClient):
    rows = (await played.get("/sandbox/ledger")).json()["rows"]
    assert [row for row in rows if row["kind"] == "refused"] == []
