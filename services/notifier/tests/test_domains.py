"""Who takes mail, asked of a real name server."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
from dns.asyncresolver import Resolver
from dns.flags import AA
from dns.message import Message, from_wire, make_response
from dns.rcode import NXDOMAIN, SERVFAIL
from dns.rdatatype import to_text
from dns.rrset import from_text

from services.notifier.mail.address import AllDomains, DnsDomains

ZONE = {
    ("with-mx.example.", "MX"): ["10 mail.with-mx.example."],
    ("null-mx.example.", "MX"): ["0 ."],
    ("with-a.example.", "A"): ["192.0.2.1"],
    ("with-aaaa.example.", "AAAA"): ["2001:db8::1"],
}
EMPTY = "empty.example."
BROKEN = "broken.example."
SILENT = "silent.example."


def answered(question: Message) -> Message | None:
    """Return what the zone says; None when it says nothing."""
    (asked,) = question.question
    name, kind = str(asked.name), to_text(asked.rdtype)
    if name == SILENT:
        return None
    answer = make_response(question)
    answer.flags |= AA
    if name == BROKEN:
        answer.set_rcode(SERVFAIL)
    elif found := ZONE.get((name, kind)):
        answer.answer.append(from_text(name, 60, "IN", kind, *found))
    elif name != EMPTY and name not in {known for known, _ in ZONE}:
        answer.set_rcode(NXDOMAIN)
    return answer


class NameServer(asyncio.DatagramProtocol):
    """Answers each question by itself."""

    def __init__(self, answer: Callable[[Message], Message | None]) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._answer(from_wire(data))
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def domains() -> AsyncGenerator[DnsDomains]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: NameServer(answered), local_addr=("127.0.0.1", 0)
    )
    resolver = Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    made = DnsDomains(resolver)
    resolver.lifetime = 0.5
    yield made
    transport.close()


@pytest.mark.parametrize(
    ("domain", "takes"),
    [
        ("with-mx.example", True),
        ("with-a.example", True),
        ("with-aaaa.example", True),
        ("null-mx.example", False),
        ("empty.example", False),
        ("nowhere.example", False),
        ("broken.example", True),
        ("silent.example", True),
    ],
)
async def test_a_domain_takes_mail_or_not(domain: str, *, takes: bool):
    async with domains() as known:
        assert await known.take_mail(domain) is takes


async def test_without_dns_every_domain_is_believed():
    assert await AllDomains().take_mail("nowhere.example")
