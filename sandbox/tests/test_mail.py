"""A mail client of the services' kind against the sandbox's mail server."""

from email.message import EmailMessage

import aiosmtplib
import pytest

from sandbox.shapes import JsonObject
from sandbox.tests.served import Sandbox

HTML = (
    "<html><head><title>x</title></head><body><a href='https://www.who.int/'>來源</a></body></html>"
)


def mail(to: str = "nurse@example.org") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "MedEdBot <bot@example.org>", to
    made["Subject"] = "衛教單張：認識糖尿病"
    made.set_content("認識糖尿病\n\n• 多喝水")
    made.add_alternative(HTML, subtype="html")
    return made


async def send(sandbox: Sandbox, message: EmailMessage, password: str = "") -> None:
    async with aiosmtplib.SMTP(
        hostname="127.0.0.1", port=sandbox.smtp_port, timeout=2, start_tls=False
    ) as client:
        if password:
            await client.login("bot@example.org", password)
        await client.send_message(message)


async def taken(sandbox: Sandbox, to: str = "") -> list[JsonObject]:
    return (await sandbox.http.get("/sandbox/mails", params={"to": to})).json()["mails"]


async def test_a_mail_is_kept_with_both_its_parts(sandbox: Sandbox):
    await send(sandbox, mail())
    (kept,) = await taken(sandbox)
    assert (kept["from"], kept["to"]) == ("bot@example.org", ["nurse@example.org"])
    assert kept["subject"] == "衛教單張：認識糖尿病"
    assert kept["text"].startswith("認識糖尿病")
    assert kept["parts"] == ["text/plain", "text/html"]
    assert ["To", "nurse@example.org"] in kept["headers"]


async def test_a_reader_may_look_for_an_address(sandbox: Sandbox):
    await send(sandbox, mail())
    await send(sandbox, mail("doctor@example.org"))
    assert len(await taken(sandbox)) == 2
    assert len(await taken(sandbox, "doctor@example.org")) == 1


async def test_the_page_of_a_mail_runs_and_fetches_nothing(sandbox: Sandbox):
    await send(sandbox, mail())
    (kept,) = await taken(sandbox)
    answer = await sandbox.http.get(f"/sandbox/mails/{kept['seq']}/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert '<head><base target="_blank">' in answer.text
    assert (await sandbox.http.get("/sandbox/mails/99999/html")).status_code == 404


async def test_the_mail_as_it_came_can_be_had(sandbox: Sandbox):
    await send(sandbox, mail())
    (kept,) = await taken(sandbox)
    raw = await sandbox.http.get(f"/sandbox/mails/{kept['seq']}/raw")
    assert raw.headers["content-type"] == "message/rfc822"
    assert b"To: nurse@example.org" in raw.content


async def test_any_name_and_password_will_do(sandbox: Sandbox):
    await send(sandbox, mail(), password="anything")
    assert len(await taken(sandbox)) == 1


@pytest.mark.parametrize("status", [450, 550])
async def test_a_recipient_is_refused_as_told(sandbox: Sandbox, status: int):
    await sandbox.break_("smtp", f"status:{status}")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
        await send(sandbox, mail())
    assert refusal.value.recipients[0].code == status
    await send(sandbox, mail())
    assert len(await taken(sandbox)) == 1


@pytest.mark.parametrize("mode", ["hang", "reset"])
async def test_the_line_to_the_server_can_fail(sandbox: Sandbox, mode: str):
    await sandbox.break_("smtp", mode)
    with pytest.raises((aiosmtplib.SMTPException, OSError)):
        await send(sandbox, mail())
    assert await taken(sandbox) == []


async def test_a_lost_answer_hides_a_mail_that_was_taken(sandbox: Sandbox):
    await sandbox.break_("smtp", "lost")
    with pytest.raises((aiosmtplib.SMTPException, OSError)):
        await send(sandbox, mail())
    assert len(await taken(sandbox)) == 1


async def test_a_mail_in_letters_that_nobody_knows_can_still_be_listed(sandbox: Sandbox):
    odd = EmailMessage()
    odd["From"], odd["To"] = "bot@example.org", "nurse@example.org"
    odd["Content-Type"] = 'text/plain; charset="klingon"'
    odd.set_payload("Qapla'")
    await send(sandbox, odd)
    assert [kept["text"] for kept in await taken(sandbox)] == [None]
