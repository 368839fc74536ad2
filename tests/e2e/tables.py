"""Looking for somebody's words in every row of the database, where files may be compressed."""

import asyncpg

from tests.e2e.grep import forms

_TABLES = """
    select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1
"""


async def in_tables(database_url: str, words: list[str]) -> list[str]:
    """Return the tables that hold one of the words, and which; all tables are looked at."""
    connection = await asyncpg.connect(database_url)
    try:
        tables = [str(row[0]) for row in await connection.fetch(_TABLES)]
        return [
            f"{table}: {word}" for table in tables for word in await _of(connection, table, words)
        ]
    finally:
        await connection.close()


async def _of(connection: asyncpg.Connection, table: str, words: list[str]) -> list[str]:
    # As text, a row shows its bytes in hexadecimal digits.
    rows = await connection.fetch(f"select t::text from {table} as t")  # noqa: S608 (no input)
    text = "\n".join(str(row[0]) for row in rows).encode()
    return [word for word in words if _stands_in(text, word)]


def _stands_in(text: bytes, word: str) -> bool:
    spelt = forms(word)
    return any(form in text or form.hex().encode() in text for form in spelt)
