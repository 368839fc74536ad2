"""An answer that was given up: one apology in its place, whatever was tried before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from chassis.bus.wire import Packer
from chassis.database import open_pool
from chassis.errors import Unavailable
from chassis.eventlog.codec import Codec
from chassis.eventlog.log import EventLog
from chassis.testing import Database
from contracts.catalogue import SUBJECTS
from services.notifier.courier import Courier
from services.notifier.delivery import Past, Rejected, Unheard
from services.notifier.excuse import excuse
from services.notifier.ledger import PostgresLedger
from services.notifier.loading import Loading
from services.notifier.ports import Claim, Held, Ledger, Settled
from services.notifier.render import APOLOGY
from services.notifier.tests.fakes import FakeLedger, FakeMessenger, FakeRecord, drafts
from services.notifier.tests.given import NOW, reply_requested, work_started
from services.notifier.tests.test_ledger import owe

BAD_TOKEN = Rejected(400, "Invalid reply token")


class Scene:
    """A courier that is to apologise."""

    def __init__(self, *says: Any, ledger: Ledger | None = None, down: int = 0) -> None:
        self.line, self.record = FakeMessenger(list(says)), FakeRecord(down=down)
        self.ledger = ledger or FakeLedger()
        loading = Loading(self.line, self.ledger, now=lambda: NOW)
        self.courier = Courier(self.line, self.ledger, loading, drafts(self.line), now=lambda: NOW)

    async def apologise(self, **changes: Any) -> Any:
        await self.courier.apologise(reply_requested(**changes), self.record)
        return next(iter(self.record.facts.values()), None)


async def test_the_user_gets_an_apology_by_the_turns_own_reply_token():
    scene = Scene()
    fact = await scene.apologise()
    assert scene.line.calls == [("reply", "token", APOLOGY)]
    assert (fact.apology, scene.record.settled) == (True, [reply_requested().id])


async def test_once_settled_there_is_nothing_to_apologise_for():
    scene = Scene(ledger=FakeLedger(found=[Settled()]))
    assert await scene.apologise() is None
    assert scene.line.calls == []


async def test_it_waits_for_the_claim_that_the_failure_has_left():
    scene = Scene(ledger=FakeLedger(found=[Held()] * 10))
    assert (await scene.apologise()).apology


async def test_a_failure_after_the_claim_ends_in_an_apology_on_the_real_ledger(postgres: Database):
    good_until = datetime.now(UTC) + timedelta(seconds=48)
    asked = reply_requested(token_good_until=good_until)
    async with open_pool(postgres.service_url) as pool:
        await owe(pool, asked)
        await pool.execute("update eventlog.outbox set next_publish_at = 'infinity'")
        ledger = PostgresLedger(pool, replica="a")
        assert isinstance(await ledger.claim(asked), Claim)
        scene = Scene(ledger=ledger)
        assert (await scene.apologise(token_good_until=good_until)).apology
    assert scene.line.kinds() == ["reply"]


async def test_a_token_that_our_own_attempt_has_spent_shows_that_the_answer_is_out():
    scene = Scene(BAD_TOKEN, ledger=FakeLedger(past=Past(in_doubt=True)))
    fact = await scene.apologise()
    assert (fact.known_by, scene.line.kinds()) == ("spent_token", ["reply"])


async def test_an_answer_that_was_sent_and_could_not_be_recorded_is_recorded_only():
    scene, asked = Scene(down=1), reply_requested()
    with pytest.raises(Unavailable):
        await scene.courier.deliver(asked, scene.record)
    fact = await scene.apologise()
    assert (fact.apology, len(scene.line.calls)) == (False, 1)


async def test_while_the_messenger_is_away_it_is_tried_again_later():
    scene = Scene(Unheard())
    with pytest.raises(Unavailable):
        await scene.apologise()
    fact = await scene.apologise()
    assert fact.apology


async def test_word_that_an_answer_takes_longer_is_let_go():
    scene = Scene()
    await scene.apologise(final=False)
    assert (scene.line.calls, len(scene.record.settled)) == ([], 1)


async def test_an_apology_counts_as_one():
    labels = {"mode": "translation", "outcome": "apologised"}
    before = REGISTRY.get_sample_value("bot_turns_total", labels) or 0
    await Scene().apologise()
    assert REGISTRY.get_sample_value("bot_turns_total", labels) == before + 1


async def test_a_message_is_read_before_it_is_apologised_for(postgres: Database):
    codec, scene = Codec(SUBJECTS), Scene()
    async with open_pool(postgres.service_url) as pool:
        packer = Packer(EventLog(pool, codec, source="/notifier", requests={}), codec)
        last_word = excuse(scene.courier, packer, scene.record)
        await last_word(await packer.pack(work_started()))
        assert scene.line.calls == []
        await last_word(await packer.pack(reply_requested()))
    assert scene.line.kinds() == ["reply"]
