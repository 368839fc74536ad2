"""An object store in memory, for tests of those who use one; it passes the real ones' suite."""

from chassis import clock
from chassis.errors import Unavailable
from chassis.objects.port import Listed, Stored


class MemoryObjects:
    """Keeps objects until it is gone; `is_down` makes it one that does not answer."""

    def __init__(self) -> None:
        """Start empty and up."""
        self.is_down = False
        self.stored: dict[str, Stored] = {}

    async def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Keep an object."""
        self._answer()
        now = clock.now()
        self.stored[key] = Stored(data=data, content_type=content_type, stored_at=now)

    async def get(self, key: str) -> Stored | None:
        """Return an object."""
        self._answer()
        return self.stored.get(key)

    async def delete(self, *keys: str) -> None:
        """Remove objects."""
        self._answer()
        for key in keys:
            self.stored.pop(key, None)

    async def list_objects(self, prefix: str) -> list[Listed]:
        """Return what is there."""
        self._answer()
        return [
            Listed(key=key, size=len(each.data), stored_at=each.stored_at)
            for key, each in sorted(self.stored.items())
            if key.startswith(prefix)
        ]

    async def tidy(self) -> int:
        """Do nothing: a put in memory is whole or did not happen."""
        self._answer()
        return 0

    def _answer(self) -> None:
        if self.is_down:
            raise Unavailable("the object store")
