"""How far behind a consumer says it is."""

from chassis.bus.behind import NOTHING, Behind, Load, heaviest


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_waits_counts_in_the_time_it_takes_to_do_it():
    clock = Clock()
    behind = Behind(clock)
    for waiting in (62, 61, 60):
        behind.note(waiting)
    clock.now += 0.5
    load = behind.load()
    assert load == Load(60, 6.0)
    assert load.seconds == 10.0


def test_each_look_begins_anew():
    clock = Clock()
    behind = Behind(clock)
    behind.note(60)
    clock.now += 1.0
    behind.load()
    clock.now += 1.0
    assert behind.load() == NOTHING


def test_who_takes_nothing_is_not_behind():
    assert Load(1_000, 0.0).seconds == 0.0


def test_the_heaviest_load_is_the_slowest_to_go():
    assert heaviest([Load(10, 50.0), Load(8, 1.0), NOTHING]) == Load(8, 1.0)
    assert heaviest([Load(0, 3.0), Load(0, 9.0)]) == Load(0, 9.0)
    assert heaviest([]) == NOTHING
