"""Postgres refuses to run as root: as root it is started as nobody, else as ourselves."""

import os
import pwd
import shutil
import sys
from pathlib import Path
from signal import Signals

import psutil

from chassis.errors import StartupRefused
from cli.process import tethered

UNPRIVILEGED_USER = "nobody"


def unprivileged(command: tuple[str, ...], death_signal: Signals) -> tuple[str, ...]:
    """Return the command as a user Postgres accepts, signalled when this process dies."""
    if os.geteuid() != 0:
        return tethered(command, death_signal)
    return (*_setpriv(death_signal), *command)


def give(folder: Path) -> None:
    """Hand a folder to the user the command runs as."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)


def is_postgres_on(data: Path, pid: int) -> bool:
    """Tell whether this process is a Postgres that serves this data folder."""
    try:
        words = psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return bool(words) and Path(words[0]).name == "postgres" and str(data) in words


def _setpriv(death_signal: Signals) -> tuple[str, ...]:
    program = shutil.which("setpriv") if sys.platform == "linux" else None
    if program is None:
        message = "Postgres does not run as root and setpriv is missing: run as another user."
        raise StartupRefused(message)
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    # setpriv sets the death signal last: changing the user would clear it.
    return (
        program,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        # The clone and its data may lie below folders that only root may enter. Without the
        # secure bit access(2), which initdb asks, forgets the capability (credentials(7)).
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--securebits=+no_setuid_fixup",
        f"--pdeathsig={death_signal.name.removeprefix('SIG')}",
    )
