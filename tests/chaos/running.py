"""A run of chaos from the first message to the checker's verdict."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import time

from chassis.database import open_pool
from cli.history.check import Judgement, Standards, judge
from cli.history.database import recorded
from cli.history.reading import written
from cli.history.rebuilding import rebuilt
from cli.history.records import History
from cli.history.sources import letters_on
from tests.chaos.crowd import NONCE, Crowd
from tests.chaos.outcome import Outcome
from tests.chaos.schedule import Strike, schedule
from tests.chaos.stage import Stage, staged
from tests.chaos.striking import Striker
from tests.e2e.history import SECRETS, calls_of, mails_of, webhooks_of
from tests.e2e.moments import elapse

CALM_SECONDS = 600.0
"""What is left to be done when the faults have ended may take so long on a busy machine."""
BEGINNING_RATE = 40.0
"""Messages a second before the faults begin, at most."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how fast, how many, and what everything is drawn from."""

    seconds: float
    rate: float
    seed: int
    own_servers: bool
    users: int = 200

    @property
    def name(self) -> str:
        """What a report calls it."""
        return "own servers" if self.own_servers else "proxied servers"


async def run(plan: Plan, folder: Path) -> Outcome:
    """Talk, strike, wait for calm, judge."""
    chance = Random(plan.seed)
    strikes = schedule(chance, plan.seconds, own_servers=plan.own_servers)
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(
            staged(folder, chance, own_servers=plan.own_servers)
        )
        crowd, striker = Crowd(stage, chance, plan.users), Striker(stage, chance)
        stack.push_async_callback(crowd.end)
        await crowd.begin(min(plan.rate, BEGINNING_RATE))
        async with asyncio.TaskGroup() as group:
            group.create_task(crowd.talk(plan.rate, plan.seconds))
            for strike in strikes:
                group.create_task(_when_due(striker, strike))
        ended = time()
        await stage.heal()
        await _calm(stage, crowd)
        calm = time() - ended
        history = await history_of(stage)
    judged = await verdicts(history)
    return Outcome(plan.name, judged, dict(striker.done), calm, _refused(stage))


def plans(environ: Mapping[str, str], seconds: float) -> Sequence[Plan]:
    """Return the two runs that an environment asks for: two thirds of the time on own servers."""
    whole = float(environ.get("CHAOS_SECONDS") or seconds)
    rate = float(environ.get("CHAOS_RATE") or 50)
    seed = int(environ.get("CHAOS_SEED") or 0) or Random().randrange(1, 1_000_000)
    return (
        Plan(whole * 2 / 3, rate, seed, own_servers=True),
        Plan(whole / 3, rate, seed, own_servers=False),
    )


async def verdicts(history: History) -> Judgement:
    """Return what the checker says of a run."""
    return await asyncio.to_thread(judge, history, Standards(nonce=NONCE, secrets=SECRETS))


async def _when_due(striker: Striker, strike: Strike) -> None:
    await elapse(strike.at)
    await striker.strike(strike)


async def _calm(stage: Stage, crowd: Crowd) -> None:
    """Wait until all is delivered and nothing is left to be done."""
    async with asyncio.timeout(CALM_SECONDS):
        await crowd.delivered()
    await stage.at_rest(CALM_SECONDS)


async def history_of(stage: Stage) -> History:
    """Return all that a stage at rest leaves behind."""
    letters = await letters_on({"NATS_URL": stage.servers.nats_url})
    async with open_pool(stage.servers.database_url) as pool:
        log, models = await recorded(pool, dead_letters=letters), await rebuilt(pool)
    world = stage.world
    webhooks = list(webhooks_of(world.platform.posted))
    return History(
        events=log.events,
        webhooks=webhooks,
        calls=list(calls_of(world.line.ledger.shown, webhooks)),
        mails=list(mails_of(world.office.mails)),
        kept=log.kept,
        rest=log.rest,
        rebuilt=models,
        written=list(written({world.system.home / "logs", stage.servers.home.logs})),
    )


def _refused(stage: Stage) -> list[str]:
    """Return what an upstream was asked for and would never take."""
    world = stage.world
    return [*world.line.ledger.refused, *world.gemini.refused, *world.taigi.refused]
