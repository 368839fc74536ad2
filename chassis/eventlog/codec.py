"""Events to JSON and back, with the personal fields apart from the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from contracts.base import Event, field_names, personal_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """An event as JSON: what everybody may read, and what only the key opens."""

    type: str
    schema_version: int
    data: bytes
    personal: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An event of another service's own, or of a later version: kept, not understood."""

    NAME: ClassVar[str] = "unread"
    VERSION: ClassVar[int] = 0

    type: str


class Codec:
    """Encodes and decodes the event classes it was given; all others read as `Unread`."""

    def __init__(self, events: Iterable[type[Event]]) -> None:
        """Take the event classes; two with one name and version are a mistake."""
        self._forms: dict[tuple[str, int], _Form] = {}
        for event in events:
            name = (event.NAME, event.VERSION)
            if name in self._forms:
                message = f"two event classes are named {name}"
                raise ValueError(message)
            self._forms[name] = _Form.of(event)

    def encode(self, event: Event) -> Encoded:
        """Return the event as JSON, split in two."""
        form = self._forms[event.NAME, event.VERSION]
        personal = {name: getattr(event, name) for name in form.personal}
        return Encoded(
            type=event.NAME,
            schema_version=event.VERSION,
            data=_json.encode({name: getattr(event, name) for name in form.plain}),
            personal=_json.encode(personal) if personal else None,
        )

    def decode(self, name: str, version: int, data: bytes, personal: bytes | None) -> Event:
        """Return the event; without its personal part those fields have their defaults."""
        form = self._forms.get((name, version))
        if form is None:
            return Unread(type=name)
        return form.decoder.decode(_merged(data, personal))


@dataclass(frozen=True, slots=True)
class _Form:
    plain: tuple[str, ...]
    personal: tuple[str, ...]
    decoder: "msgspec.json.Decoder[Any]"

    @classmethod
    def of(cls, event: type[Event]) -> "_Form":
        sealed = personal_fields(event)
        names = field_names(event)
        return cls(
            plain=tuple(name for name in names if name not in sealed),
            personal=tuple(name for name in names if name in sealed),
            decoder=msgspec.json.Decoder(event),
        )


_json: "msgspec.json.Encoder" = msgspec.json.Encoder()


def _merged(data: bytes, personal: bytes | None) -> bytes:
    # Two JSON objects become one by their braces: no need to parse either first.
    if personal is None or personal == b"{}":
        return data
    if data.strip() == b"{}":
        return personal
    return data.rstrip()[:-1] + b"," + personal.lstrip()[1:]


def all_events(*groups: Iterable[type[Event]] | Mapping[type[Event], Any]) -> list[type[Event]]:
    """Return the event classes of several catalogues as one list."""
    return [event for group in groups for event in group]
