"""Where a turn's time goes, by the times the event log wrote down."""

import statistics

import asyncpg

HOPS = (
    ("gateway.message_received", "conversation.work_started"),
    ("conversation.work_started", "translation.ready"),
    ("translation.ready", "conversation.reply_requested"),
)
_TIMES = """
    select turn_of.turn, e.type, e.recorded_at from eventlog.events e
    cross join lateral (
        select case when e.type = 'gateway.message_received' then e.id else e.turn end as turn
    ) as turn_of
"""


async def report_hops(database_url: str) -> None:
    """Print the median milliseconds from one fact of a turn to the next."""
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(_TIMES)
    await connection.close()
    turns: dict[str, dict[str, float]] = {}
    for row in rows:
        turns.setdefault(str(row["turn"]), {})[row["type"]] = row["recorded_at"].timestamp()
    print("hops of a turn, median:")
    for before, after in HOPS:
        gaps = [t[after] - t[before] for t in turns.values() if before in t and after in t]
        print(f"  {before} -> {after}  {statistics.median(gaps) * 1e3:.1f} ms")
