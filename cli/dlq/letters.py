"""How a dead letter looks in a terminal: one line."""

from datetime import datetime

from chassis.dead_letters import Case, Lost
from chassis.letters_shown import age

NONE = "-"
_ROW = "{:>6}{:>7}{:>7}  {:<32}{:<9}{:<24}{:<44}{}"
HEADING = _ROW.format("no", "age", "tries", "consumer", "state", "error", "subject", "turn")


def told(case: Case, now: datetime) -> str:
    """Return a letter as one line."""
    letter = case.letter
    turn = (case.event.turn if case.event else None) or NONE
    return _ROW.format(
        letter.number,
        age(now, letter.parked_at),
        letter.tries,
        letter.consumer,
        case.state if case.is_readable else "erased",
        letter.error,
        letter.subject,
        turn,
    )


def lost_line(lost: Lost, now: datetime) -> str:
    """Return a request without a letter as one line."""
    since = age(now, lost.created_at)
    return _ROW.format(NONE, since, NONE, NONE, "owed", NONE, lost.subject, lost.event_id)
