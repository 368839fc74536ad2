"""The bot's name is cut out where LINE says it stands: in UTF-16 units."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.mentions import as_said_to_the_bot, is_addressed


def naming(*mentionees: Any) -> dict[str, Any]:
    return {"mention": {"mentionees": list(mentionees)}}


def me(index: Any, length: Any) -> dict[str, Any]:
    return {"index": index, "length": length, "type": "user", "isSelf": True}


@pytest.mark.parametrize(
    ("text", "mentionees", "left"),
    [
        ("@Bot 糖尿病", [me(0, 4)], " 糖尿病"),
        ("😷😷@Bot 流感", [me(4, 4)], "😷😷 流感"),
        ("@Bot 和 @Bot", [me(0, 4), me(7, 4)], " 和 "),
        ("@Bot", [me(0, 4)], ""),
        ("@May @Bot 好", [{"index": 0, "length": 4, "type": "user"}, me(5, 4)], "@May  好"),
        ("短", [me(50, 4)], "短"),
        ("短", [me(None, "4")], "短"),
        ("短", [me(-5, -4)], "短"),
    ],
)
def test_only_the_bots_own_name_goes(text: str, mentionees: list[Any], left: str):
    assert as_said_to_the_bot(text, naming(*mentionees)) == left


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"mention": None},
        {"mention": {"mentionees": {}}},
        naming({"type": "all", "index": 0, "length": 4}),
        naming({"type": "user", "isSelf": False}),
        naming({"type": "user", "isSelf": "true"}),
        naming("@Bot"),
    ],
)
def test_naming_others_or_all_is_not_naming_the_bot(message: dict[str, Any]):
    assert not is_addressed(message)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("MedEdBot 糖尿病", "糖尿病"),
        ("mededbot，糖尿病", "糖尿病"),
        ("@MedEdBot英文", "英文"),
        ("  MEDEDBOT", ""),
        ("開始", "開始"),
        (" Ｎｅｗ\n", " Ｎｅｗ\n"),
        ("forget me", "forget me"),
    ],
)
def test_the_bots_name_first_or_a_command_alone_calls_it(text: str, left: str):
    message = {"text": text}
    assert is_addressed(message)
    assert as_said_to_the_bot(text, message) == left


@pytest.mark.parametrize(
    "text",
    [
        "今天吃什麼",
        "開始吃飯",
        "你問 MedEdBot",
        "MedEdBots",
        "mededbot2 好",
        "英文",
        "是",
        "",
        "開始" + " " * 50,
    ],
)
def test_what_people_say_to_one_another_does_not_call_it(text: str):
    assert not is_addressed({"text": text})


@given(st.text(), st.integers(), st.integers())
def test_no_place_is_too_absurd_to_cut(text: str, index: int, length: int):
    assert len(as_said_to_the_bot(text, naming(me(index, length)))) <= len(text) + 1
