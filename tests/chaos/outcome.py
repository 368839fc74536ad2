"""What came of a run, in figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.history.check import Judgement
from cli.history.reading import records_of, write
from cli.history.records import OK
from cli.history.report import report

UNAVAILABLE = 503


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdicts over a run, what was done to it, how long it took to come to rest."""

    name: str
    judged: Judgement
    strikes: Mapping[str, int]
    calm_seconds: float
    refused: Sequence[str]

    @property
    def is_sound(self) -> bool:
        """Whether all invariants hold, and no upstream was asked for what it never takes."""
        return not self.judged.broken and not self.refused

    @property
    def story(self) -> str:
        """The figures, and the checker's report where it found anything."""
        found = [] if not self.judged.broken else report(self.judged)
        return "\n".join([*self.figures(), *found, *(f"refused: {each}" for each in self.refused)])

    def figures(self) -> Iterator[str]:
        """Yield the run in lines of figures."""
        history, judged = self.judged.history, self.judged
        webhooks = history.webhooks or ()
        statuses = [attempt.status for each in webhooks for attempt in each.attempts]
        kills = {
            k.removeprefix("kill "): n for k, n in self.strikes.items() if k.startswith("kill")
        }
        faults = {k: n for k, n in self.strikes.items() if not k.startswith("kill")}
        waits = sorted(self._waits())
        yield f"{self.name}: {len(judged.log.turns)} turns of {len(webhooks)} messages"
        yield f"  kills          {_counted(kills)}"
        yield f"  faults         {_counted(faults)}"
        yield f"  acknowledged   {sum(each.is_acknowledged for each in webhooks)}"
        yield f"  refused (503)  {statuses.count(UNAVAILABLE)}, no answer {statuses.count(None)}"
        yield f"  redeliveries   {len(statuses) - len(webhooks)}"
        yield f"  sends          {len(judged.sends.all)}, apologies {self._apologies()}"
        if waits:
            middle, last = waits[len(waits) // 2], waits[-1]
            yield f"  answered in    median {middle:.2f} s, slowest {last:.1f} s"
        yield f"  rest after     {self.calm_seconds:.1f} s"
        yield f"  violations     {len(judged.findings)}"

    def export(self, path: Path) -> None:
        """Keep all that was judged, for `mededbot check-history`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, records_of(self.judged.history))

    def _waits(self) -> Iterator[float]:
        """Yield how long each acknowledged message waited for its end."""
        for turn in self.judged.log.turns.values():
            webhook = self.judged.sends.webhook_of(turn)
            taken = [each.at for each in (webhook.attempts if webhook else ()) if each.status == OK]
            ends = self.judged.sends.ends_of(turn)
            if taken and ends:
                yield max(ends[0].call.at - min(taken), 0.0)

    def _apologies(self) -> int:
        replies = [send.reply for send in self.judged.sends.all if send.reply is not None]
        return sum(each.fields.apology for each in replies)


def _counted(what: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(what.items())) or "none"
