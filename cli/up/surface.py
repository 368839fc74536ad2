"""Follows the children's logs: warnings and errors are shown, the files stay small."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from cli.up.supervisor import Report

POLL_SECONDS = 0.5
LARGEST_LOG_BYTES = 20 * 1024 * 1024
SHOWN_LINES_A_POLL = 3
LEVELS = frozenset({"warning", "error", "critical"})
DETAILS = ("reason", "error", "task", "library", "template")


class Follower:
    """Reads one log as it grows."""

    def __init__(self, name: str, log: Path) -> None:
        self._name = name
        self._log = log
        self._read = 0

    def news(self) -> list[str]:
        """Return a line for each new warning or error, a few at a time."""
        found = [said for line in self._new_lines() if (said := notable(line)) is not None]
        lines = [f"{self._name}: {said}" for said in found[:SHOWN_LINES_A_POLL]]
        if len(found) > SHOWN_LINES_A_POLL:
            lines.append(f"{self._name}: {len(found) - SHOWN_LINES_A_POLL} more in {self._log}")
        return lines

    def _new_lines(self) -> list[bytes]:
        if not self._log.exists():
            return []
        with self._log.open("rb") as file:
            file.seek(self._read)
            whole, _, _ = file.read().rpartition(b"\n")
        self._read += len(whole) + 1 if whole else 0
        self._bound()
        return whole.splitlines()

    def _bound(self) -> None:
        # Children append, so an emptied file goes on from its start.
        if self._read > LARGEST_LOG_BYTES:
            os.truncate(self._log, 0)
            self._read = 0


def notable(line: bytes) -> str | None:
    """Return what a log line warns of, None when it does not."""
    if b'"warning"' not in line and b'"error"' not in line and b'"critical"' not in line:
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return _worded(cast("Mapping[str, object]", entry)) if isinstance(entry, dict) else None


def _worded(entry: Mapping[str, object]) -> str | None:
    if str(entry.get("level", "")).lower() not in LEVELS:
        return None
    details = [str(entry[name]) for name in DETAILS if entry.get(name)]
    return " ".join([str(entry.get("event", "")), *details])


async def follow(logs: Mapping[str, Path], report: Report) -> None:
    """Show what the logs warn of until cancelled; a log may be added at any time."""
    followers: dict[str, Follower] = {}
    while True:
        for name, log in logs.items():
            for line in followers.setdefault(name, Follower(name, log)).news():
                report(line)
        await asyncio.sleep(POLL_SECONDS)
