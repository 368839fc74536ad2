"""A word to the server that may find nobody there."""

from collections.abc import Awaitable

from nats.errors import Error

# TypeError: since Python 3.12, asyncio empties a transport whose connection ended, and nats-py,
# which has not heard of the end yet, writes through it: "'NoneType' object is not callable".
# RuntimeError: the same moment, where the transport was closed on purpose.
_LOST = (Error, OSError, RuntimeError, TypeError)


async def say(word: Awaitable[object]) -> bool:
    """Await an acknowledgement, a message or a good-bye; False when the connection is lost.

    Nothing else may happen within `word`: an error of our own code would pass as a lost connection.
    """
    try:
        await word
    except _LOST:
        return False
    return True
