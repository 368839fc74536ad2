"""Which other services are there: heard from their heartbeats, so that asking costs nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic

import msgspec

from chassis.bus.behind import Load

REQUIRED = ("conversation", "education", "translation", "notifier")
"""Without one of them a message would not be answered."""
SHOWN = (*REQUIRED, "speech")
PACING = ("conversation", "translation", "notifier")
"""Most turns go through all of them: what waits at each makes every turn late."""
SILENCE_SECONDS = 3.0
"""Three heartbeats: one may be late, three are a service that is gone."""


class _Heartbeat(msgspec.Struct):
    service: str
    instance: str
    ready: bool
    waiting: int = 0
    taken: float = 0.0


_decoder = msgspec.json.Decoder(_Heartbeat)


@dataclass(frozen=True, slots=True)
class _Heard:
    at: float
    load: Load


class Peers:
    """The replicas heard lately, and whether each service has one that is ready."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Nobody is there until heard."""
        self._clock = clock
        self._heard: dict[str, dict[str, _Heard]] = {name: {} for name in SHOWN}

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
            replicas[beat.instance] = _Heard(self._clock(), Load(beat.waiting, beat.taken))
        self._heard[beat.service] = replicas

    def parts(self) -> Mapping[str, bool]:
        """Return each service, and whether a replica of it is ready."""
        return {name: bool(self._lately(name)) for name in SHOWN}

    def are_ready(self) -> bool:
        """Tell whether all that an answer needs are ready."""
        return all(self._lately(name) for name in REQUIRED)

    def loads(self) -> list[Load]:
        """Return what each service that most turns go through has to do, its replicas together."""
        return [_together(self._lately(name).values()) for name in PACING]

    def _lately(self, service: str) -> dict[str, _Heard]:
        earliest = self._clock() - SILENCE_SECONDS
        return {name: each for name, each in self._heard[service].items() if each.at >= earliest}


def _together(replicas: Iterable[_Heard]) -> Load:
    """Return the load of replicas: they share what waits, and take it together."""
    loads = [each.load for each in replicas]
    waiting = max((each.waiting for each in loads), default=0)
    return Load(waiting, sum(each.taken for each in loads))
