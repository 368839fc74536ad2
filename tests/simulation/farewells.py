"""What a process leaves behind that was told to stop.

The promise of the drain: whatever was given to it was dealt with or handed back, so that nobody
waits until the bus takes it for dead, and no webhook is left without an answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulation.client import Client, Wire
from tests.simulation.jetstream import Server
from tests.simulation.loop import SimulatedLoop
from tests.simulation.pool import Cable

if TYPE_CHECKING:
    from tests.simulation.processes import Process

WORDS_TRAVEL = 0.5
"""Seconds after which the last words of a process have reached the bus."""


@dataclass
class Farewells:
    """Looks at what is left; keeps to those whose connections did all they should."""

    loop: SimulatedLoop
    server: Server
    wire: Wire
    cable: Cable
    complain: Callable[[str], None]
    _honest: dict[Client, tuple[int, int]] = field(default_factory=dict[Client, tuple[int, int]])

    def begun(self, process: "Process") -> None:
        """Note that a process begins to stop."""
        if self.wire.is_whole and not process.client.is_cut:
            self._honest[process.client] = (self.wire.breaks, self.cable.breaks)

    def excused(self, process: "Process") -> None:
        """Expect nothing from a process that has been cut off."""
        self._honest.pop(process.client, None)

    def gone(self, process: "Process") -> None:
        """Look at what a process has left that goes now."""
        if process.client not in self._honest:
            return
        self.loop.later(WORDS_TRAVEL, self._look, process.name, process.client)
        _, breaks = self._honest[process.client]
        if process.knocks and self.cable.is_whole and breaks == self.cable.breaks:
            self.complain(f"{process.name} went and left {process.knocks} webhooks unanswered")

    def _look(self, name: str, client: Client) -> None:
        breaks, _ = self._honest.pop(client, (-1, 0))
        # What was given before may have been lost on the way, or the word about it.
        since = max(self.wire.whole_since, client.whole_since)
        left = sum(len(each.held_by(client, since)) for each in self.server.consumers())
        if left and self.wire.is_whole and breaks == self.wire.breaks:
            self.complain(f"{name} went and left {left} messages to their ack wait")
