"""Writes what the code promises as documents: a JSON schema an event, and one AsyncAPI document.

The document is put together from the routers of the services, the catalogue of events and the
form of the wire. FastStream's own generator does not end on generic events with nested parts
(0.7.8), and cannot know what is published, for that is the journal's work.
"""

import importlib
import inspect
import json
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from pydantic import TypeAdapter

from chassis.bus.wire import Wire
from chassis.router import Consumption, Router
from cli.catalogue import SERVICES
from contracts.base import Event, personal_fields
from contracts.catalogue import SUBJECTS
from contracts.subjects import STREAMS

ROOT = Path(__file__).parent.parent
SCHEMAS = ROOT / "contracts" / "schemas"
ASYNCAPI = ROOT / "contracts" / "asyncapi.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
DESCRIPTION = (
    "Events are CloudEvents in structured JSON. Fields marked x-personal travel sealed in "
    "`personal`; whoever has no key finds their defaults."
)
Json = dict[str, Any]


def documents() -> dict[Path, str]:
    """Return every document by its path, as the code has it now."""
    schemas = {SCHEMAS / f"{_name(event)}.json": _schema(event) for event in SUBJECTS}
    return {path: _text(document) for path, document in {**schemas, ASYNCAPI: _asyncapi()}.items()}


def consumptions() -> Iterator[tuple[str, Consumption]]:
    """Return every consumer of every service, as the service would run it."""
    for service in SERVICES:
        module = f"services.{service}.handlers"
        if find_spec(module) is not None:
            router: Router = importlib.import_module(module).router
            yield from ((service, each) for each in router.consumptions)


def main() -> None:
    """Write the documents and remove those of events that are gone."""
    wanted = documents()
    SCHEMAS.mkdir(exist_ok=True)
    for path in set(SCHEMAS.glob("*.json")) - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


def _schema(event: type[Event]) -> Json:
    schema: Json = TypeAdapter(event).json_schema()
    for name in personal_fields(event):
        schema["properties"][name]["x-personal"] = True
    return schema | {"$schema": DIALECT, "title": f"{event.NAME} v{event.VERSION}"}


def _asyncapi() -> Json:
    (envelope,), components = msgspec.json.schema_components(
        [Wire], ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "MedEdBot", "version": "1", "description": DESCRIPTION},
        "defaultContentType": "application/cloudevents+json",
        "channels": {_name(event): _channel(event) for event in SUBJECTS},
        "operations": {**dict(_sends()), **dict(_receives())},
        "components": {
            "messages": {_name(event): _message(event, envelope) for event in SUBJECTS},
            "schemas": components,
        },
    }


def _channel(event: type[Event]) -> Json:
    subject = SUBJECTS[event]
    streams = [n for n, kept in STREAMS.items() if subject.startswith(kept[0].removesuffix(">"))]
    message = {"$ref": f"#/components/messages/{_name(event)}"}
    return {
        "address": subject,
        # Python 3.13 dedents docstrings itself, 3.11 does not.
        "description": inspect.cleandoc(event.__doc__ or ""),
        "messages": {_name(event): message},
        "x-stream": streams[0],
    }


def _message(event: type[Event], envelope: Mapping[str, Any]) -> Json:
    own = {
        "type": {"const": event.NAME},
        "schemaversion": {"const": event.VERSION},
        "data": {"$ref": f"schemas/{_name(event)}.json"},
    }
    return {"name": event.NAME, "payload": {"allOf": [envelope, {"properties": own}]}}


def _sends() -> Iterator[tuple[str, Json]]:
    for event, subject in SUBJECTS.items():
        owner = subject.split(".")[1]
        operation = {"action": "send", "channel": _reference(event), "x-service": owner}
        yield f"{owner}__send:{_name(event)}", operation


def _receives() -> Iterator[tuple[str, Json]]:
    events = {subject: event for event, subject in SUBJECTS.items()}
    for service, each in consumptions():
        consumer = each.subscription.source.consumer
        for subject in each.subscription.subjects:
            operation = {
                "action": "receive",
                "channel": _reference(events[subject]),
                "x-service": service,
                "x-consumer": consumer,
                "x-max-in-flight": each.subscription.max_in_flight,
            }
            yield f"{consumer}:{_name(events[subject])}", operation


def _reference(event: type[Event]) -> Json:
    return {"$ref": f"#/channels/{_name(event)}"}


def _name(event: type[Event]) -> str:
    return f"{event.NAME}.v{event.VERSION}"


def _text(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    main()
