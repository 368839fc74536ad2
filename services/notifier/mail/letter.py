"""The mail of a leaflet: two forms of one text, headers that nobody's words can break. Pure."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from contracts.conversation import EmailRequested
from services.notifier.mail.address import Mailbox
from services.notifier.mail.html import Section, page
from services.notifier.render.graphemes import shorten
from services.notifier.render.references import link
from services.notifier.render.text import clean, one_line

SENDER_NAME = "MedEdBot 衛教"
SUBJECT = "衛教單張"
SUBJECT_CHARACTERS = 60
ORIGINAL = "衛教單張（中文）"
REFERENCES = "參考資料"
DISCLAIMER = (
    "本信內容由 AI 產生，僅供衛教參考，不能取代醫師的診斷與治療；使用前請由醫療人員確認。"
    "遇到緊急狀況請撥打 119。"
)
WHY = (
    "這封信是有人在 LINE 上使用 MedEdBot 時要求寄到這個地址的。"
    "不是您要的嗎？刪除即可，不會因此收到其他信件。"
)
RULE = "-" * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail ready to be handed over."""

    sender: str
    to: Mailbox
    body: bytes


def letter(asked: EmailRequested, to: Mailbox, *, sender: str, now: datetime) -> Letter:
    """Return the mail that a request is about."""
    mail = EmailMessage(policy=SMTP if to.is_ascii else SMTPUTF8)
    mail["From"] = Address(SENDER_NAME, addr_spec=sender)
    # In two parts: as one, Python 3.13.0 takes it for ASCII whatever the policy says.
    user, _, domain = to.address.rpartition("@")
    mail["To"] = Address(username=user, domain=domain)
    mail["Subject"] = subject(asked.leaflet)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{asked.request_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain_text(asked), cte="base64")
    mail.add_alternative(_html(asked), subtype="html", cte="base64")
    mail["Content-Language"] = "zh-Hant"  # setting the content drops earlier Content- headers
    return Letter(sender=sender, to=to, body=mail.as_bytes())


def subject(leaflet: str) -> str:
    """Return the subject: what the leaflet's first line says, in one line."""
    first = one_line(leaflet.strip().partition("\n")[0])
    return f"{SUBJECT}：{shorten(first, SUBJECT_CHARACTERS)}" if first else SUBJECT


def plain_text(asked: EmailRequested) -> str:
    """Return the mail as plain text; also what is kept in the archive."""
    blocks = [f"【{each.heading}】\n\n{each.text}" for each in _sections(asked)]
    if sources := [f"・{title}\n  {url}" for title, url in _sources(asked)]:
        blocks.append(f"【{REFERENCES}】\n\n" + "\n".join(sources))
    return f"\n\n{RULE}\n\n".join([*blocks, f"{DISCLAIMER}\n\n{WHY}"]) + "\n"


def _html(asked: EmailRequested) -> str:
    return page(
        subject(asked.leaflet),
        _sections(asked),
        heading=REFERENCES,
        sources=_sources(asked),
        notes=(DISCLAIMER, WHY),
    )


def _sections(asked: EmailRequested) -> list[Section]:
    original = Section(ORIGINAL, clean(asked.leaflet).strip(), "zh-Hant")
    if not asked.translation.strip():
        return [original]
    return [original, Section(one_line(asked.language), clean(asked.translation).strip())]


def _sources(asked: EmailRequested) -> list[tuple[str, str]]:
    """Return titles and addresses, of links that LINE would show as well."""
    found = ((one_line(each.title), link(each.url)) for each in asked.references)
    return [(title or url, url) for title, url in found if url]
