"""What tables of one row a request have in common: how the request ended."""

from services.conversation.projections.projection import EVENT

FAILED = """
    update {table} as c set outcome = 'failed', failure = e.data->>'reason',
        finished_at = (e.data->>'failed_at')::timestamptz
    from e where c.request = e.cause
"""
# What nobody waits for any more; should its result come all the same, that is told too.
_ENDED = """
    update {table} as c set outcome = '{outcome}', failure = e.data->>'reason',
        finished_at = e.recorded_at
    from e where c.request = nullif(e.data->>'request_event', '')::uuid and c.outcome is null
"""
TAKEN_BACK = """
    update {table} as c set redacted = true, asked = null, result = null
    from e where c.stream = e.stream and e.data->>'message_id' in ({columns})
"""
RESULT = "result_id = e.id, result = case when not c.redacted then e.personal end"
"""What a result leaves: its own sealed bytes, and the id they open with."""


def failed(table: str) -> tuple[str, ...]:
    """Return what a worker's failure does to a table."""
    return (EVENT + FAILED.format(table=table),)


def given_up(table: str) -> tuple[str, ...]:
    """Return what a missed deadline does to a table."""
    return (EVENT + _ENDED.format(table=table, outcome="failed"),)


def cancelled(table: str) -> tuple[str, ...]:
    """Return what the user's stop does to a table."""
    return (EVENT + _ENDED.format(table=table, outcome="cancelled"),)


def taken_back(table: str, *columns: str) -> tuple[str, ...]:
    """Return what taking a message back does to rows that name it in one of `columns`."""
    named = ", ".join(f"c.{column}" for column in columns)
    return (EVENT + TAKEN_BACK.format(table=table, columns=named),)
