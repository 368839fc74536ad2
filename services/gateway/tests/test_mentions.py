"""The bot's name is cut out where LINE says it stands: in UTF-16 units."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.mentions import is_mentioned, without_mentions


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
    assert without_mentions(text, naming(*mentionees)) == left


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
    assert not is_mentioned(message)


@given(st.text(), st.integers(), st.integers())
def test_no_place_is_too_absurd_to_cut(text: str, index: int, length: int):
    assert len(without_mentions(text, naming(me(index, length)))) <= len(text) + 1
