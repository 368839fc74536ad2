"""One service: its settings, and how it is run."""

import asyncio
import gc
import importlib
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from chassis.settings import ServiceSettings, load
from cli.catalogue import SERVICES

Run = Callable[[ServiceSettings], Awaitable[None]]


def settings_class(name: str) -> type[ServiceSettings]:
    """Return the settings class of a service, importing nothing else of it."""
    module = importlib.import_module(f"services.{name}.settings")
    return cast("type[ServiceSettings]", getattr(module, SERVICES[name]))


def run_service(name: str, environ: Mapping[str, str]) -> None:
    """Run a service until it is told to stop; its settings are read before its code."""
    # Nothing that is made before it serves is garbage: looking for some, the collector takes a
    # tenth of the time until a killed service is back.
    gc.disable()
    settings = load(settings_class(name), environ)
    run = cast("Run", importlib.import_module(f"services.{name}.app").run)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_awaited(run, settings))


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's where it is installed, else asyncio's own."""
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return None
    return cast("Callable[[], asyncio.AbstractEventLoop]", uvloop.new_event_loop)


async def _awaited(run: Run, settings: ServiceSettings) -> None:
    await run(settings)
