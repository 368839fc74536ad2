"""Objects sealed with their stream's key: whoever destroys the key makes them unreadable."""

from dataclasses import replace
from typing import Any

from chassis.eventlog.keyring import Keyring
from chassis.objects.port import Listed, ObjectStore, Stored
from contracts.base import CloudEvent


class SealedObjects:
    """A store whose objects only their stream's key opens.

    Every method raises chassis.errors.Unavailable when the store or the keys do not answer.
    """

    def __init__(self, store: ObjectStore, keyring: Keyring) -> None:
        """Keep objects in `store`, sealed with the keys of `keyring`."""
        self._store = store
        self._keyring = keyring

    async def put(
        self,
        made_for: CloudEvent[Any],
        key: str,
        data: bytes,
        *,
        content_type: str,
        words_of: str = "",
    ) -> bool:
        """Keep an object that is made for an event; one that is there already is replaced.

        It is sealed with the key that the event was sealed with. False, and nothing is kept, once
        that was destroyed, or once the user took back the message `words_of` that it is made of.
        """
        sealing = await self._keyring.still(made_for, words_of=words_of)
        if sealing is None:
            return False
        await self._store.put(key, sealing.seal(key, data), content_type=content_type)
        # Whoever removes what is there looked before the object was there: then it goes here.
        if await self._keyring.still(made_for, words_of=words_of):
            return True
        await self._store.delete(key)
        return False

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
