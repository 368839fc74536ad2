"""The data folder of `mededbot up`: where things lie, whose it is, which version wrote it."""

import fcntl
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chassis.errors import StartupRefused

HOME_VERSION = "1"
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of one data folder; nothing exists until `open_home` made it."""

    root: Path

    @property
    def postgres(self) -> Path:
        """Data of the embedded Postgres."""
        return self.root / "postgres"

    @property
    def nats(self) -> Path:
        """Configuration and JetStream store of the embedded nats-server."""
        return self.root / "nats"

    @property
    def sandbox(self) -> Path:
        """State of the sandbox."""
        return self.root / "sandbox"

    @property
    def logs(self) -> Path:
        """One log file for each child process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """One record for each living child process."""
        return self.root / "run"

    @property
    def secrets(self) -> Path:
        """Generated passwords, one file each."""
        return self.root / "secrets"

    def log(self, name: str) -> Path:
        """Log file of one child process."""
        return self.logs / f"{name}.log"

    def record(self, name: str) -> Path:
        """Record of one child process."""
        return self.run / f"{name}.json"


def open_home(root: Path) -> Home:
    """Make the folders where they are missing; refuse a folder of another version."""
    home = Home(root.absolute())
    _refuse_other_version(home)
    for folder in (home.root, home.nats, home.sandbox, home.logs, home.run, home.secrets):
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    write_private(home.root / "VERSION", HOME_VERSION)
    return home


def _refuse_other_version(home: Home) -> None:
    path = home.root / "VERSION"
    found = path.read_text().strip() if path.exists() else HOME_VERSION
    if found != HOME_VERSION:
        message = (
            f"The data folder {home.root} has version {found}, this program needs version "
            f"{HOME_VERSION}: move the folder away or set MEDEDBOT_HOME to another one."
        )
        raise StartupRefused(message)


@contextmanager
def locked(home: Home) -> Generator[None]:
    """Hold the folder for this process alone; the lock dies with the process."""
    # Not inherited by children: a surviving child must not keep the folder locked.
    descriptor = os.open(home.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        _lock(descriptor, home)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, home: Home) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        message = f"Another `mededbot up` is running on {home.root}: stop it first."
        raise StartupRefused(message) from error


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read, whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def kept_secret(home: Home, name: str) -> str:
    """Return the generated password of this name; it is made at the first call."""
    path = home.secrets / name
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text().strip()
