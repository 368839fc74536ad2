"""Heartbeats: who is there, and for how long silence is forgiven."""

import pytest

from chassis.bus.behind import Load
from services.gateway.peers import REQUIRED, SILENCE_SECONDS, Peers


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def beat(service: str, instance: str = "a", *, ready: bool = True) -> bytes:
    flag = "true" if ready else "false"
    return f'{{"service":"{service}","instance":"{instance}","ready":{flag}}}'.encode()


def all_there(clock: Clock) -> Peers:
    peers = Peers(clock)
    for service in REQUIRED:
        peers.hear(beat(service))
    return peers


def test_all_are_there_once_each_was_heard():
    assert all_there(Clock()).are_ready()


@pytest.mark.parametrize("missing", REQUIRED)
def test_one_that_was_never_heard_is_missing(missing: str):
    peers = Peers(Clock())
    for service in set(REQUIRED) - {missing}:
        peers.hear(beat(service))
    assert not peers.are_ready()
    assert peers.parts()[missing] is False


def test_speech_is_shown_but_not_waited_for():
    peers = all_there(Clock())
    assert peers.parts()["speech"] is False
    peers.hear(beat("speech"))
    assert peers.parts()["speech"] is True


def test_silence_is_forgiven_for_three_seconds():
    clock = Clock()
    peers = all_there(clock)
    clock.now += SILENCE_SECONDS
    assert peers.are_ready()
    clock.now += 0.001
    assert not peers.are_ready()


def test_a_replica_that_says_it_is_not_ready_is_believed_at_once():
    peers = all_there(Clock())
    peers.hear(beat("education", ready=False))
    assert not peers.are_ready()


def test_one_ready_replica_is_enough():
    peers = all_there(Clock())
    peers.hear(beat("education", "b"))
    peers.hear(beat("education", "a", ready=False))
    assert peers.are_ready()


@pytest.mark.parametrize("noise", [b"", b"{}", b"[1]", b'{"service":5}', beat("stranger")])
def test_noise_changes_nothing(noise: bytes):
    peers = all_there(Clock())
    peers.hear(noise)
    assert peers.are_ready()
    assert "stranger" not in peers.parts()


def loaded(service: str, instance: str, waiting: int, taken: float) -> bytes:
    return (
        f'{{"service":"{service}","instance":"{instance}","ready":true,'
        f'"waiting":{waiting},"taken":{taken}}}'
    ).encode()


def test_replicas_share_what_waits_and_take_it_together():
    peers = Peers(Clock())
    peers.hear(loaded("notifier", "a", 90, 10.0))
    peers.hear(loaded("notifier", "b", 80, 20.0))
    peers.hear(loaded("speech", "a", 500, 1.0))
    assert [each for each in peers.loads() if each.waiting] == [Load(90, 30.0)]


def test_who_is_silent_has_no_load():
    clock = Clock()
    peers = Peers(clock)
    peers.hear(loaded("notifier", "a", 90, 10.0))
    clock.now += SILENCE_SECONDS + 0.1
    assert not any(each.waiting for each in peers.loads())


def test_an_older_replica_says_nothing_of_its_load():
    assert not any(each.taken for each in all_there(Clock()).loads())
