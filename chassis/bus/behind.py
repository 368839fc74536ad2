"""How far behind its messages a consumer is, told by what comes with each of them: no question."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True, slots=True)
class Load:
    """Messages that wait on the bus, and how many a second this process has taken."""

    waiting: int = 0
    taken: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it takes to work off what waits.

        0 while nothing is taken: that is an upstream's doing, or the bus's, not too much to do.
        """
        return self.waiting / self.taken if self.taken else 0.0


NOTHING = Load()


class Behind:
    """Measures the load of one consumer."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Measure from now on."""
        self._clock = clock
        self._since = clock()
        self._taken = 0
        self._waiting = 0

    def note(self, waiting: int) -> None:
        """Take note of a message, and of how many wait after it."""
        self._taken += 1
        self._waiting = waiting

    def load(self) -> Load:
        """Return the load since it was last asked for."""
        taken, since = self._taken, self._since
        self._taken, self._since = 0, self._clock()
        if not taken or self._since <= since:
            return NOTHING
        return Load(self._waiting, taken / (self._since - since))


def heaviest(loads: Iterable[Load]) -> Load:
    """Return the load that takes longest to work off; of equal ones that with most messages."""
    return max(loads, key=lambda each: (each.seconds, each.taken), default=NOTHING)
