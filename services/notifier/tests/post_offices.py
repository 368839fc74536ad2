"""Mail servers of the notifier's tests: real SMTP, failing as they are told."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from tempfile import NamedTemporaryFile

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LOOPBACK = ip_address("127.0.0.1")
ACCEPTED = "250 OK"
USER, PASSWORD = "clinic@example.org", "app password"


@dataclass(slots=True)
class PostOffice:
    """What was taken; `recipients` and `data` answer the next commands, one each.

    "hang" answers nothing, "drop" cuts the connection.
    """

    port: int = 0
    mails: list[bytes] = field(default_factory=list[bytes])
    recipients: list[str] = field(default_factory=list[str])
    data: list[str] = field(default_factory=list[str])
    logins: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(  # noqa: N802 (the name aiosmtpd calls)
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        said = await self._said(server, self.recipients)
        if said == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (as above)
        """Keep a mail."""
        said = await self._said(server, self.data)
        if said == ACCEPTED:
            assert isinstance(envelope.content, bytes)
            self.mails.append(envelope.content)
        return said

    async def _said(self, server: SMTP, planned: list[str]) -> str:
        said = planned.pop(0) if planned else ACCEPTED
        if said == "hang":
            await self.closing.wait()
        if said == "drop":
            assert server.transport is not None
            server.transport.close()
        return said

    def log_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _method: str, given: object
    ) -> AuthResult:
        """Let in who knows the password."""
        self.logins += 1
        wanted = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=given == wanted, handled=False)


def certificates() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the side of a server with a throwaway certificate, and that of who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post.example.org")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK)]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with NamedTemporaryFile() as file:
        file.write(secret + certificate)
        file.flush()
        served.load_cert_chain(file.name)
    return served, ssl.create_default_context(cadata=certificate.decode())


@asynccontextmanager
async def post_office(*, tls: ssl.SSLContext | None = None) -> AsyncGenerator[PostOffice]:
    """Serve on a free port; with a context, STARTTLS and a log-in are asked for."""
    office = PostOffice()

    def serve() -> SMTP:
        guarded = tls is not None
        return SMTP(
            office,
            hostname="post.example.org",
            enable_SMTPUTF8=True,
            tls_context=tls,
            require_starttls=guarded,
            authenticator=office.log_in if guarded else None,
            auth_required=guarded,
        )

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
    async with server:
        office.port = server.sockets[0].getsockname()[1]
        yield office
        office.closing.set()
