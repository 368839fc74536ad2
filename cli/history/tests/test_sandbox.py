"""What the sandbox remembers becomes records: while it runs, and from its journal afterwards."""

from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from chassis.errors import StartupRefused
from chassis.testing import poll
from cli.history.reading import history_of
from cli.history.records import History, Record
from cli.history.sandbox import journalled, remembered
from sandbox.app import create
from sandbox.post_office import serving_mail
from sandbox.server import listening
from sandbox.settings import SandboxSettings
from sandbox.tests.served import TOKEN, BotServer, Sandbox

HELLO = {"type": "text", "text": "您好"}


async def acted_out(home: Path) -> tuple[list[Record], str]:
    """Let a user write, the bot answer twice by one token and mail; return the records."""
    bot = BotServer(statuses=[503])
    settings = SandboxSettings(
        gateway_url="http://gateway.test",
        channel_secret="channel-secret",
        channel_access_token=TOKEN,
        redelivery_first_seconds=0.01,
        home=home,
    )
    app = create(settings, client=bot.client())
    async with (
        listening(app, "127.0.0.1", 0) as (_, url),
        serving_mail(app.state.office, "127.0.0.1", 0) as smtp_port,
        httpx.AsyncClient(base_url=url, trust_env=False) as http,
    ):
        sandbox = Sandbox(url, http, bot, smtp_port)
        sent = await sandbox.say("nurse", "開始")
        await poll(lambda: len(bot.requests) > 1)
        for _ in range(2):
            await sandbox.reply(sent["replyToken"], HELLO)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Message-ID"] = "b@example.org", "a@example.org", "<r@x>"
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=smtp_port, start_tls=False)
        await poll(lambda: _is_acknowledged(sandbox))
        return await remembered(url), str(sent["webhookEventId"])


async def _is_acknowledged(sandbox: Sandbox) -> bool:
    return bool((await sandbox.ledger())["webhooks"][0]["acknowledged"])


def assert_told(history: History, event_id: str) -> None:
    """Assert that the message, its deliveries, the reply that was taken and the mail are there."""
    assert history.webhooks is not None
    assert history.calls is not None
    assert history.mails is not None
    (webhook,) = history.webhooks
    taken, refused = history.calls
    (mail,) = history.mails
    assert [each.status for each in webhook.attempts] == [503, 200]
    assert webhook.event_id == event_id
    assert (taken.accepted, refused.accepted) == (True, False)
    assert taken.chat == webhook.chat
    assert (taken.token, taken.text, len(taken.ids)) == (webhook.reply_token, "您好", 1)
    assert (mail.to, mail.message_id) == (("a@example.org",), "<r@x>")
    assert 0 < history.since <= webhook.attempts[0].at


async def test_what_a_running_sandbox_remembers_and_what_its_journal_holds(tmp_path: Path):
    records, event_id = await acted_out(tmp_path)
    assert_told(history_of(records), event_id)
    assert_told(history_of(await journalled(tmp_path)), event_id)


async def test_a_sandbox_that_is_not_there_is_named():
    with pytest.raises(StartupRefused, match=r"127\.0\.0\.1:9"):
        await remembered("http://127.0.0.1:9")
