"""An append-only file of sealed records, so that the sandbox remembers after a kill."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import orjson

from sandbox.sealing import Seal, destroy_key, open_seal
from sandbox.shapes import as_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from sandbox.shapes import JsonObject

_FILE = "journal.sealed"
_OLDER_FILE = "journal.older.sealed"
# Until records were sealed they stood here in plain text.
_PLAIN_FILES = ("journal.jsonl", "journal.older.jsonl")
# Two files of about this size are the most the sandbox ever keeps on disk.
_ROTATE_BYTES = 32 * 1024 * 1024

Result = TypeVar("Result")


class Journal:
    """Writes records in order from one thread of its own; without a folder it forgets."""

    def __init__(self, home: Path | None, *, rotate_bytes: int = _ROTATE_BYTES) -> None:
        """Remember where to write; nothing is opened before the first record."""
        self._home = home
        self._rotate_bytes = rotate_bytes
        self._descriptor: int | None = None
        self._size = 0
        self._seal: Seal | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-journal")

    async def load(self) -> list[JsonObject]:
        """Return every record of earlier runs, oldest first."""
        return await self._in_thread(lambda: list(self._read()))

    async def write(self, records: Iterable[JsonObject]) -> None:
        """Return once the records are with the operating system (safe from kill -9)."""
        if self._home is None:
            return
        said = [orjson.dumps(record) for record in records]
        await self._in_thread(lambda: self._append(said))

    async def clear(self) -> None:
        """Forget everything on disk."""
        await self._in_thread(self._remove)

    async def close(self) -> None:
        """Close the file and end the thread."""
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _read(self) -> Iterator[JsonObject]:
        if self._home is None:
            return
        _drop(self._home, _PLAIN_FILES)
        for name in (_OLDER_FILE, _FILE):
            path = self._home / name
            if path.exists():
                yield from _records(path, self._sealed(self._home))

    def _sealed(self, home: Path) -> Seal:
        if self._seal is None:
            self._seal = open_seal(home)
        return self._seal

    def _append(self, said: list[bytes]) -> None:
        if self._home is None:
            raise FileNotFoundError(_FILE)
        seal = self._sealed(self._home)
        lines = b"".join(map(seal.line, said))
        if self._descriptor is None:
            self._descriptor = self._open(self._home)
        os.write(self._descriptor, lines)
        self._size += len(lines)
        if self._size > self._rotate_bytes:
            self._rotate()

    def _open(self, home: Path) -> int:
        path = home / _FILE
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(descriptor).st_size
        # A killed run may have left half a line: end it, or the next record is lost with it.
        if self._size and os.pread(descriptor, 1, self._size - 1) != b"\n":
            os.write(descriptor, b"\n")
        return descriptor

    def _rotate(self) -> None:
        self._close()
        if self._home is not None:
            (self._home / _FILE).replace(self._home / _OLDER_FILE)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _remove(self) -> None:
        self._close()
        self._seal = None
        if self._home is not None:
            destroy_key(self._home)
            _drop(self._home, (_FILE, _OLDER_FILE, *_PLAIN_FILES))


def _drop(home: Path, names: Iterable[str]) -> None:
    for name in names:
        (home / name).unlink(missing_ok=True)


def _records(path: Path, seal: Seal) -> Iterator[JsonObject]:
    with path.open("rb") as lines:
        for line in lines:
            said = seal.record(line)
            record = as_object(orjson.loads(said)) if said is not None else {}
            if record:
                yield record
