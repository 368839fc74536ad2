"""Importing a module does nothing: no file written, no socket, no process, no thread."""

import subprocess
import sys

import pytest

from tests.architecture.source import ROOT, product

# Audit hooks see what Python does beneath any library.
WATCHER = """
import importlib, sys, threading
REFUSED = {"socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.remove"}
seen = []

def watch(event, given):
    compiling = event == "os.mkdir" and str(given[0]).endswith("__pycache__")
    # urllib3 asks for IPv6 by binding to no port in particular.
    probing = event == "socket.bind" and given[1][1] == 0
    if event in REFUSED and not compiling and not probing:
        seen.append(f"{event}{given[:2]}")

sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
    if seen or threading.active_count() > 1:
        sys.exit(f"importing {name}: {seen or threading.enumerate()}")
"""


def _importable() -> list[str]:
    names = [m.path.with_suffix("").as_posix().replace("/", ".") for m in product()]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


@pytest.mark.slow
def test_importing_does_nothing():
    done = subprocess.run(
        [sys.executable, "-c", WATCHER, *_importable()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
