"""What each process of a tree has burnt: a figure that other load on the machine leaves alone."""

import os
from pathlib import Path

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def burnt(root: int) -> dict[str, float]:
    """Return milliseconds of CPU by process name, over all descendants of process `root`."""
    total: dict[str, float] = {}
    for pid, ticks in descendants(root).items():
        name = name_of(pid)
        total[name] = total.get(name, 0.0) + ticks * TICK_MS
    return total


def descendants(root: int) -> dict[int, int]:
    """Return all processes below process `root`, and the ticks of CPU that each has burnt."""
    parents = {pid: _stat(pid) for pid in _pids()}
    return {
        pid: ticks for pid, (parent, ticks) in parents.items() if _descends(parent, root, parents)
    }


def name_of(pid: int) -> str:
    """Return what a process is called here: a service by its name, a server by its program."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
    if b"run" in words:
        return words[words.index(b"run") + 1].decode()
    return Path(words[0].decode().split(" ")[0].rstrip(":")).name or "?"


def _descends(pid: int, root: int, parents: dict[int, tuple[int, int]]) -> bool:
    while pid > 1:
        if pid == root:
            return True
        pid = parents.get(pid, (0, 0))[0]
    return False


def _pids() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]


def _stat(pid: int) -> tuple[int, int]:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    return int(words[1]), int(words[11]) + int(words[12])
