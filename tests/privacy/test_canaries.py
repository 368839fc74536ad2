"""The search itself finds what is there, however it is written."""

import json
from base64 import b64encode
from pathlib import Path

import pytest

from tests.privacy.canaries import files_with

WORD = "金絲雀 canary-4711"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(WORD.encode(), id="as it is"),
        pytest.param(WORD.encode("utf-16-le"), id="two bytes a character"),
        pytest.param(json.dumps({"text": WORD}).encode(), id="escaped"),
        pytest.param(b64encode(WORD.encode()), id="base64"),
        pytest.param(b64encode(b"x" + WORD.encode() + b"yz"), id="base64, one byte further"),
        pytest.param(b64encode(b"xy" + WORD.encode() + b"z"), id="base64, two bytes further"),
        pytest.param(WORD.encode().hex().encode(), id="hex"),
    ],
)
def test_a_word_is_found_however_it_is_written(tmp_path: Path, content: bytes):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"before" + content + b"after")
    assert files_with(tmp_path, {"word": WORD}) == ["word in deep/file"]


def test_what_is_not_there_is_not_found(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"canary-4712" * 1_000)
    assert files_with(tmp_path, {"word": WORD}) == []
