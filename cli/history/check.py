"""Judging a whole history: twelve invariants, one verdict each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cli.history.judging.answers import exactly_one_end
from cli.history.judging.deliveries import as_accepted
from cli.history.judging.findings import Finding, Verdict
from cli.history.judging.folding import as_kept, folded
from cli.history.judging.log import Log
from cli.history.judging.mails import USUAL_CAPS, Caps, one_a_request
from cli.history.judging.order import in_order
from cli.history.judging.receipts import nothing_unasked
from cli.history.judging.recipients import to_whom_it_is_due
from cli.history.judging.replaying import as_decided
from cli.history.judging.rest import nothing_left
from cli.history.judging.secrecy import nothing_told
from cli.history.judging.sends import Sends
from cli.history.judging.streams import nothing_twice, without_gaps
from cli.history.records import History
from cli.history.watching import outside_calls

__all__ = ["Caps", "Judgement", "Standards", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standards:
    """What the checker has to be told about a run.

    `nonce` is the pattern of words that users wrote in one message only; `secrets` are what may
    stand nowhere; `caps` are those that the notifier was told.
    """

    nonce: str = ""
    secrets: Sequence[str] = ()
    caps: Caps = USUAL_CAPS


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts over a history, and what they rest on."""

    history: History
    log: Log
    sends: Sends
    verdicts: Sequence[Verdict]

    @property
    def findings(self) -> list[Finding]:
        """Every breach."""
        return [finding for verdict in self.verdicts for finding in verdict.findings]

    @property
    def broken(self) -> list[str]:
        """The invariants that do not hold."""
        return [verdict.invariant for verdict in self.verdicts if not verdict.holds]


def judge(history: History, standards: Standards | None = None) -> Judgement:
    """Return the verdicts over a history, I1 to I12."""
    told = standards or Standards()
    log = Log(history.streams)
    sends = Sends(history, log)
    with outside_calls() as calls:
        folds = folded(history)
        decided = as_decided(folds)
    reached = [Finding("I8", f"the replay reached outside: {call}") for call in calls]
    verdicts = [
        exactly_one_end(history, log, sends),
        nothing_unasked(history, log, sends),
        to_whom_it_is_due(history, log, sends, told.nonce),
        in_order(history, log, sends),
        without_gaps(history, log),
        nothing_twice(log),
        as_kept(history, folds),
        replace(decided, findings=[*decided.findings, *reached]),
        as_accepted(history, log, sends),
        one_a_request(history, log, told.caps),
        nothing_left(history, log, folds),
        nothing_told(history, told.secrets, told.nonce),
    ]
    return Judgement(history, log, sends, verdicts)
