"""The example of CONTRIBUTING.md, built from the page and run."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from pydantic import TypeAdapter

from chassis.app import service
from chassis.settings import ServiceSettings, load
from chassis.testing import Database, poll
from contracts.translation import TranslationReady
from tests.architecture.source import ROOT, files

PAGE = ROOT / "CONTRIBUTING.md"
CHAPTER = "## Adding a seventh service"
NAMED = re.compile(r"^\*\*`(\S+)`\*\*$")
pytestmark = pytest.mark.slow
LAST_SIGN_SECONDS = 30
SOME_TIME = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Block:
    """One code block: a whole file, or lines to add to one."""

    path: str
    language: str
    lines: tuple[str, ...]


def _blocks() -> Iterator[Block]:
    chapter = PAGE.read_text(encoding="utf-8").partition(CHAPTER)[2].partition("\n## ")[0]
    path, language, lines = "", "", list[str]()
    for line in chapter.splitlines():
        if line.startswith("```"):
            if language:
                yield Block(path, language, tuple(lines))
            language, lines = ("", []) if language else (line[3:], [])
        elif language:
            lines.append(line)
        elif named := NAMED.match(line):
            path = named[1]


def _apply(block: Block, tree: Path) -> None:
    target = tree / block.path
    if block.language != "diff":
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        return
    before = "\n".join(line[1:] for line in block.lines if line.startswith(" "))
    after = "\n".join(line[1:] for line in block.lines)
    text = target.read_text(encoding="utf-8")
    assert text.count(f"\n{before}\n") == 1, f"{block.path} has no single line {before!r}"
    target.write_text(text.replace(f"\n{before}\n", f"\n{after}\n"), encoding="utf-8")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the repository and carry out the example in the copy."""
    root = tmp_path_factory.mktemp("seventh")
    for path in files():
        (root / path.parent).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, root / path)
    for block in _blocks():
        _apply(block, root)
    return root


def _environment(tree: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(tree), **more}


def _run(tree: Path, *command: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=tree,
        env=_environment(tree),
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_example_keeps_the_rules_of_imports(tree: Path):
    assert _run(tree, "lint-imports") == ""


def test_the_example_keeps_the_rules_of_style(tree: Path):
    written = sorted({block.path for block in _blocks() if block.path.endswith(".py")})
    assert _run(tree, "ruff", "check", *written) == ""
    assert _run(tree, "ruff", "format", "--check", *written) == ""


def test_the_tests_of_the_example_pass(tree: Path):
    assert _run(tree, "pytest", "-q", "services/review") == ""


async def _heard(postgres: Database) -> int:
    connection = await asyncpg.connect(postgres.owner_url)
    find = "select count(*) from eventlog.events where type = 'review.requested'"
    try:
        return TypeAdapter(int).validate_python(await connection.fetchval(find))
    finally:
        await connection.close()


async def test_the_example_hears_and_says(tree: Path, postgres: Database, nats: str):
    told = {"DATABASE_URL": postgres.service_url, "NATS_URL": nats, "HOST": "127.0.0.1"}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "run", "review"),
        cwd=tree,
        env=_environment(tree, REVIEW_ONE_IN="1", **told),
    )
    try:
        async with service("translation", load(ServiceSettings, told)) as translation:
            made = TranslationReady(
                request_id="request",
                made_at=SOME_TIME,
                direction="from_chinese",
                model="model",
                prompt="translate.v1",
            )
            await translation.journal.record(str(uuid4()), [made])
            assert await poll(lambda: _heard(postgres), LAST_SIGN_SECONDS, what="a review")
    finally:
        running.terminate()
    assert await asyncio.wait_for(running.wait(), LAST_SIGN_SECONDS) == 0
