"""Signals of an operator: the first asks to stop, a later one to hurry."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# A signal to the whole process group comes twice: from its sender and passed on by make.
ECHO_SECONDS = 0.5


class Stop:
    """What the operator's signals have asked for so far."""

    def __init__(self, hasten: Callable[[], None]) -> None:
        self._asked = asyncio.Event()
        self._asked_at = 0.0
        self._hasten = hasten

    def listen(self) -> None:
        """Hear this process's signals from now on."""
        loop = asyncio.get_running_loop()
        # Under nohup the end of the terminal is nothing to stop for.
        hangup = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
        for number in (*STOP_SIGNALS, *hangup):
            loop.add_signal_handler(number, lambda: self.heard(loop.time()))

    def heard(self, now: float) -> None:
        """Take note of a signal that came at this time."""
        if not self._asked.is_set():
            self._asked_at = now
            self._asked.set()
        elif now - self._asked_at >= ECHO_SECONDS:
            self._hasten()

    async def asked(self) -> None:
        """Wait for the first signal."""
        await self._asked.wait()

    async def or_done(self, task: asyncio.Task[Any]) -> None:
        """Wait for the first signal or the end of a task."""
        waiting = asyncio.create_task(self._asked.wait())
        await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
