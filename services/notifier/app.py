"""The notifier, composed: LINE, the ledger, the loading animation, the courier."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.app import Service, service
from chassis.bus.letters import count_letters
from chassis.links import open_links
from contracts.subjects import NOTIFIER_DELIVER_REPLY
from services.notifier import handlers
from services.notifier.adapters import line_messenger
from services.notifier.addresses import PublicAddress
from services.notifier.courier import Courier
from services.notifier.drafts import Drafts
from services.notifier.excuse import excuse
from services.notifier.ledger import PostgresLedger
from services.notifier.loading import Loading
from services.notifier.mail.open import open_post
from services.notifier.reading import ReadMarks
from services.notifier.settings import NotifierSettings
from services.notifier.tidying import tidy


async def run(settings: NotifierSettings) -> None:
    """Deliver answers until told to stop."""
    async with service("notifier", settings) as app, adapters(settings, app):
        app.include(handlers.router)
        await app.serve()


@asynccontextmanager
async def adapters(settings: NotifierSettings, app: Service) -> AsyncGenerator[None]:
    """Give the handlers what they need for as long as the service runs."""
    token = settings.line_channel_access_token.get_secret_value()
    ledger = PostgresLedger(app.pool, replica=secrets.token_hex(4))
    links = await open_links(app.pool, lifetime=settings.audio_retention)
    async with (
        line_messenger(base_url=settings.line_api_base_url, token=token) as messenger,
        open_post(settings, app, secret=links.key) as (post, mails),
    ):
        loading, read_marks = Loading(messenger, ledger), ReadMarks(messenger)
        drafts = Drafts(messenger, PublicAddress(settings.base_url, links))
        app.provide("loading", loading)
        app.provide("read_marks", read_marks)
        app.provide("post", post)
        courier = Courier(messenger, ledger, loading, drafts)
        app.provide("courier", courier)
        app.parking.instead(NOTIFIER_DELIVER_REPLY, excuse(courier, app.packer, app.journal))
        app.spawn(lambda: count_letters(app.nats), "dead letters")
        app.spawn(read_marks.run, "mark as read")
        app.spawn(lambda: tidy(ledger, mails), "tidy deliveries")
        try:
            yield
        finally:
            await loading.close()
