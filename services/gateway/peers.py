"""Which other services are there: heard from their heartbeats, so that asking costs nothing."""

from collections.abc import Callable, Mapping
from time import monotonic

import msgspec

REQUIRED = ("conversation", "education", "translation", "notifier")
"""Without one of them a message would not be answered."""
SHOWN = (*REQUIRED, "speech")
SILENCE_SECONDS = 3.0
"""Three heartbeats: one may be late, three are a service that is gone."""


class _Heartbeat(msgspec.Struct):
    service: str
    instance: str
    ready: bool


_decoder = msgspec.json.Decoder(_Heartbeat)


class Peers:
    """The replicas heard lately, and whether each service has one that is ready."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Nobody is there until heard."""
        self._clock = clock
        self._heard: dict[str, dict[str, float]] = {name: {} for name in SHOWN}

    def hear(self, heartbeat: bytes) -> None:
        """Take note of a heartbeat; of what is none, do not."""
        try:
            beat = _decoder.decode(heartbeat)
        except msgspec.MsgspecError:
            return
        if beat.service not in self._heard:
            return
        replicas = self._lately(beat.service)
        replicas.pop(beat.instance, None)
        if beat.ready:
            replicas[beat.instance] = self._clock()
        self._heard[beat.service] = replicas

    def parts(self) -> Mapping[str, bool]:
        """Return each service, and whether a replica of it is ready."""
        return {name: bool(self._lately(name)) for name in SHOWN}

    def are_ready(self) -> bool:
        """Tell whether all that an answer needs are ready."""
        return all(self._lately(name) for name in REQUIRED)

    def _lately(self, service: str) -> dict[str, float]:
        earliest = self._clock() - SILENCE_SECONDS
        return {name: time for name, time in self._heard[service].items() if time >= earliest}
