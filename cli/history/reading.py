"""Histories as files: JSON lines, one record each, in any number of files and any order."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from chassis.errors import StartupRefused
from cli.history.records import (
    Call,
    Covers,
    History,
    Kept,
    LoggedEvent,
    Mail,
    Rebuilt,
    Record,
    Rest,
    Source,
    Webhook,
    Written,
)

T = TypeVar("T")
_decoder: "msgspec.json.Decoder[Record]" = msgspec.json.Decoder(Record)
_encoder = msgspec.json.Encoder()


def read(paths: Iterable[Path]) -> list[Record]:
    """Return the records of files; StartupRefused names the line that is none."""
    return [record for path in paths for record in _records(path)]


def write(path: Path, records: Iterable[Record]) -> None:
    """Write records, one a line, for nobody but the file's owner."""
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for record in records:
            file.write(_encoder.encode(record) + b"\n")


def written(paths: Iterable[Path]) -> Iterator[Written]:
    """Yield the files named, and all files of the folders named."""
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                name = file.relative_to(path).as_posix() if path.is_dir() else file.name
                yield Written(name, file.read_text(encoding="utf-8", errors="replace"))


def history_of(records: Sequence[Record], files: Sequence[Written] = ()) -> History:
    """Return the history that records are of; what none of them covers was not recorded."""
    covers = _of(Covers, records)
    covered = {kind for each in covers for kind in each.kinds}
    return History(
        events=_of(LoggedEvent, records),
        webhooks=_of(Webhook, records) if "webhooks" in covered else None,
        calls=_of(Call, records) if "calls" in covered else None,
        mails=_of(Mail, records) if "mails" in covered else None,
        kept=_of(Kept, records),
        rest=next(iter(_of(Rest, records)), None),
        rebuilt=next(iter(_of(Rebuilt, records)), None),
        written=files,
        since=max((each.since for each in covers), default=0.0),
    )


def records_of(history: History) -> Iterator[Record]:
    """Yield what `history_of` makes the same history of, but for the files written."""
    told: dict[Source, Sequence[Record] | None] = {
        "webhooks": history.webhooks,
        "calls": history.calls,
        "mails": history.mails,
    }
    covered: list[Source] = [kind for kind, records in told.items() if records is not None]
    yield Covers(tuple(covered), history.since)
    for records in (history.events, *told.values(), history.kept):
        yield from records or ()
    yield from filter(None, (history.rest, history.rebuilt))


def _of(kind: type[T], records: Iterable[Record]) -> list[T]:
    return [record for record in records if isinstance(record, kind)]


def _records(path: Path) -> Iterator[Record]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise StartupRefused(f"{path} cannot be read: {error.strerror}.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _decoder.decode(line)
            except msgspec.MsgspecError as error:
                raise StartupRefused(f"{path}, line {number} is no record: {error}.") from error
