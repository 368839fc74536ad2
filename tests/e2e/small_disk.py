"""A disk of its own size for a data folder, that can be filled and emptied."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

BALLAST = "ballast"
# Down to less than a block, or small files would still find room.
PIECES = (1024 * 1024, 4096, 512)


@dataclass(slots=True)
class SmallDisk:
    """What lies at `place` has so much room and no more."""

    place: Path
    _pieces: int = 0

    def fill(self) -> None:
        """Take all room there is; what has been freed since the last time too."""
        self._pieces += 1
        with suppress(OSError), (self.place / f"{BALLAST}-{self._pieces}").open("wb", 0) as ballast:
            for size in PIECES:
                _write_all(ballast.fileno(), bytes(size))

    def empty(self) -> None:
        """Give back what `fill` has taken."""
        for each in self.place.glob(f"{BALLAST}-*"):
            each.unlink()


def _write_all(file: int, piece: bytes) -> None:
    with suppress(OSError):
        while True:
            os.write(file, piece)


@contextmanager
def small_disk(place: Path, megabytes: int) -> Generator[SmallDisk]:
    """Mount a disk at a folder for the length of a block; skips the test where we may not."""
    place.mkdir(parents=True)
    options = f"size={megabytes}m,mode=755"
    mounting = _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place))
    if mounting.returncode:
        pytest.skip(f"only root may mount a disk: {mounting.stderr.strip()}")
    try:
        yield SmallDisk(place)
    finally:
        _run("umount", "--lazy", str(place))


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(words, check=False, capture_output=True, text=True)
    except OSError as error:
        return subprocess.CompletedProcess(words, 1, "", str(error))
