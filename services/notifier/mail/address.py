"""An address as a mail server takes it, and whether anybody takes mail behind it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.rdatatype import AAAA, MX, A, RdataType
from dns.resolver import NXDOMAIN, NoAnswer
from email_validator import EmailNotValidError, validate_email

LOOKUP_TIME = timedelta(seconds=3)
"""For all questions about one domain together."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in the form for the envelope; `is_ascii` unless its local part is not."""

    address: str
    domain: str
    is_ascii: bool


class Domains(Protocol):
    """Who takes mail."""

    async def take_mail(self, domain: str) -> bool:
        """Tell whether mail to a domain can arrive; also when that cannot be found out now."""
        ...


def mailbox(address: str) -> Mailbox | None:
    """Return the mailbox that an address names; None when it names none."""
    try:
        valid = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return None
    plain = valid.ascii_email
    domain = valid.ascii_domain
    return Mailbox(plain or f"{valid.local_part}@{domain}", domain, is_ascii=plain is not None)


class DnsDomains:
    """Domains as DNS knows them (RFC 5321, 5.1; a null MX is RFC 7505)."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        """Ask the system's name servers, or those of a resolver."""
        self._resolver = resolver or Resolver()
        self._resolver.lifetime = LOOKUP_TIME.total_seconds()

    async def take_mail(self, domain: str) -> bool:
        """Tell whether a domain names a mail server or has an address at all."""
        try:
            exchanges = await self._find(domain, MX)
            if exchanges:
                return exchanges != ["."]
            return bool(await self._find(domain, A) or await self._find(domain, AAAA))
        except NXDOMAIN:
            return False
        except DNSException:
            return True  # a name server in trouble says nothing; the mail server will

    async def _find(self, domain: str, kind: RdataType) -> list[str]:
        try:
            answer = await self._resolver.resolve(f"{domain}.", kind)
        except NoAnswer:
            return []
        return [str(getattr(each, "exchange", each)) for each in answer]


class AllDomains:
    """Every domain takes mail: for machines without DNS."""

    async def take_mail(self, domain: str) -> bool:
        """Believe it."""
        return bool(domain)
