"""What the documents name exists."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, files

# Prompts and the sandbox's leaflets are content, not documentation.
CONTENT = {"prompts", "content"}
DOCUMENTS = [p for p in files() if p.suffix == ".md" and CONTENT.isdisjoint(p.parts)]
IN_BACKTICKS = re.compile(r"`([^`\s]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
# Code blocks, and the bold line above one that names the file it would become.
CODE = re.compile(r"^```.*?^```|^\*\*`\S+`\*\*$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"^[\w.-]+(/[\w.-]+)+/?$|^\w[\w-]*\.(md|py|toml|txt|in|sh|sql|json|html)$")
# Paths that a running system makes, or that stand for any of their kind.
MADE_LATER = re.compile(r"^\.mededbot|^\.venv|^\.tools|^artifacts")


def _named_paths(document: Path) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    prose = CODE.sub("", text)
    words = [word for word in IN_BACKTICKS.findall(prose) if PATH.match(word)]
    links = [link for link in LINK.findall(prose) if not re.match(r"[a-z]+:", link)]
    return [name for name in words + links if not MADE_LATER.match(name)]


NAMES = {path.name for path in files()}


def _exists(document: Path, name: str) -> bool:
    # A bare name stands for all files of that name; a path is seen from the document or the root.
    if "/" not in name and name in NAMES:
        return True
    return (ROOT / document.parent / name).exists() or (ROOT / name).exists()


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_path_a_document_names_exists(document: Path):
    assert [name for name in _named_paths(document) if not _exists(document, name)] == []
