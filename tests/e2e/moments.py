"""How long the end-to-end tests wait: generously, for waiting ends as soon as the fact is there."""

import asyncio

PATIENCE_SECONDS = 120.0
"""For anything that is to happen; a quiet machine needs a second or two."""
START_SECONDS = 240.0


async def elapse(seconds: float, *, unless: asyncio.Event | None = None) -> None:
    """Let time pass as part of what is acted out: a slow model, a user who types."""
    waiting = (unless or asyncio.Event()).wait()
    task = asyncio.ensure_future(waiting)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
