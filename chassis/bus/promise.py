"""What the configuration promises about the streams; kept or refused by chassis.bus.durability."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Promise:
    """On how many servers each stream lies, and where the servers say how they store."""

    replicas: int = 1
    monitoring: tuple[str, ...] = ()


NO_PROMISE = Promise()
