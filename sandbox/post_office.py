"""A mail server that keeps what it takes and sends nothing anywhere."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from sandbox import mails
from sandbox.faults import status_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from sandbox.faults import Switchboard
    from sandbox.ledger import Ledger

_HOST_NAME = "post.sandbox.example"
_TAKEN = "250 2.0.0 OK: kept in the sandbox, sent nowhere"
_LARGEST_BYTES = 5 * 1024 * 1024
_LONGEST_HANG_SECONDS = 600.0
_MOST_RECIPIENTS = 20


@dataclass(slots=True)
class PostOffice:
    """Takes mails into the ledger, and fails as the switchboard says."""

    ledger: Ledger
    faults: Switchboard
    open: set[asyncio.Transport] = field(default_factory=set[asyncio.Transport])

    async def handle_RCPT(  # noqa: N802 (the name aiosmtpd calls)
        self, server: SMTP, _: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or fail: a mail that is refused is refused here."""
        mode = self.faults.take("smtp") if self.faults.peek("smtp") != "lost" else "ok"
        status = status_of(mode)
        if status is not None:
            return f"{status} {status // 100}.7.1 refused as told"
        if mode != "ok":
            return await self._failing(server, mode)
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 (as above)
        """Keep a mail; "lost" keeps that from its sender."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        record = mails.record(self.ledger.clock(), envelope.mail_from, envelope.rcpt_tos, raw)
        await self.ledger.record(record)
        mode = self.faults.take("smtp")
        return await self._failing(server, mode) if mode == "lost" else _TAKEN

    async def _failing(self, server: SMTP, mode: str) -> str:
        if mode == "hang":
            await asyncio.sleep(_LONGEST_HANG_SECONDS)
        cast("asyncio.Transport", server.transport).abort()
        return "421 4.3.0 gone"

    def close(self) -> None:
        """Cut every connection."""
        for transport in list(self.open):
            transport.abort()


class _Counter(SMTP):
    """A session whose connection can be cut when the sandbox goes down."""

    def __init__(self, office: PostOffice) -> None:
        super().__init__(
            office,
            hostname=_HOST_NAME,
            ident="MedEdBot sandbox",
            data_size_limit=_LARGEST_BYTES,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=_anybody,
            loop=asyncio.get_running_loop(),
        )
        self._office = office

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the connection."""
        self._office.open.add(cast("asyncio.Transport", transport))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        self._office.open.discard(cast("asyncio.Transport", self.transport))
        super().connection_lost(error)


def _anybody(*_: Any) -> AuthResult:
    return AuthResult(success=True)


@contextlib.asynccontextmanager
async def serving_mail(office: PostOffice, host: str, port: int) -> AsyncGenerator[int]:
    """Take mails while the block runs; yields the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Counter(office), host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        office.close()
        await server.wait_closed()
