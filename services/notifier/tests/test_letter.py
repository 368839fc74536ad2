"""The mail itself: both forms say everything, and nobody's words break out of their place."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from hypothesis import given
from hypothesis import strategies as st

from contracts.answer import Reference
from contracts.conversation import EmailRequested
from services.notifier.mail.address import mailbox
from services.notifier.mail.letter import DISCLAIMER, SUBJECT, letter, plain_text, subject

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
LEAFLET = "糖尿病是血糖過高的慢性病。\n\n• 少糖 <b>&</b> 多動\n\n何時就醫：血糖 > 300 mg/dL。"
TRANSLATION = "Bệnh tiểu đường là bệnh mạn tính."
SOURCE = Reference(title="國民健康署", url="https://example.org/hpa?a=1&b=2")


def request(leaflet: str = LEAFLET, **more: str) -> EmailRequested:
    return EmailRequested(
        request_id="11111111-1111-4111-8111-111111111111",
        answer_by=NOW + timedelta(minutes=2),
        address=more.pop("address", "nurse@example.org"),
        leaflet=leaflet,
        references=(SOURCE, Reference(title="evil", url="javascript:alert(1)")),
        **more,
    )


def parsed(asked: EmailRequested) -> EmailMessage:
    to = mailbox(asked.address)
    assert to is not None
    made = letter(asked, to, sender="clinic@example.org", now=NOW)
    return message_from_bytes(made.body, policy=SMTP)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_both_forms_hold_leaflet_translation_sources_and_disclaimer():
    mail = parsed(request(translation=TRANSLATION, language="越南文"))
    assert mail.get_content_type() == "multipart/alternative"
    for kind in ("plain", "html"):
        text = part(mail, kind)
        wanted = ("血糖過高", TRANSLATION, "越南文", "國民健康署", DISCLAIMER, "119")
        assert [each for each in wanted if each not in text] == []
        assert "javascript" not in text


def test_the_page_escapes_what_is_no_markup_of_ours():
    text = part(parsed(request()), "html")
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in text
    assert 'href="https://example.org/hpa?a=1&amp;b=2"' in text


def test_the_headers_are_those_of_a_machine_and_the_same_in_every_attempt():
    one, other = parsed(request()), parsed(request())
    assert one["Message-ID"] == other["Message-ID"]
    assert str(one["Message-ID"]).endswith("@example.org>")
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["Content-Language"] == "zh-Hant"
    assert str(one["To"]) == "nurse@example.org"
    assert "clinic@example.org" in str(one["From"])
    assert one["Subject"] == f"{SUBJECT}：糖尿病是血糖過高的慢性病。"
    assert one["Date"].datetime == NOW


def test_without_a_translation_there_is_one_section():
    assert plain_text(request()).count("【") == 2
    assert plain_text(request(translation="x", language="英文")).count("【") == 3


@given(st.text(max_size=200))
def test_no_leaflet_can_add_a_header_or_break_a_part(leaflet: str):
    mail = parsed(request(leaflet + "\r\nBcc: all@example.org\r\n\r\n<script>x</script>"))
    assert mail["Bcc"] is None
    assert len(list(mail.iter_parts())) == 2
    assert "<script>" not in part(mail, "html")
    assert sorted(set(mail.keys())) == sorted(mail.keys())


@given(st.text(max_size=300))
def test_a_subject_is_one_short_line(leaflet: str):
    line = subject(leaflet)
    assert line.startswith(SUBJECT)
    assert len(line.splitlines()) == 1
    assert len(line) <= 70


def test_an_address_of_another_script_is_understood_and_nonsense_is_not():
    chinese = mailbox("護理師@例子.台灣")
    assert chinese is not None
    assert not chinese.is_ascii
    assert chinese.domain.startswith("xn--")
    wrong = ("", "a", "a@b", "a@b\r\nBcc: c@d.example", "a b@example.org", "a@b.org, c@d.org")
    assert [each for each in wrong if mailbox(each) is not None] == []
