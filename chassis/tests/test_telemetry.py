"""Traces go on from caller to callee, also where nobody sends spans."""

import logging
import re
from collections.abc import Generator
from contextlib import redirect_stdout
from errno import ENOSPC
from io import StringIO

import pytest
import structlog
from prometheus_client import REGISTRY

from chassis.telemetry import configure_logs, get_logger, new_traceparent, span

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FORM = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-01")


def test_a_callers_trace_goes_on_within_its_span():
    with span("outer", CALLER):
        assert new_traceparent() == CALLER
        with span("inner"):
            assert new_traceparent() == CALLER
    assert new_traceparent() != CALLER


@pytest.mark.parametrize(
    "caller",
    [None, "", "nonsense", CALLER + "-more", CALLER.upper(), f"00-{'0' * 32}-{'1' * 16}-01"],
)
def test_without_a_caller_a_trace_begins(caller: str | None):
    with span("outer", caller):
        traces = {new_traceparent() for _ in range(3)}
    assert len(traces) == 3
    assert all(FORM.fullmatch(each) for each in traces)


@pytest.fixture
def as_before() -> Generator[None]:
    """Leave the logging of the other tests as it was."""
    logs, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**logs)
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_where_and_no_words(
    form: str, as_before: None, capsys: pytest.CaptureFixture[str]
):
    configure_logs("a service", level="DEBUG", form=form)
    with pytest.raises(LookupError) as caught:
        _fail(f"what a patient said in {form}")
    get_logger().debug("handler_trace", exc_info=caught.value)
    said = capsys.readouterr().out
    assert all(each in said for each in ("LookupError", "KeyError", "test_telemetry.py", "_fail"))
    assert f"said in {form}" not in said


def test_a_line_that_finds_no_room_is_lost_and_harms_nobody(
    as_before: None, capsys: pytest.CaptureFixture[str]
):
    configure_logs("a service", level="INFO", form="json")
    lost = _lost()
    with redirect_stdout(_FullDisk()):
        get_logger().info("said_on_a_full_disk")
    get_logger().info("said_later")
    assert _lost() == lost + 1
    assert capsys.readouterr().out.count("\n") == 1


class _FullDisk(StringIO):
    def write(self, text: str, /) -> int:
        raise OSError(ENOSPC, text)


def _lost() -> float:
    return REGISTRY.get_sample_value("log_lines_lost_total") or 0.0


def _fail(words: str) -> None:
    nothing: dict[str, str] = {}
    try:
        nothing[words] += words
    except KeyError as error:
        raise LookupError(words) from error
