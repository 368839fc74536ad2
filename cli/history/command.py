"""`mededbot check-history`: whether a run kept its promises, and which turn broke which."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

from chassis.errors import StartupRefused
from cli.history.check import Standards, judge
from cli.history.reading import records_of, write
from cli.history.report import report
from cli.history.sources import Sources, caps, gathered, secrets_of

EXIT_BROKEN = 3


def check_history(
    environ: Mapping[str, str],
    sources: Sources,
    *,
    nonce: str = "",
    export: Path | None = None,
    opened: bool = False,
) -> None:
    """Print the verdicts; end the process with EXIT_BROKEN unless all invariants hold.

    Raises StartupRefused when something cannot be read.
    """
    standards = Standards(nonce=_pattern(nonce), secrets=secrets_of(environ), caps=caps(environ))
    history = asyncio.run(gathered(sources, environ))
    if export is not None:
        write(export, records_of(history))
    judged = judge(history, standards)
    for line in report(judged, opened=opened):
        print(line)
    if judged.broken:
        raise SystemExit(EXIT_BROKEN)


def _pattern(nonce: str) -> str:
    try:
        re.compile(nonce)
    except re.error as error:
        raise StartupRefused(f"--nonce is no pattern: {error}.") from None
    return nonce
