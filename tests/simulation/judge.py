"""The judge: which of the invariants a run has broken, and by what.

I1 exactly one visible terminal an event · I2 none without a receipt · I3 to its sender only · I4
in order · I5 versions 1..n · I6 nothing decided twice · I7 the fold is the live state · I9 the
log says delivered where LINE says accepted · I11 nothing left over.
"""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any
from uuid import UUID

from chassis.decider import derived_id
from contracts.base import CloudEvent
from contracts.conversation import DataErased, ReplyRequested
from contracts.gateway import MessageReceived, PostbackReceived, UserFollowed
from contracts.notifier import ReplyDelivered, ReplyFailed
from services.conversation.domain import FORMAT, INITIAL, Conversation, decode_state, evolve
from services.conversation.domain.facts import InputIgnored, TokenLent
from services.conversation.domain.mailbox import given_by
from services.conversation.domain.pending import Said
from services.conversation.domain.schedule import is_interrupting
from services.conversation.domain.wording import TURNED_AWAY
from tests.simulation.faults import AN_HOUR
from tests.simulation.line import Shown
from tests.simulation.people import BEGINNING, NONCE
from tests.simulation.processes import Process
from tests.simulation.record import Log, Record, now
from tests.simulation.world import World

ANSWERED = (MessageReceived, PostbackReceived, UserFollowed)
FOR_MESSAGES = frozenset({"message", "postback", "follow"})


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer or word of the work, as it was asked for."""

    stream: str
    event: CloudEvent[ReplyRequested]

    @property
    def turn(self) -> str:
        return self.event.data.turn_id


@dataclass
class Judge:
    """Looks at one run that is over."""

    world: World

    def broken(self) -> list[str]:
        """Return what was broken; nothing if all held."""
        return [
            *self._leftovers(),
            *self._receipts(),
            *self._terminals(),
            *self._doubles(),
            *self._recipients(),
            *self._order_of_delivery(),
            *self._order_of_sending(),
            *self._versions(),
            *self._repetitions(),
            *self._folds(),
            *self._deliveries(),
        ]

    # -- what there is to look at

    @cached_property
    def record(self) -> Record:
        return Record(self.world.tables)

    @cached_property
    def asked(self) -> list[Asked]:
        return [
            Asked(name, event)
            for name, log in self.record.conversations.items()
            for event in log
            if isinstance(event.data, ReplyRequested)
        ]

    @cached_property
    def by_call(self) -> dict[tuple[str, str], Asked]:
        """Which answer a call of LINE's API carries: by its token or its retry key."""
        calls: dict[tuple[str, str], Asked] = {}
        for each in self.asked:
            data = each.event.data
            calls["push", data.reply_id] = each
            calls["push", derived_id(data.reply_id, "apology")] = each
            if data.reply_token:
                calls["reply", data.reply_token] = each
        return calls

    @cached_property
    def shown(self) -> list[tuple[Shown, Asked | None]]:
        return [(each, self.by_call.get((each.channel, each.by))) for each in self.world.line.shown]

    @cached_property
    def terminals(self) -> dict[str, list[tuple[Shown, Asked]]]:
        """What users saw of each turn, without words of the work."""
        seen: dict[str, list[tuple[Shown, Asked]]] = defaultdict(list)
        for shown, asked in self.shown:
            if asked is not None and asked.event.data.final:
                seen[asked.turn].append((shown, asked))
        return seen

    @cached_property
    def inputs(self) -> dict[str, CloudEvent[Any]]:
        return {event.id: event for log in self.record.conversations.values() for event in log}

    @cached_property
    def unowed(self) -> set[str]:
        """Inputs that get no answer of their own: they lent a token, or were told just now."""
        return {
            event.cause or ""
            for log in self.record.conversations.values()
            for event in log
            if isinstance(event.data, TokenLent)
            or (isinstance(event.data, InputIgnored) and event.data.reason == "over_limit")
        }

    # -- I11, I2

    def _leftovers(self) -> Iterator[str]:
        if not self.world.has_settled:
            yield f"I11: not settled: {'; '.join(self.world.owed()[:5])}"
        for bug in self.world.bugs:
            yield f"bug: {bug}"

    def _receipts(self) -> Iterator[str]:
        received = Counter(
            event.data.webhook_event_id
            for event in self.inputs.values()
            if event.source == "/gateway"
        )
        for name in self.world.postman.acknowledged:
            if received[name] != is_heard(self.world.postman.sent[name]):
                yield f"I1: {name} was acknowledged and stands {received[name]} times in the log"
        for shown, asked in self.shown:
            if asked is None or asked.turn not in self.inputs:
                yield f"I2: LINE took {shown.channel} {shown.by}, which nobody asked for"

    # -- I1

    def _terminals(self) -> Iterator[str]:
        for name in self.world.postman.acknowledged:
            event = self.world.postman.sent[name]
            turn = derived_id("line", name)
            owed = is_heard(event) and event["type"] in FOR_MESSAGES and turn not in self.unowed
            seen = self.terminals.get(turn, [])
            if owed and not seen:
                yield f"I1: {name} has no answer"
            if not owed and seen:
                yield f"I1: {name} is owed no answer and has {len(seen)}"

    def _doubles(self) -> Iterator[str]:
        """See that nobody is answered twice, but for the one case nobody can tell (decision 5)."""
        for turn, seen in self.terminals.items():
            for (first, _), (second, asked) in pairwise(seen):
                if not self._is_unavoidable(first, second, asked):
                    name = self.inputs[turn].data.webhook_event_id
                    yield f"I1: {name} was answered at {first.at:.3f} and {second.at:.3f}"

    def _is_unavoidable(self, first: Shown, second: Shown, asked: Asked) -> bool:
        """Tell whether the token ran out while nobody knew what had become of our own reply."""
        if (first.channel, second.channel) != ("reply", "push"):
            return False
        delivered = self._delivered_at(asked.event.data.reply_id)
        in_time = delivered is not None and delivered <= moment(second.at)
        faults = self.world.faults
        fast = faults.skew + (AN_HOUR.total_seconds() if faults.jumps else 0.0)
        latest = moment(second.at + fast)  # by the fastest of clocks
        return latest >= asked.event.data.token_good_until and not in_time

    def _delivered_at(self, reply_id: str) -> datetime | None:
        return next((at for at, fact in self._deliveries_of if fact.reply_id == reply_id), None)

    @cached_property
    def _deliveries_of(self) -> list[tuple[datetime, ReplyDelivered]]:
        return [
            (event.time, event.data)
            for log in self.record.streams.values()
            for event in log
            if isinstance(event.data, ReplyDelivered)
        ]

    # -- I3

    def _recipients(self) -> Iterator[str]:
        for shown, asked in self.shown:
            if asked is not None and asked.turn in self.inputs:
                to = self.inputs[asked.turn].data.recipient
                sender = to.group or to.user
                if shown.user != sender:
                    yield f"I3: {sender}'s answer went to {shown.user} at {shown.at:.3f}"
            for name in NONCE.findall(shown.words):
                if name != shown.user:
                    yield f"I3: {shown.user} saw words of {name} at {shown.at:.3f}"

    # -- I4

    def _order_of_delivery(self) -> Iterator[str]:
        """See that users are shown things in the order of the log."""
        last: dict[str, int] = {}
        for shown, asked in self.shown:
            if asked is None:
                continue
            if asked.event.version < last.get(asked.stream, 0):
                yield f"I4: {shown.user} saw an older answer at {shown.at:.3f}"
            last[asked.stream] = max(last.get(asked.stream, 0), asked.event.version)

    def _order_of_sending(self) -> Iterator[str]:
        """See that messages which waited together are answered as they were sent."""
        for log in self.record.conversations.values():
            answered = {
                event.data.turn_id: event.version
                for event in log
                if isinstance(event.data, ReplyRequested) and event.data.final
            }
            decided = {event.cause: event.version for event in reversed(log) if event.cause}
            waited = sorted(self._patient(log, answered), key=lambda said: said.place)
            for earlier, later in pairwise(waited):
                met = max(earlier.arrival, later.arrival) < min(
                    decided.get(each.id, answered[each.id]) for each in (earlier, later)
                )
                if met and answered[earlier.id] > answered[later.id]:
                    yield f"I4: {earlier.id} was sent before {later.id} and answered after it"

    def _patient(self, log: Log, answered: dict[str, int]) -> Iterator[Said]:
        """Those who waited for their turn: neither pushing in nor turned away nor erased."""
        skipped = {
            event.data.turn_id
            for event in log
            if isinstance(event.data, ReplyRequested)
            and event.data.answer.main.startswith(TURNED_AWAY)
        }
        for event in log:
            if isinstance(event.data, DataErased):
                skipped |= {turn.turn_id for turn in event.data.turns}
        for event in log:
            given = given_by(event)
            said = given[0] if given else None
            if not isinstance(said, Said) or said.id in skipped or said.id not in answered:
                continue
            if said.over_limit is None and not is_interrupting(said):
                yield said

    # -- I5, I6

    def _versions(self) -> Iterator[str]:
        for name, log in self.record.streams.items():
            versions = [event.version for event in log]
            if versions != list(range(1, len(log) + 1)):
                yield f"I5: the versions of {name} are {versions}"

    def _repetitions(self) -> Iterator[str]:
        for name, log in self.record.conversations.items():
            times = Counter((e.type, e.cause, e.turn) for e in log if e.cause is not None)
            for (kind, _, _), found in times.items():
                if found > 1:
                    yield f"I6: {kind} was decided {found} times for one cause in {name}"

    # -- I7

    def _folds(self) -> Iterator[str]:
        for name in self.record.conversations:
            states = _folded(self.record.as_read(name))
            before_erasure = _folded(self.record.streams[name])
            yield from self._snapshot_differs(name, states)
            for process in self.world.processes:
                known = _known(process).get(name)
                # Who has not heard of an erasure yet knows the state before it: a cache, read on.
                if known is not None and known not in (
                    states.get(known.version),
                    before_erasure.get(known.version),
                ):
                    yield f"I7: {process.name} takes {name} for what it is not"

    def _snapshot_differs(self, name: str, states: dict[int, Conversation]) -> Iterator[str]:
        kept = now(self.record.log.snapshot(name, form=FORMAT))
        if UUID(name) in self.world.tables.snapshots and kept is None:
            yield f"I7: the snapshot of {name} does not open"
        if kept is not None and states.get(kept.version) != decode_state(kept.state):
            yield f"I7: the snapshot of {name} is not its log folded"

    # -- I9

    def _deliveries(self) -> Iterator[str]:
        accepted = {asked.event.data.reply_id for _, asked in self.shown if asked is not None}
        delivered = Counter(fact.reply_id for _, fact in self._deliveries_of)
        failed = {
            event.data.reply_id
            for log in self.record.streams.values()
            for event in log
            if isinstance(event.data, ReplyFailed) and not event.data.final
        }
        for name in delivered.keys() - accepted:
            yield f"I9: {name} is delivered in the log, and LINE never took it"
        # Word of the work that nobody could tell the fate of is given up.
        for name in accepted - delivered.keys() - failed:
            yield f"I9: LINE took {name}, and the log does not say so"
        for name, times in delivered.items():
            if times > 1:
                yield f"I9: {name} is delivered {times} times in the log"


def is_heard(event: dict[str, Any]) -> bool:
    """Tell whether an event is said to the bot: in a group, pictures and voices are not."""
    among_others = "groupId" in event["source"] and event["type"] == "message"
    return not among_others or event["message"]["type"] == "text"


def moment(seconds: float) -> datetime:
    """Return the time of a second of the run."""
    return BEGINNING + timedelta(seconds=seconds)


def _folded(log: Log) -> dict[int, Conversation]:
    state, states = INITIAL, {0: INITIAL}
    for event in log:
        state = evolve(state, event)
        states[state.version] = state
    return states


def _known(process: Process) -> "OrderedDict[str, Conversation]":
    """Return what a process holds in memory."""
    return process.conversations._known if process.conversations else OrderedDict()  # noqa: SLF001
