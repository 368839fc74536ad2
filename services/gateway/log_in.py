"""Which password a request carries, and how often one may be tried: guessing gets slower."""

import hmac
from base64 import b64decode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import asyncpg

from chassis.eventlog.outage import asking

NAMELESS = "console"
LONGEST_NAME = 40
_TRY = "select console.try_password($1, $2)"


@dataclass(frozen=True, slots=True)
class Given:
    """A password, and the name that came with it: anybody may give any."""

    name: str
    password: bytes

    def matches(self, password: str) -> bool:
        """Tell whether it is this password."""
        # Of one length, so that the comparison tells nothing of the password's.
        ours = sha256(password.encode()).digest()
        return hmac.compare_digest(sha256(self.password).digest(), ours)


def given(authorization: str | None) -> Given | None:
    """Return what a header carries, HTTP Basic or bearer; None for no log-in."""
    scheme, _, rest = (authorization or "").partition(" ")
    match scheme.lower():
        case "basic":
            name, _, password = _decoded(rest.strip()).partition(b":")
            return Given(_printable(name.decode(errors="replace")), password)
        case "bearer":
            return Given(NAMELESS, rest.strip().encode("latin-1", "replace"))
        case _:
            return None


class Attempts:
    """Counts wrong passwords by address, in the database: for all replicas, and after a restart."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Count in `pool`'s database."""
        self._pool = pool

    async def attempted(self, address: str, *, is_right: bool) -> timedelta | None:
        """Note a try; return for how long an address is locked out, None when it is not.

        Raises Unavailable without a database: then nobody is let in.
        """
        name = sha256(address.encode()).hexdigest()
        with asking("the log-in attempts"):
            wait: timedelta | None = await self._pool.fetchval(_TRY, name, is_right)
        return wait


def _decoded(basic: str) -> bytes:
    try:
        return b64decode(basic, validate=True)
    except ValueError:
        return b""


def _printable(name: str) -> str:
    kept = "".join(each for each in name if each.isprintable())[:LONGEST_NAME]
    return f"{NAMELESS}: {kept}" if kept else NAMELESS
