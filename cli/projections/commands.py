"""`mededbot projections` and `mededbot logs`: the read models from a terminal."""

import asyncio
import json
from collections.abc import Mapping, Sequence

from cli.record import record


def show_projections(environ: Mapping[str, str]) -> None:
    """Print each read model, its rows, and how many seconds it is behind the log."""
    asyncio.run(_show_projections(environ))


def rebuild_projections(environ: Mapping[str, str], names: Sequence[str]) -> None:
    """Make read models anew from the whole log: those named, or all."""
    asyncio.run(_rebuild(environ, names))


def show_logs(environ: Mapping[str, str], name: str, stream: str | None, last: int) -> None:
    """Print the last rows of a read model as JSON, one a line, oldest first."""
    asyncio.run(_show_logs(environ, name, stream, last))


async def _show_projections(environ: Mapping[str, str]) -> None:
    from services.conversation.projections.catalogue import PROJECTIONS
    from services.conversation.projections.runner import Projector

    print(f"{'read model':<12}{'rows':>12}{'lag':>12}")
    async with record(environ) as pool:
        projector = Projector(pool)
        for name, projection in PROJECTIONS.items():
            lag = await projector.lag(projection)
            print(f"{name:<12}{await projector.rows(projection):>12}{lag:>10.1f} s")


async def _rebuild(environ: Mapping[str, str], names: Sequence[str]) -> None:
    from services.conversation.projections.catalogue import PROJECTIONS
    from services.conversation.projections.runner import Projector

    async with record(environ) as pool:
        projector = Projector(pool)
        for name in names or PROJECTIONS:
            await projector.rebuild(PROJECTIONS[name])
            print(f"{name}: {await projector.rows(PROJECTIONS[name])} rows")


async def _show_logs(environ: Mapping[str, str], name: str, stream: str | None, last: int) -> None:
    from chassis.eventlog.keyring import Keyring
    from services.conversation.projections.catalogue import PROJECTIONS
    from services.conversation.projections.views import newest

    async with record(environ) as pool:
        rows = await newest(pool, Keyring(pool), PROJECTIONS[name], last=last, stream=stream)
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
