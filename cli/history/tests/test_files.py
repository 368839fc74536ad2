"""Histories as files, and the command that judges them."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from chassis.errors import StartupRefused
from chassis.testing import Database
from cli.history.command import EXIT_BROKEN
from cli.history.reading import history_of, read, records_of, write, written
from cli.history.records import History
from cli.history.tests.made import Run
from cli.history.tests.runs import runs
from cli.main import EXIT_REFUSED, run

NURSE = "U-nurse-0001"
UNHURRIED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
NOWHERE = {"DATABASE_URL": "postgresql://nowhere"}


def told(*, answered: bool) -> History:
    """Return a history of one message."""
    story = Run()
    turn = story.says(NURSE, "胸口非常痛怎麼辦", 0)
    if answered:
        story.answers(turn, "請撥打一一九", 1)
    return story.history()


def kept(folder: Path, history: History) -> str:
    """Write a history and return where."""
    path = folder / "history.jsonl"
    write(path, records_of(history))
    return str(path)


@settings(max_examples=20, suppress_health_check=UNHURRIED)
@given(runs())
def test_a_history_that_was_written_reads_as_it_was(tmp_path: Path, history: History):
    path = Path(kept(tmp_path, history))
    assert history_of(read([path])) == history


def test_a_line_that_is_no_record_is_named(tmp_path: Path):
    path = tmp_path / "h.jsonl"
    path.write_text('{"record":"mail","at":1,"to":[]}\n{"record":"web"}\n')
    with pytest.raises(StartupRefused, match="line 2"):
        read([path])
    with pytest.raises(StartupRefused, match="cannot be read"):
        read([tmp_path / "missing"])


def test_only_its_owner_may_read_what_was_kept(tmp_path: Path):
    path = Path(kept(tmp_path, told(answered=True)))
    assert path.stat().st_mode & 0o077 == 0


def test_the_command_says_which_turn_broke_what_and_tells_no_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = kept(tmp_path, told(answered=False))
    assert run(["check-history", path], NOWHERE) == EXIT_BROKEN
    shown = capsys.readouterr().out
    assert "0 answers were decided, it is owed 1" in shown
    assert "webhook W0 message/text (8 characters): 200" in shown
    assert "胸口" not in shown
    assert run(["check-history", path, "--open"], NOWHERE) == EXIT_BROKEN
    assert "胸口非常痛怎麼辦" in capsys.readouterr().out


def test_what_services_wrote_is_searched_for_words_and_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    logs = tmp_path / "logs"
    logs.mkdir()
    escaped = json.dumps({"said": "他非常痛怎麼辦呢"})
    (logs / "notifier.log").write_text(f"ok\n{escaped}\n")
    (logs / "gateway.log").write_text("token is planted-secret\n")
    path = kept(tmp_path, told(answered=True))
    environ = NOWHERE | {"LINE_CHANNEL_SECRET": "planted-secret"}
    assert run(["check-history", path, "--logs", str(logs)], environ) == EXIT_BROKEN
    shown = capsys.readouterr().out
    assert "notifier.log, line 2 holds words of a message" in shown
    assert "gateway.log, line 1 holds a secret" in shown
    assert "planted-secret" not in shown


def test_a_pattern_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = kept(tmp_path, told(answered=True))
    assert run(["check-history", path, "--nonce", "("], NOWHERE) == EXIT_REFUSED
    assert "--nonce" in capsys.readouterr().err


async def test_the_log_is_read_from_the_database_where_no_file_has_it(
    postgres: Database, nats: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    environ = {"DATABASE_URL": postgres.service_url, "NATS_URL": nats}
    words = ["check-history", "--export", str(tmp_path / "all.jsonl")]
    assert await asyncio.to_thread(run, words, environ) == 0
    shown = capsys.readouterr().out
    assert "0 events in 0 streams" in shown
    assert "sound" in shown
    assert "not judged" in shown
    assert history_of(read([tmp_path / "all.jsonl"])).rest is not None


def test_files_and_folders_of_files_are_what_was_written(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.log").write_bytes(b"\xff x")
    found = list(written([tmp_path, tmp_path / "a" / "b.log"]))
    assert [each.name for each in found] == ["a/b.log", "b.log"]
    assert all(each.text.endswith(" x") for each in found)
