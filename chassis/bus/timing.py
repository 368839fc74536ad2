"""How patient a consumer is; tests are less so."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All in seconds.

    `ack_wait`: how soon a dead replica's messages go to another one; living ones give a
    `sign_of_life` in time. `back_off`: the pauses before further tries, the last one for good.
    `drain`: within this, work in hand may end; the rest goes to another replica. `check`: how
    often a consumer looks whether the bus still knows it. `expires` and `heartbeat`: how long a
    pull stands, and how often the server says that it does. To one whose connection went without
    a word, the server gives messages until it expires.
    """

    ack_wait: float = 8.0
    sign_of_life: float = 2.5
    back_off: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
    drain: float = 6.0
    check: float = 1.0
    expires: float = 8.0
    heartbeat: float = 3.0

    @property
    def silence(self) -> float:
        """A pull that has shown no sign of life for so long is lost."""
        return 2.5 * self.heartbeat

    def pause(self, tries: int) -> float:
        """Return how long to wait after so many tries."""
        return self.back_off[min(tries, len(self.back_off)) - 1]


USUAL = Timing()
