"""A real SMTP server that keeps what it takes, and refuses what it is told to."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

ACCEPTED = "250 OK"


@dataclass(slots=True)
class PostOffice:
    """What was taken; `refusals` answer the next recipients, one each."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    refusals: list[str] = field(default_factory=list[str])

    async def handle_RCPT(  # noqa: N802 (the name aiosmtpd calls)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return ACCEPTED

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (as above)
        """Keep a mail."""
        mail = message_from_bytes(cast("bytes", envelope.content), policy=POLICY)
        self.mails.append(mail)
        return ACCEPTED

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails to an address."""
        return [mail for mail in self.mails if address in str(mail["To"])]


@asynccontextmanager
async def post_office() -> AsyncGenerator[PostOffice]:
    """Serve on a free port."""
    office = PostOffice()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(office, hostname="post.example.org"), "127.0.0.1", 0
    )
    async with server:
        office.port = server.sockets[0].getsockname()[1]
        yield office
