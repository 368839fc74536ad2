"""What a judge says: which invariant was broken, by which turn, and what could not be judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

INVARIANTS: Mapping[str, str] = {
    "I1": "every acknowledged message has exactly one visible end",
    "I2": "nothing is shown that no message led to",
    "I3": "who is shown an answer is who asked",
    "I4": "the answers of a user come in the order of their messages",
    "I5": "the versions of a stream are 1 to n",
    "I6": "no event stands in the log twice",
    "I7": "the log, folded, is what was kept of it",
    "I8": "decided again, the log says the same",
    "I9": "delivered in the log is accepted by LINE",
    "I10": "at most one mail a request, within the caps",
    "I11": "nothing is left to be done",
    "I12": "nothing written holds what users said, or a secret",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach: what is wrong, and the turn or at least the stream it is about.

    `what` holds ids and numbers only: it may be shown to anybody.
    """

    invariant: str
    what: str
    turn: str = ""
    stream: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one invariant; `unjudged` says what was not there to be looked at.

    `blind`: there was nothing to judge it by at all.
    """

    invariant: str
    findings: Sequence[Finding] = ()
    unjudged: Sequence[str] = ()
    blind: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.findings


def blind(invariant: str, *lacking: str) -> Verdict:
    """Return that an invariant could not be judged, and what for want of."""
    return Verdict(invariant, unjudged=lacking, blind=True)
