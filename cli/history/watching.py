"""Seeing whether code reaches outside of its process, whatever library it uses for that."""

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache

OUTSIDE = frozenset(
    {
        "socket.connect",
        "socket.getaddrinfo",
        "socket.sendto",
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.remove",
        "os.rename",
        "os.mkdir",
    }
)
_watched: dict[int, list[str]] = {}
"""What each thread that is being watched has done."""


@contextmanager
def outside_calls() -> Generator[list[str]]:
    """Yield what this thread calls outside of the process while the block runs."""
    _listen()
    thread, seen = threading.get_ident(), list[str]()
    _watched[thread] = seen
    try:
        yield seen
    finally:
        del _watched[thread]


@cache
def _listen() -> None:
    # Python never takes an audit hook away again: one is enough, and costs a look into a dict.
    sys.addaudithook(_note)


def _note(event: str, _: object) -> None:
    if _watched and event in OUTSIDE and (seen := _watched.get(threading.get_ident())) is not None:
        seen.append(event)
