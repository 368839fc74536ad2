"""Ways to spoil a good history, and the invariants of which at least one must then be broken."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

from msgspec.structs import replace as changed

from cli.history.judging.log import HEARD, SETTLED, TURNS
from cli.history.records import Call, Differing, History, LoggedEvent, Mail, Rebuilt, Rest, Written
from contracts.conversation import ReplyRequested, WorkStarted
from contracts.gateway import UserUnfollowed

Spoil = Callable[[History, Random], History | None]
SOMEBODY_ELSE = "U-somebody-else"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One way, and what it must break; it returns None for a history that has nothing to spoil."""

    spoil: Spoil
    breaks: frozenset[str]


def _spoils(spoil: Spoil, *breaks: str) -> Mutation:
    return Mutation(spoil, frozenset(breaks))


def _pick(found: Sequence[Any], chance: Random) -> Any:
    return chance.choice(found) if found else None


def _ends(run: History) -> list[Call]:
    """Return the sends that end a turn: not those that only say that it takes longer."""
    told = [json.loads(e.data) for e in run.events if e.type in SETTLED]
    words = {tuple(each["message_ids"]) for each in told if not each["final"]}
    return [each for each in run.calls or () if each.ids not in words]


def _without_call(run: History, chance: Random) -> History | None:
    if any(event.type == UserUnfollowed.NAME for event in run.events):
        return None  # whoever has left need not be shown anything
    lost = _pick(_ends(run), chance)
    return lost and replace(run, calls=[each for each in run.calls or () if each != lost])


def _with_copy(run: History, chance: Random) -> History | None:
    shown = _pick(_ends(run), chance)
    return shown and replace(run, calls=[*(run.calls or ()), changed(shown, at=shown.at + 1)])


def _to_another(run: History, chance: Random) -> History | None:
    shown = _pick(list(run.calls or ()), chance)
    return shown and _with_call(run, shown, changed(shown, chat=SOMEBODY_ELSE))


def _swapped_in_time(run: History, chance: Random) -> History | None:
    """Let two answers of one user come in each other's place."""
    calls = list(run.calls or ())
    pairs = [pair for pair in pairwise(calls) if pair[0].chat == pair[1].chat]
    if not pairs:
        return None
    one, other = _pick(pairs, chance)
    return _with_call(
        _with_call(run, one, changed(one, at=other.at)), other, changed(other, at=one.at)
    )


def _from_nowhere(run: History, _: Random) -> History:
    last = max((each.at for each in run.calls or ()), default=0.0)
    call = Call(at=last + 1, call="push", accepted=True, key=str(UUID(int=7)), chat=SOMEBODY_ELSE)
    return replace(run, calls=[*(run.calls or ()), call])


def _without_webhook(run: History, chance: Random) -> History | None:
    lost = _pick(list(run.webhooks or ()), chance)
    return lost and replace(run, webhooks=[each for each in run.webhooks or () if each != lost])


def _of_another_message(run: History, chance: Random) -> History | None:
    said = _pick([e for e in run.events if e.type == "gateway.message_received"], chance)
    return said and _with_event(run, said, _told(said, message_id="another"))


def _unrecorded(run: History, chance: Random) -> History | None:
    """Lose the last thing heard, with all that came of it: a log cut off, and no gap in it."""
    heard = [e for e in run.events if e.type in HEARD]
    if not heard:
        return None
    cut = _pick(heard, chance)
    lost = {e.id for e in run.events if e.stream == cut.stream and e.version >= cut.version}
    kept = [e for e in run.events if e.id not in lost and e.cause not in lost]
    return replace(run, events=kept, rest=None, kept=())


def _gap(run: History, chance: Random) -> History | None:
    lost = _pick(run.events, chance)
    return lost and replace(run, events=[each for each in run.events if each != lost])


def _beheaded(run: History, chance: Random) -> History | None:
    """Lose the last event of a stream: only its head tells."""
    last = {event.stream: event for event in run.events}
    lost = _pick(list(last.values()), chance)
    return lost and replace(run, events=[each for each in run.events if each != lost])


def _twice(run: History, chance: Random) -> History | None:
    """Append an event once more, under another name and number."""
    again = _pick([e for e in run.events if e.type in HEARD or e.cause], chance)
    if again is None:
        return None
    end = max(e.version for e in run.events if e.stream == again.stream) + 1
    copy = changed(again, id=str(UUID(int=chance.getrandbits(128))), version=end)
    heads = {**(run.rest or Rest()).heads, again.stream: end}
    return replace(run, events=[*run.events, copy], rest=Rest(dead_letters=0, heads=heads))


def _same_id(run: History, chance: Random) -> History | None:
    again = _pick(run.events, chance)
    return again and replace(run, events=[*run.events, again])


def _other_outcome(run: History, chance: Random) -> History | None:
    decided = _pick(_decided_again(run), chance)
    if decided is None:
        return None
    other = "apologised" if json.loads(decided.data)["outcome"] == "answered" else "answered"
    return _with_event(run, decided, _told(decided, outcome=other))


def _other_words(run: History, chance: Random) -> History | None:
    """Change what an answer says: its sealed part and its words in the clear."""
    decided = _pick(_decided_again(run), chance)
    if decided is None or decided.opened is None:
        return None
    personal = json.loads(decided.opened)
    personal["answer"]["main"] += "!"
    return _with_event(run, decided, changed(decided, opened=json.dumps(personal)))


def _decided_again(run: History) -> list[LoggedEvent]:
    return [e for e in run.events if e.type == ReplyRequested.NAME and e.opened is not None]


def _broken_seal(run: History, chance: Random) -> History | None:
    sealed = _pick([e for e in run.events if e.opened is not None], chance)
    return sealed and _with_event(run, sealed, changed(sealed, opened=None))


def _other_name(run: History, chance: Random) -> History | None:
    decided = _pick([e for e in _decided_again(run) if e.cause], chance)
    return decided and _with_event(run, decided, changed(decided, id=str(UUID(int=9))))


def _other_state(run: History, _: Random) -> History | None:
    kept = run.kept[0]
    if kept.version < 2:
        return None
    return replace(run, kept=[changed(kept, version=kept.version - 1)])


def _unsealed(run: History, chance: Random) -> History | None:
    sealed = _pick([e for e in run.events if e.opened is not None], chance)
    return sealed and _with_event(run, sealed, changed(sealed, personal=sealed.opened.encode()))


def _in_the_clear(run: History, chance: Random) -> History | None:
    said = _pick([e for e in run.events if e.type == "gateway.message_received"], chance)
    return said and _with_event(run, said, _told(said, text="痛"))


def _user_in_the_clear(run: History, chance: Random) -> History | None:
    started = _pick([e for e in run.events if e.type == WorkStarted.NAME], chance)
    return started and _with_event(run, started, _told(started, message_id=_user(run)))


def _undelivered(run: History, chance: Random) -> History | None:
    """Lose the last delivery on record, and its place in the stream."""
    settled = [e for e in run.events if e.type in SETTLED]
    if not settled:
        return None
    lost = settled[-1]
    heads = {**(run.rest or Rest()).heads, lost.stream: lost.version - 1}
    kept = [each for each in run.events if each != lost]
    return replace(run, events=kept, rest=Rest(dead_letters=0, heads=heads))


def _refused(run: History, chance: Random) -> History | None:
    settled = _pick([e for e in run.events if e.type in SETTLED], chance)
    if settled is None:
        return None
    refused = changed(settled, type="notifier.reply_failed")
    return _with_event(run, settled, _told(refused, status=400, failed_at="2076-11-23T08:00:00Z"))


def _other_messages(run: History, chance: Random) -> History | None:
    settled = _pick([e for e in run.events if e.type in SETTLED], chance)
    return settled and _with_event(run, settled, _told(settled, message_ids=["another"]))


def _ignored(run: History, chance: Random) -> History | None:
    """Say that a message was ignored for no good reason, where it was answered."""
    answers = [e for e in run.events if e.type == ReplyRequested.NAME]
    turns = {e.id for e in run.events if e.type in TURNS}
    lost = _pick([e for e in answers if e.cause in turns], chance)
    if lost is None:
        return None
    fact = changed(lost, type="conversation.input_ignored", data='{"reason":"over_limit"}')
    return _with_event(run, lost, changed(fact, personal=None, opened=None))


def _mail_again(run: History, chance: Random) -> History | None:
    mail = _pick(list(run.mails or ()), chance)
    return mail and replace(run, mails=[*(run.mails or ()), changed(mail, at=mail.at + 5)])


def _mail_unasked(run: History, _: Random) -> History:
    return replace(run, mails=[*(run.mails or ()), Mail(1.0, ("x@example.org",), "<who@x>")])


def _mail_lost(run: History, _: Random) -> History | None:
    return replace(run, mails=[]) if run.mails else None


def _owed(run: History, _: Random) -> History:
    rest = run.rest or Rest()
    return replace(run, rest=changed(rest, outbox=(run.events[0].id,) if run.events else ("x",)))


def _pending(run: History, _: Random) -> History:
    return replace(run, rest=changed(run.rest or Rest(), pending=("some-stream",)))


def _dead_letter(run: History, _: Random) -> History:
    return replace(run, rest=changed(run.rest or Rest(), dead_letters=1))


def _read_model(run: History, _: Random) -> History:
    row = Differing(table="readmodels.chat_logs", row="x", how="is missing")
    return replace(run, rebuilt=Rebuilt(rows=1, differing=(row,)))


def _logged_token(run: History, chance: Random) -> History | None:
    tokens = [each.reply_token for each in run.webhooks or () if len(each.reply_token) > 6]
    token = _pick(tokens, chance)
    return token and replace(run, written=[Written("notifier.log", f"ok\nsent to {token}\n")])


def _logged_user(run: History, _: Random) -> History | None:
    text = f'{{"event": "x", "user": "{_user(run)}"}}'
    return replace(run, written=[Written("x", text)]) if run.webhooks else None


def _user(run: History) -> str:
    return run.webhooks[0].chat if run.webhooks else ""


def _with_call(run: History, old: Call, new: Call) -> History:
    return replace(run, calls=[new if each == old else each for each in run.calls or ()])


def _with_event(run: History, old: LoggedEvent, new: LoggedEvent) -> History:
    return replace(run, events=[new if each is old else each for each in run.events])


def _told(event: LoggedEvent, **fields: Any) -> LoggedEvent:
    return changed(event, data=json.dumps(json.loads(event.data) | fields))


MUTATIONS: Mapping[str, Mutation] = {
    "an answer is dropped": _spoils(_without_call, "I1", "I9"),
    "an answer is doubled": _spoils(_with_copy, "I1"),
    "an answer goes to somebody else": _spoils(_to_another, "I3"),
    "two answers change places": _spoils(_swapped_in_time, "I4"),
    "something is shown that nobody asked for": _spoils(_from_nowhere, "I2"),
    "what LINE sent was never recorded as sent": _spoils(_without_webhook, "I2"),
    "a message on record is not the one sent": _spoils(_of_another_message, "I2"),
    "a message was acknowledged and is not on record": _spoils(_unrecorded, "I1"),
    "a message is ignored": _spoils(_ignored, "I1"),
    "an event is missing": _spoils(_gap, "I5"),
    "the last event is missing": _spoils(_beheaded, "I5"),
    "an event was appended twice": _spoils(_twice, "I6"),
    "an event stands there twice": _spoils(_same_id, "I6"),
    "an outcome was changed": _spoils(_other_outcome, "I8"),
    "the words of an answer were changed": _spoils(_other_words, "I8"),
    "a sealed part was changed": _spoils(_broken_seal, "I7"),
    "an event has another name": _spoils(_other_name, "I8"),
    "a state is kept of another version": _spoils(_other_state, "I7"),
    "a read model is not what the log leads to": _spoils(_read_model, "I7"),
    "a sealed part is not sealed": _spoils(_unsealed, "I12"),
    "words stand in the clear": _spoils(_in_the_clear, "I12"),
    "a user stands in the clear": _spoils(_user_in_the_clear, "I12"),
    "a reply token is in a log": _spoils(_logged_token, "I12"),
    "a user is in a log": _spoils(_logged_user, "I12"),
    "a delivery is not on record": _spoils(_undelivered, "I9"),
    "a delivery is on record as refused": _spoils(_refused, "I9"),
    "other messages were delivered": _spoils(_other_messages, "I9"),
    "a mail was sent twice": _spoils(_mail_again, "I10"),
    "a mail was sent that nobody asked for": _spoils(_mail_unasked, "I10"),
    "a mail on record was never taken": _spoils(_mail_lost, "I10"),
    "a request is not settled": _spoils(_owed, "I11"),
    "a stream waits": _spoils(_pending, "I11"),
    "a dead letter waits": _spoils(_dead_letter, "I11"),
}
