"""Everything `up` keeps running, in groups that stop one after the other."""

import asyncio
from enum import Enum, auto
from pathlib import Path

from cli.process import Child, Program, empty_log
from cli.up.supervisor import Keeper, Report, stop_all


class Group(Enum):
    """What is stopped together; the order here is the order of stopping."""

    DOOR = auto()
    SERVICES = auto()
    # The services' last answers still go through it.
    SANDBOX = auto()
    SERVERS = auto()


# Seconds after the stop began; everything has to be gone within ten.
KILLED_AFTER_SECONDS = {
    Group.DOOR: 3.0,
    Group.SERVICES: 6.5,
    Group.SANDBOX: 7.0,
    Group.SERVERS: 8.0,
}


class Fleet:
    """The programs of one `up`."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.logs: dict[str, Path] = {}
        self._hurried = False
        self._keepers: dict[Group, list[Keeper]] = {group: [] for group in Group}

    def keep(self, group: Group, program: Program, child: Child | None = None) -> None:
        """Keep a program running, from its living child or from nothing."""
        if child is None:
            empty_log(program)
        self.logs[program.name] = program.log
        self._keepers[group].append(Keeper(program, self._report, child))

    async def stop(self) -> None:
        """End everything, group by group."""
        began = asyncio.get_running_loop().time()
        for group in Group:
            killed_at_once = self._hurried and group is not Group.SERVERS
            kill_at = 0.0 if killed_at_once else began + KILLED_AFTER_SECONDS[group]
            await stop_all(self._keepers[group], kill_at)

    def hasten(self) -> None:
        """Kill what still has to stop, except the servers: theirs is a short, clean way out."""
        self._hurried = True
        for group in (Group.DOOR, Group.SERVICES, Group.SANDBOX):
            for keeper in self._keepers[group]:
                keeper.hasten()
