"""Seals the journal's records: what users said in the sandbox is not to be read off the disk."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "journal.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_WHAT = b"mededbot sandbox journal"


class Seal:
    """Turns a record into a line of letters, and back."""

    def __init__(self, key: bytes) -> None:
        """Use a key of 32 bytes."""
        self._cipher = AESGCM(key)

    def line(self, record: bytes) -> bytes:
        """Return the record sealed, as one line."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, record, _WHAT)) + b"\n"

    def record(self, line: bytes) -> bytes | None:
        """Return what a line says; None when it is cut, foreign or of another key."""
        try:
            sealed = base64.b64decode(line.strip(), validate=True)
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _WHAT)
        except (binascii.Error, InvalidTag, ValueError):
            return None


def open_seal(home: Path) -> Seal:
    """Return the seal whose key lies in the folder; the key is made at the first call."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / _FILE
    known = path.read_bytes() if path.exists() else b""
    if len(known) == _KEY_BYTES:
        return Seal(known)
    key = secrets.token_bytes(_KEY_BYTES)
    _write(path, key)
    return Seal(key)


def destroy_key(home: Path) -> None:
    """Make everything that was sealed in the folder unreadable for ever."""
    (home / _FILE).unlink(missing_ok=True)


def _write(path: Path, key: bytes) -> None:
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
