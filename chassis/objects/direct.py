"""Reading many messages of a stream at once, without a consumer: JetStream's batched direct get."""

from dataclasses import dataclass, field

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.resilience import Transient

BATCH = 256
"""Messages asked for at once: with chunks of 128 KB, 32 MB on their way at most."""
NOT_FOUND = "404"
END_OF_BATCH = "204"


@dataclass(slots=True)
class _Page:
    """One batch: the messages' bodies, and where the next batch begins (0: there is none)."""

    bodies: list[bytes] = field(default_factory=list)
    last: int = 0
    goes_on: bool = False


class DirectReads:
    """Reads a stream; every wait is bounded, nothing is left on the server."""

    def __init__(self, nats: Client, stream: str, *, within: float) -> None:
        """Wait `within` seconds for each message."""
        self._nats = nats
        self._subject = f"$JS.API.DIRECT.GET.{stream}"
        self._within = within

    async def bodies(self, subject: str) -> list[bytes]:
        """Return the bodies of all messages of a subject, in the stream's order."""
        found: list[bytes] = []
        page = _Page(goes_on=True)
        while page.goes_on:
            page = await self._page(subject, page.last + 1)
            found += page.bodies
        return found

    async def _page(self, subject: str, start: int) -> _Page:
        inbox = self._nats.new_inbox()
        replies = await self._nats.subscribe(inbox)
        try:
            ask = {"seq": start, "next_by_subj": subject, "batch": BATCH}
            await self._nats.publish(self._subject, msgspec.json.encode(ask), reply=inbox)
            page = _Page()
            while _takes(page, await replies.next_msg(timeout=self._within)):
                pass
            return page
        finally:
            await replies.unsubscribe()


def _takes(page: _Page, message: Msg) -> bool:
    """Add a message to the page; False when it was the sign of its end."""
    headers = message.headers or {}
    status = headers.get("Status")
    if status is None:
        page.bodies.append(message.data)
        page.last = int(headers["Nats-Sequence"])
        return True
    if status not in {NOT_FOUND, END_OF_BATCH}:
        raise Transient(f"JetStream answered {status}")
    page.goes_on = status == END_OF_BATCH and int(headers.get("Nats-Num-Pending", "0")) > 0
    return False
