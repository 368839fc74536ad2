"""Passwords: which one a request carries, and how often one may be tried."""

from base64 import b64encode
from datetime import timedelta

import asyncpg
import pytest

from services.gateway.log_in import Attempts, given

HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("Bearer geheim:密碼", False),
        ("bearer secret", True),
        ("Basic " + b64encode(b"anybody:secret").decode(), True),
        ("Basic " + b64encode(b":secret").decode(), True),
        ("Basic " + b64encode(b"secret").decode(), False),
        ("Basic " + b64encode(b"secret:").decode(), False),
        ("Basic secret", False),
        ("Basic %%%", False),
        ("Digest secret", False),
        ("", False),
        (None, False),
    ],
)
def test_the_password_opens_by_basic_or_bearer(header: str | None, allowed: bool):
    entered = given(header)
    assert (entered is not None and entered.matches("secret")) is allowed


@pytest.mark.parametrize(
    ("name", "told"), [(b"mei", "console: mei"), (b"", "console"), (b"a\n\x00b" * 40, None)]
)
def test_a_name_goes_on_record_as_what_it_is(name: bytes, told: str | None):
    entered = given("Basic " + b64encode(name + b":x").decode())
    assert entered is not None
    assert entered.name == (told or "console: " + ("ab" * 20))


async def guess(attempts: Attempts, address: str, times: int) -> timedelta | None:
    """Guess wrong so many times; return what the last one led to."""
    wait = None
    for _ in range(times):
        wait = await attempts.attempted(address, is_right=False)
    return wait


async def test_five_wrong_passwords_are_forgiven_and_the_sixth_locks(pool: asyncpg.Pool):
    attempts = Attempts(pool)
    assert await guess(attempts, HERE, 6) is None
    wait = await Attempts(pool).attempted(HERE, is_right=True)
    assert wait is not None
    assert timedelta(0) < wait <= timedelta(seconds=2)
    assert await attempts.attempted(THERE, is_right=True) is None


async def test_each_further_one_locks_twice_as_long(pool: asyncpg.Pool):
    attempts = Attempts(pool)
    await guess(attempts, HERE, 6)
    await pool.execute("update console.attempts set locked_until = '-infinity'")
    assert await guess(attempts, HERE, 1) is None
    wait = await guess(attempts, HERE, 1)
    assert wait is not None
    assert timedelta(seconds=2) < wait <= timedelta(seconds=4)


async def test_the_right_one_clears_what_was_counted(pool: asyncpg.Pool):
    attempts = Attempts(pool)
    await guess(attempts, HERE, 5)
    assert await attempts.attempted(HERE, is_right=True) is None
    assert await guess(attempts, HERE, 5) is None
    assert await attempts.attempted(HERE, is_right=True) is None


async def test_guesses_from_everywhere_lock_out_strangers_and_not_who_was_in_lately(
    pool: asyncpg.Pool,
):
    attempts = Attempts(pool)
    await attempts.attempted(HERE, is_right=True)
    for number in range(51):
        await attempts.attempted(f"198.51.100.{number}", is_right=False)
    assert await attempts.attempted(THERE, is_right=True) is not None
    assert await attempts.attempted(HERE, is_right=True) is None


async def test_an_address_is_kept_as_a_hash(pool: asyncpg.Pool):
    await guess(Attempts(pool), HERE, 1)
    kept = await pool.fetch("select a::text from console.attempts as a")
    assert len(kept) == 2
    assert HERE not in str(kept)
