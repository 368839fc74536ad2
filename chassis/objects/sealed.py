"""Objects sealed with their stream's key: whoever destroys the key makes them unreadable."""

from dataclasses import replace

from chassis.eventlog.keyring import Keyring
from chassis.objects.port import Listed, ObjectStore, Stored


class SealedObjects:
    """A store whose objects only their stream's key opens.

    Every method raises chassis.errors.Unavailable when the store or the keys do not answer.
    """

    def __init__(self, store: ObjectStore, keyring: Keyring) -> None:
        """Keep objects in `store`, sealed with the keys of `keyring`."""
        self._store = store
        self._keyring = keyring

    async def put(self, stream: str, key: str, data: bytes, *, content_type: str) -> None:
        """Keep an object of a stream; one that is there already is replaced."""
        sealed = await self._keyring.seal(stream, key, data)
        await self._store.put(key, sealed, content_type=content_type)

    async def get(self, stream: str, key: str) -> Stored | None:
        """Return an object of a stream; None when there is none or its key is gone."""
        stored = await self._store.get(key)
        if stored is None:
            return None
        data = await self._keyring.open(stream, key, stored.data)
        return None if data is None else replace(stored, data=data)

    async def delete(self, *keys: str) -> None:
        """Remove objects; what is not there is removed already."""
        await self._store.delete(*keys)

    async def list_objects(self, prefix: str) -> list[Listed]:
        """Return what lies under keys that begin with `prefix`, by key."""
        return await self._store.list_objects(prefix)

    async def list_keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`, sorted."""
        return [each.key for each in await self._store.list_objects(prefix)]

    async def tidy(self) -> int:
        """Remove what interrupted puts left behind and return how many those were."""
        return await self._store.tidy()
