"""What each process of a system holds in memory, as the kernel counts it."""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cpu import descendants, name_of

_LINE = re.compile(r"^(\w+): +(\d+) kB$", re.MULTILINE)
KIB_OF_A_MIB = 1_024


@dataclass(frozen=True, slots=True)
class Held:
    """MiB of one program, summed over its processes.

    `resident` counts what is shared between its processes once, `own` nothing that is shared
    with anybody.
    """

    resident: float
    own: float


def held(root: int) -> dict[str, Held]:
    """Return what each program below process `root` holds."""
    parts: dict[str, list[tuple[float, float, float]]] = {}
    for pid in descendants(root):
        if found := _rollup(pid):
            parts.setdefault(name_of(pid), []).append(found)
    return {name: _sum(each) for name, each in parts.items()}


def median(samples: Sequence[dict[str, Held]]) -> dict[str, Held]:
    """Return the median of what each program held, over samples taken one after the other."""
    names = {name for sample in samples for name in sample}
    return {name: _middle([each[name] for each in samples if name in each]) for name in names}


def _middle(found: Sequence[Held]) -> Held:
    return Held(
        statistics.median(each.resident for each in found),
        statistics.median(each.own for each in found),
    )


def _sum(parts: Sequence[tuple[float, float, float]]) -> Held:
    own = sum(own for _, _, own in parts)
    # A single process's share of common libraries changes with its neighbours; its RSS does not.
    resident = parts[0][0] if len(parts) == 1 else sum(share for _, share, _ in parts)
    return Held(resident, own)


def _rollup(pid: int) -> tuple[float, float, float] | None:
    """Return RSS, PSS and USS in MiB; None of a process that is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return None
    kib = {name: int(value) for name, value in _LINE.findall(text)}
    own = kib.get("Private_Clean", 0) + kib.get("Private_Dirty", 0)
    return kib["Rss"] / KIB_OF_A_MIB, kib["Pss"] / KIB_OF_A_MIB, own / KIB_OF_A_MIB
