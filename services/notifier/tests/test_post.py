"""A mail from its request to its outcome, on a real mail server and a real ledger."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from chassis.archive import Archive
from chassis.database import open_pool
from chassis.errors import Unavailable
from chassis.eventlog.keyring import Keyring
from chassis.objects.memory import MemoryObjects
from chassis.objects.sealed import SealedObjects
from chassis.resilience import Backoff, Guard
from chassis.testing import Database, poll
from contracts.base import CloudEvent
from contracts.conversation import EmailRequested
from contracts.notifier import EmailFailed, EmailSent
from services.notifier.mail.address import AllDomains
from services.notifier.mail.ledger import Caps, Claim, MailLedger
from services.notifier.mail.letter import Letter
from services.notifier.mail.post import Office, Post
from services.notifier.mail.smtp import Server, Smtp
from services.notifier.tests.post_offices import (
    PASSWORD,
    USER,
    PostOffice,
    certificates,
    post_office,
)

QUICK = Backoff(first=timedelta(0), longest=timedelta(0), jitter=timedelta(0))
NO_CAPS = Caps(user=0, address=0, all=0)
NURSE = "nurse@example.org"


@pytest.fixture
async def pool(postgres: Database) -> AsyncGenerator[asyncpg.Pool]:
    async with open_pool(postgres.service_url) as pool:
        yield pool


@pytest.fixture
async def server() -> AsyncGenerator[PostOffice]:
    async with post_office() as office:
        yield office


def request(
    address: str = NURSE, stream: str = "", seconds: float = 100
) -> CloudEvent[EmailRequested]:
    asked = EmailRequested(
        request_id=str(uuid4()),
        answer_by=datetime.now(UTC) + timedelta(seconds=seconds),
        address=address,
        leaflet="糖尿病",
    )
    return CloudEvent(
        id=str(uuid4()),
        type=asked.NAME,
        source="/conversation",
        time=datetime.now(UTC),
        stream=stream or str(uuid4()),
        version=1,
        data=asked,
    )


def plain(server: PostOffice, password: SecretStr) -> Server:
    return Server(host="127.0.0.1", port=server.port, tls="none", user=USER, password=password)


async def said(pool: asyncpg.Pool) -> CloudEvent[EmailRequested]:
    """Return a request of a user who has said something: there is a key."""
    asked = request()
    await Keyring(pool).key(asked.stream)
    return asked


def office(
    pool: asyncpg.Pool, port: int, *, caps: Caps = NO_CAPS, attempt: float = 5
) -> tuple[Office, MemoryObjects]:
    store = MemoryObjects()
    at = Server(host="127.0.0.1", port=port, tls="none", user=USER, password=None)
    made = Office(
        sender=USER,
        domains=AllDomains(),
        ledger=MailLedger(pool, secret=b"secret", caps=caps),
        carrier=Smtp(at),
        guard=Guard(upstream="smtp", timeout=timedelta(seconds=attempt), backoff=QUICK),
        archive=Archive(SealedObjects(store, Keyring(pool)), pause=timedelta(0)),
    )
    return made, store


def reason(outcome: EmailSent | EmailFailed) -> str:
    return outcome.reason if isinstance(outcome, EmailFailed) else "sent"


async def test_a_mail_is_sent_once_and_archived_sealed(pool: asyncpg.Pool, server: PostOffice):
    made, store = office(pool, server.port)
    asked = await said(pool)
    sent = await Post(made).send(asked)
    assert isinstance(sent, EmailSent)
    assert len(server.mails) == 1
    await made.archive.close()
    assert await store.get(sent.object_key) is not None
    kept = await SealedObjects(store, Keyring(pool)).get(asked.stream, sent.object_key)
    assert kept is not None
    assert "糖尿病" in kept.data.decode()
    assert sent.object_key.startswith(f"text/{asked.stream}/")


async def test_a_second_delivery_of_the_request_sends_nothing(
    pool: asyncpg.Pool, server: PostOffice
):
    made, _ = office(pool, server.port)
    post, asked = Post(made), request()
    first = await post.send(asked)
    assert await post.send(asked) == first
    post.recorded(asked.data.request_id)
    with pytest.raises(Unavailable):
        await post.send(asked)
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("recipients", "data", "outcome"),
    [
        (["450 later"], [], "sent"),
        (["421 closing"] * 3, [], "unavailable"),
        (["550 nobody"], [], "refused"),
        ([], ["451 busy"], "sent"),
        ([], ["554 no"], "refused"),
        ([], ["drop"], "unknown"),
    ],
)
async def test_what_the_server_says_decides(
    pool: asyncpg.Pool, server: PostOffice, recipients: list[str], data: list[str], outcome: str
):
    made, _ = office(pool, server.port)
    server.recipients, server.data = [*recipients], [*data]
    assert reason(await Post(made).send(request())) == outcome
    assert len(server.mails) == (outcome == "sent")


async def test_a_server_that_hangs_with_the_text_is_not_asked_again(
    pool: asyncpg.Pool, server: PostOffice
):
    made, _ = office(pool, server.port, attempt=1)
    server.data = ["hang"]
    assert reason(await Post(made).send(request())) == "unknown"


async def test_a_fault_of_ours_with_the_text_given_away_is_not_taken_for_a_no(
    pool: asyncpg.Pool, server: PostOffice
):
    class Faulty:
        async def send(self, letter: Letter, *, handing: Callable[[], Awaitable[None]]) -> None:
            assert letter.body
            await handing()
            raise LookupError

    made, _ = office(pool, server.port)
    asked = request()
    with pytest.raises(LookupError):
        await Post(replace(made, carrier=Faulty())).send(asked)
    await pool.execute("update notifier.mails set held_until = clock_timestamp()")
    assert reason(await Post(made).send(asked)) == "unknown"
    assert server.mails == []


async def test_a_server_that_is_away_is_unavailable(pool: asyncpg.Pool):
    made, _ = office(pool, 9)
    assert reason(await Post(made).send(request())) == "unavailable"


async def test_without_an_account_nothing_is_sent(pool: asyncpg.Pool, server: PostOffice):
    made, _ = office(pool, server.port)
    assert reason(await Post(replace(made, sender=None)).send(request())) == "off"


async def test_an_address_is_checked_again_before_it_is_used(
    pool: asyncpg.Pool, server: PostOffice
):
    made, _ = office(pool, server.port)
    assert reason(await Post(made).send(request("a@b\r\nBcc: c@d.org"))) == "refused"


async def test_who_died_with_the_text_given_away_leaves_a_doubt(
    pool: asyncpg.Pool, server: PostOffice
):
    made, _ = office(pool, server.port)
    asked = request()
    claim = await made.ledger.claim(asked, NURSE)
    assert isinstance(claim, Claim)
    with pytest.raises(Unavailable):
        await Post(made).send(asked)
    await made.ledger.hand_over(claim)
    await expire(pool, claim)
    assert reason(await Post(made).send(asked)) == "unknown"
    assert server.mails == []


async def test_who_died_before_is_followed_by_the_next_one_and_must_not_wake_to_send(
    pool: asyncpg.Pool, server: PostOffice
):
    made, _ = office(pool, server.port)
    asked = request()
    claim = await made.ledger.claim(asked, NURSE)
    assert isinstance(claim, Claim)
    await expire(pool, claim)
    assert reason(await Post(made).send(asked)) == "sent"
    with pytest.raises(Unavailable):
        await made.ledger.hand_over(claim)
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    "caps",
    [
        Caps(user=2, address=0, all=0),
        Caps(user=0, address=2, all=0),
        Caps(user=0, address=0, all=2),
    ],
)
async def test_caps_hold_for_all_that_ask_at_once(
    pool: asyncpg.Pool, server: PostOffice, caps: Caps
):
    made, _ = office(pool, server.port, caps=caps)
    stream, post = str(uuid4()), Post(made)
    outcomes = await asyncio.gather(*(post.send(request(stream=stream)) for _ in range(5)))
    assert sorted(map(reason, outcomes)) == ["capped"] * 3 + ["sent"] * 2
    assert len(server.mails) == 2


async def test_no_address_stands_in_the_ledger(
    pool: asyncpg.Pool, server: PostOffice, postgres: Database
):
    made, _ = office(pool, server.port)
    await Post(made).send(request())
    rows = await pool.fetch("select m::text as row from notifier.mails m")
    assert len(rows) == 1
    assert NURSE.encode().hex() not in rows[0]["row"]
    assert NURSE not in rows[0]["row"]


async def test_an_archive_that_is_away_for_a_moment_gets_its_copy(
    pool: asyncpg.Pool, server: PostOffice
):
    made, _ = office(pool, server.port)
    store = Faltering()
    archive = Archive(SealedObjects(store, Keyring(pool)), pause=timedelta(0))
    sent = await Post(replace(made, archive=archive)).send(await said(pool))
    assert isinstance(sent, EmailSent)
    await poll(lambda: store.get(sent.object_key), what="the copy")
    assert store.failures == []


async def test_letters_go_under_tls_after_a_log_in_that_is_right(pool: asyncpg.Pool):
    served, trusting = certificates()
    async with post_office(tls=served) as guarded:
        made, _ = office(pool, guarded.port)
        for password, outcome in ((PASSWORD, "sent"), ("wrong", "off")):
            at = Server(
                host="127.0.0.1",
                port=guarded.port,
                tls="starttls",
                user=USER,
                password=SecretStr(password),
            )
            post = Post(replace(made, carrier=Smtp(at, trust=trusting)))
            assert reason(await post.send(request())) == outcome
        assert len(guarded.mails) == 1
        assert guarded.logins > 1


async def test_a_relay_without_log_ins_is_given_the_letter_and_no_password(
    pool: asyncpg.Pool, server: PostOffice
):
    made, _ = office(pool, server.port)
    post = Post(replace(made, carrier=Smtp(plain(server, SecretStr(PASSWORD)))))
    assert reason(await post.send(request())) == "sent"


async def test_a_server_that_wants_a_log_in_and_offers_none_turns_mail_off(
    pool: asyncpg.Pool, server: PostOffice
):
    made, _ = office(pool, server.port)
    server.recipients.append("530 5.7.0 Authentication required")
    post = Post(replace(made, carrier=Smtp(plain(server, SecretStr(PASSWORD)))))
    assert reason(await post.send(request())) == "off"


async def test_an_address_of_another_script_is_served_where_the_server_can(
    pool: asyncpg.Pool, server: PostOffice
):
    made, _ = office(pool, server.port)
    assert reason(await Post(made).send(request("護理師@例子.台灣"))) == "sent"


class Faltering(MemoryObjects):
    """A store that does not answer twice, and then does."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = [Unavailable("the store"), Unavailable("the store")]

    async def put(self, key: str, data: bytes, *, content_type: str) -> None:
        if self.failures:
            raise self.failures.pop()
        await super().put(key, data, content_type=content_type)


async def expire(pool: asyncpg.Pool, claim: Claim) -> None:
    """Let a claim lapse, as a minute would."""
    lapse = "update notifier.mails set held_until = clock_timestamp() where request_id = $1"
    await pool.execute(lapse, claim.request_id)
