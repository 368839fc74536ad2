"""The mail server, step by step: what failed before it had the text may be tried again."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
)
from pydantic import SecretStr

from chassis.resilience import Transient
from services.notifier.mail.letter import Letter

Tls = Literal["tls", "starttls", "none"]
STEP_SECONDS = 10.0
PERMANENT = 500
"""SMTP replies from here on are for good (RFC 5321, 4.2.1)."""
LOGIN_WANTED = 530
"""Said to whoever has not logged in (RFC 4954, 6)."""
ACCEPTED = 250


class Trouble(Transient):
    """The mail server is away, busy or confused; nothing was sent."""

    outcome = "unavailable"


class MailRefused(Exception):
    """The mail server will never take this mail; `code` is its reply."""

    outcome = "refused"

    def __init__(self, code: int) -> None:
        """Keep the reply's number; its text may name the address."""
        super().__init__(str(code))
        self.code = code


class LoginRefused(Exception):
    """The mail server does not let us in: nothing a user could help."""

    outcome = "login_refused"


class OutcomeUnknown(Exception):
    """The text was given to the mail server, and it never said whether it took it."""

    outcome = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the mail server is, how it is spoken to, and as whom."""

    host: str
    port: int
    tls: Tls
    user: str
    password: SecretStr | None


class Smtp:
    """Hands one letter to the mail server, on a connection of its own."""

    def __init__(self, server: Server, *, trust: ssl.SSLContext | None = None) -> None:
        """Connect to `server` for each letter; `trust` in place of the system's authorities."""
        self._server = server
        self._trust = trust

    async def send(self, letter: Letter, *, handing: Callable[[], Awaitable[None]]) -> None:
        """Return once the server has taken the letter; `handing` is awaited before it gets it.

        Raises Trouble before that point, MailRefused or LoginRefused for good, and OutcomeUnknown
        when the server was given the text and said nothing.
        """
        client = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            timeout=STEP_SECONDS,
            use_tls=self._server.tls == "tls",
            start_tls=self._server.tls == "starttls",
            tls_context=self._trust,
        )
        try:
            await self._address(client, letter)
            await handing()
            await _give(client, letter)
        finally:
            client.close()

    async def _log_in(self, client: SMTP) -> None:
        """Log in where that is offered: a relay inside a hospital's network may know no log-ins."""
        password = self._server.password
        if password is not None and client.supports_extension("auth"):
            await client.login(self._server.user, password.get_secret_value())

    async def _address(self, client: SMTP, letter: Letter) -> None:
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            await self._log_in(client)
            options = [] if letter.to.is_ascii else ["SMTPUTF8"]
            encoding = "ascii" if letter.to.is_ascii else "utf-8"
            if options and not client.supports_extension("smtputf8"):
                raise MailRefused(PERMANENT)
            await client.mail(letter.sender, options=options, encoding=encoding)
            await client.rcpt(letter.to.address, encoding=encoding)
        except SMTPAuthenticationError as error:
            raise _login_failed(error) from None
        except SMTPNotSupported:
            raise LoginRefused from None
        except SMTPResponseException as error:
            raise _reply(error) from None  # its text may repeat the address
        except (SMTPException, OSError) as error:
            raise Trouble(type(error).__name__) from None


async def _give(client: SMTP, letter: Letter) -> None:
    try:
        await client.data(letter.body)
    except SMTPResponseException as error:
        raise _reply(error) from None
    except (SMTPException, OSError) as error:
        raise OutcomeUnknown(type(error).__name__) from None


def _login_failed(error: SMTPAuthenticationError) -> Exception:
    return LoginRefused(str(error.code)) if error.code >= PERMANENT else Trouble(str(error.code))


def _reply(error: SMTPResponseException) -> Exception:
    if error.code == LOGIN_WANTED:
        return LoginRefused(str(error.code))
    if error.code >= PERMANENT:
        return MailRefused(error.code)
    return Trouble(str(error.code))
