"""What mails need, wired: the account, the domains, the ledger, the server, the archive."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from chassis.app import Service
from chassis.archive import archive
from chassis.objects.open import open_objects
from chassis.resilience import Guard
from services.notifier.mail.address import AllDomains, DnsDomains
from services.notifier.mail.ledger import Caps, MailLedger
from services.notifier.mail.post import Office, Post
from services.notifier.mail.presence import Presence
from services.notifier.mail.smtp import Server, Smtp
from services.notifier.settings import NotifierSettings

UPSTREAM = "smtp"
ATTEMPT_TIME = timedelta(seconds=25)


@asynccontextmanager
async def open_post(
    settings: NotifierSettings, app: Service, *, secret: bytes
) -> AsyncGenerator[tuple[Post, MailLedger]]:
    """Yield the post and its ledger, which knows addresses by hashes keyed with `secret`."""
    caps = Caps(
        user=settings.mails_per_user_per_day,
        address=settings.mails_per_address_per_day,
        all=settings.mails_per_day,
    )
    server = Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        user=settings.gmail_address or "",
        password=settings.gmail_app_password,
    )
    presence = Presence(app.pool)
    app.spawn(presence.keep, "presence")
    ledger = MailLedger(app.pool, secret=secret, caps=caps, mark=lambda: presence.mark)
    async with open_objects(settings, app) as objects, archive(objects) as copies:
        office = Office(
            sender=settings.gmail_address,
            domains=DnsDomains() if settings.email_check_mx else AllDomains(),
            ledger=ledger,
            carrier=Smtp(server),
            guard=Guard(upstream=UPSTREAM, timeout=ATTEMPT_TIME),
            archive=copies,
        )
        yield Post(office), ledger
