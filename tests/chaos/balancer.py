"""LINE behind what every site has: a balancer that goes on to the next gateway."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from tests.e2e.webhooks import LINE_WAITS_SECONDS, Platform, Posted


@dataclass(slots=True)
class Balancer(Platform):
    """Tries each gateway that refuses a connection once; whatever happens after that counts.

    `longest_wait` is for tests of what is answered rather than of how soon.
    """

    longest_wait: float = LINE_WAITS_SECONDS

    async def post(
        self,
        body: bytes,
        with_headers: Mapping[str, str],
        *,
        to: str = "",
        patience: float = LINE_WAITS_SECONDS,
    ) -> int | None:
        """Send any body to a gateway that lets us in; None when nobody answers in time."""
        sending = Posted(body, time.time())
        self.posted.append(sending)
        for gateway in [to] if to else self._in_turn():
            try:
                answer = await self.http.post(
                    f"{gateway}/webhook",
                    content=body,
                    headers=dict(with_headers),
                    timeout=max(patience, self.longest_wait),
                )
            except httpx.ConnectError:
                continue
            except httpx.TransportError:
                return None
            sending.status = answer.status_code
            return sending.status
        return None

    def _in_turn(self) -> list[str]:
        """Return all gateways, beginning with the next one."""
        first = self.gateways.index(self._next())
        return [*self.gateways[first:], *self.gateways[:first]]
