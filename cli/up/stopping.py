"""Signals of an operator: the first asks to stop, the next one to hurry."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Hears the signals of this process from its making on."""

    def __init__(self, hasten: Callable[[], None]) -> None:
        self._asked = asyncio.Event()
        self._hasten = hasten
        # Under nohup the end of the terminal is nothing to stop for.
        hangup = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
        for number in (*STOP_SIGNALS, *hangup):
            asyncio.get_running_loop().add_signal_handler(number, self._heard)

    async def asked(self) -> None:
        """Wait for the first signal."""
        await self._asked.wait()

    async def or_done(self, task: asyncio.Task[Any]) -> None:
        """Wait for the first signal or the end of a task."""
        waiting = asyncio.create_task(self._asked.wait())
        await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    def _heard(self) -> None:
        if self._asked.is_set():
            self._hasten()
        self._asked.set()
