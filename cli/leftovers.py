"""Records of living children, so that the next run can end what an earlier one left."""

import contextlib
import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from cli.home import write_private

PATIENCE_SECONDS = 8.0
# Process start times are kept in clock ticks of 10 ms.
SAME_START_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Record:
    """Which process a child was: the start time tells it from a later one of the same id."""

    pid: int
    started_at: float
    stop_signal: int


def write(path: Path, pid: int, stop_signal: signal.Signals) -> None:
    """Note a child that was just started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        record = Record(pid, psutil.Process(pid).create_time(), int(stop_signal))
        write_private(path, json.dumps(asdict(record)))


def recorded_pid(path: Path) -> int:
    """Return the id of the living process a record names, 0 when there is none."""
    found = _recorded(path)
    return found[0].pid if found else 0


def end_leftover(path: Path) -> None:
    """End the process this record names if it still lives, then drop the record."""
    process = _recorded(path)
    if process is not None:
        _end(*process)
    path.unlink(missing_ok=True)


def end_leftovers(folder: Path) -> None:
    """End every child an earlier run left behind: all are asked at once, then each awaited."""
    paths = sorted(folder.glob("*.json"))
    for process, stop_signal in filter(None, map(_recorded, paths)):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(stop_signal)
    for path in paths:
        end_leftover(path)


def _recorded(path: Path) -> tuple[psutil.Process, int] | None:
    try:
        record = Record(**json.loads(path.read_text()))
        process = psutil.Process(record.pid)
        same = abs(process.create_time() - record.started_at) <= SAME_START_SECONDS
    except (FileNotFoundError, ValueError, TypeError, psutil.NoSuchProcess):
        return None
    return (process, record.stop_signal) if same else None


def _end(process: psutil.Process, stop_signal: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(stop_signal)
        try:
            process.wait(PATIENCE_SECONDS)
        except psutil.TimeoutExpired:
            _kill_group(process.pid)
            process.wait(PATIENCE_SECONDS)


def _kill_group(pid: int) -> None:
    # Every child leads a session of its own, so its group is its pid.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
