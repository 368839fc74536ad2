"""Leaflets by mail: asked for in LINE, received by a real mail server, archived."""

from email.message import EmailMessage

import pytest

from tests.e2e.world import World, new_tag, new_user

pytestmark = pytest.mark.e2e

CONFIRM = "確認寄送"


async def with_leaflet(world: World, tag: str, *more: str) -> str:
    """Bring a user to a leaflet; return the user."""
    user = new_user()
    await world.talk(user, "開始", "衛教", f"痛風 {tag}", *more)
    return user


def part(mail: EmailMessage, kind: str) -> str:
    """Return one of the two forms of a mail."""
    found = mail.get_body((kind,))
    assert found is not None, kind
    return str(found.get_content())


async def test_a_leaflet_with_its_translation_is_mailed_after_one_confirmation(calm: World):
    tag = new_tag()
    user, address = await with_leaflet(calm, tag, "翻譯", "英文"), f"{tag}@example.org"
    asked = await calm.talk(user, "寄送")
    assert "電子郵件" in asked.text
    confirm = await calm.talk(user, address)
    assert address in confirm.text
    assert CONFIRM in confirm.choices
    sent = await calm.talk(user, CONFIRM)
    assert address in sent.text
    (mail,) = calm.office.to(address)
    assert "clinic@example.org" in str(mail["From"])
    assert mail["Message-ID"]
    assert mail["Date"]
    assert mail["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        assert tag in part(mail, kind)
        assert "https://www.who.int/" in part(mail, kind)
        assert "119" in part(mail, kind)
    await calm.at_rest()
    assert len(calm.line.ledger.answers(user)) == 3 + 2 + 3
    assert any(calm.buckets.keys("text/"))
    assert await mailed_again_at_once(calm, user, address)


async def mailed_again_at_once(world: World, user: str, address: str) -> bool:
    """Mail to an address that was confirmed before: nobody is asked twice."""
    answer = await world.talk(user, "寄送", address)
    assert address in answer.text
    return len(world.office.to(address)) == 2


async def test_what_is_no_address_is_asked_for_again(calm: World):
    user = await with_leaflet(calm, new_tag())
    await calm.talk(user, "寄送")
    for wrong in ("somebody", "a@b@c.example", "a b@example.org", "x@example.org, y@example.org"):
        assert "電子郵件" in (await calm.talk(user, wrong)).text
    kept = await calm.talk(user, "取消")
    assert "寄送" in kept.choices
    assert calm.office.to("example.org, ") == []


@pytest.mark.parametrize("refusal", ["550 no such user", "552 full"])
async def test_a_mail_that_is_refused_is_told_to_the_user(calm: World, refusal: str):
    tag = new_tag()
    user = await with_leaflet(calm, tag)
    await calm.talk(user, "寄送", f"{tag}@example.net")
    calm.office.refusals = [refusal]
    answer = await calm.talk(user, CONFIRM)
    assert "已寄到" not in answer.text
    assert calm.office.to(f"{tag}@example.net") == []


async def test_a_mail_server_that_is_busy_for_a_moment_costs_time_only(calm: World):
    tag = new_tag()
    user = await with_leaflet(calm, tag)
    await calm.talk(user, "寄送", f"{tag}@example.net")
    calm.office.refusals = ["450 try again"]
    answer = await calm.talk(user, CONFIRM)
    assert f"{tag}@example.net" in answer.text
    await calm.at_rest()
    assert len(calm.office.to(f"{tag}@example.net")) == 1
