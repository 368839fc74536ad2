"""Words and file names that do not belong into a commit."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, files, modules

VAGUE_NAMES = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py"}
# Written in two parts, so that this file does not find itself.
UNFINISHED = r"\b(TO" + "DO|FIX" + "ME|XX" + r"X)\b|NotImplemented" + "Error"
REGISTRIES = r"py" + r"pi\.org|pythonhosted" + r"\.org|npm" + r"js\.(org|com)|crates" + r"\.io"
MACHINE_PATHS = r"/(ro" + r"ot|wo" + r"rk|Us" + r"ers|ho" + r"me/\w+)/"
CODE = {".py", ".sh", ".sql", ".html", ".css", ".js", ""}
DATA = {".md", ".toml", ".yaml", ".yml", ".json", ".in", ".txt", ".example"}
READ_AS_TEXT = CODE | DATA
VAGUE_CLASS = re.compile(r"^(Base\w*Service|\w+Manager)$")


def _texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        if path.suffix in READ_AS_TEXT:
            yield path, (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "unwanted",
    [
        pytest.param(UNFINISHED, id="unfinished work"),
        pytest.param(REGISTRIES, id="hosts of package registries"),
        pytest.param(MACHINE_PATHS, id="paths of somebody's machine"),
    ],
)
def test_no_file_contains(unwanted: str):
    pattern = re.compile(unwanted)
    found = [f"{path}: {hit[0]}" for path, text in _texts() if (hit := pattern.search(text))]
    assert found == []


def test_a_file_name_says_what_is_in_the_file():
    assert [str(path) for path in files() if path.name in VAGUE_NAMES] == []


def test_a_class_name_says_what_the_class_is():
    classes = (
        f"{module.name}: {line.split()[1]}"
        for module in modules()
        for line in module.text.splitlines()
        if line.startswith("class ") and VAGUE_CLASS.match(re.split(r"[(:\[]", line[6:])[0])
    )
    assert list(classes) == []


def test_the_lock_holds_names_versions_and_hashes_only():
    form = re.compile(
        r"^([a-z0-9-]+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|# .*)?$",
    )
    for name in ("requirements.txt", "requirements-dev.txt", "scripts/uv.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not form.match(line)] == []
