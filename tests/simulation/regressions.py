"""What broke something once; it is run for good.

A case says what goes wrong and a seed for when: what is not given is drawn from streams of its
own, so most of a case outlives changes of the services, the people and the other faults.
`python -m tests.simulation shrink SEED` finds the fewest faults that are needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.faults import SHARES, TIMES

NONE: Mapping[str, Any] = dict.fromkeys(SHARES, 0.0) | dict.fromkeys(TIMES, 0) | {"skew": 0.0}
"""No trouble at all, for cases to add theirs."""


@dataclass(frozen=True, slots=True)
class Case:
    """A run that was broken: by which faults, on which seed, and what it came to."""

    was: str
    seed: int
    faults: Mapping[str, Any] = field(default_factory=dict[str, Any])


CLOCKS: Mapping[str, Any] = {**NONE, "line": 0.6, "jumps": 6}

CASES: tuple[Case, ...] = (
    Case("taken for delivered by a clock an hour slow", 33, CLOCKS),
    Case("pushed a second time by a clock an hour fast", 30, CLOCKS),
    Case("replied to by the token when a push was in doubt", 287),
)
