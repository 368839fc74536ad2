"""Python runs this first in every process of a system whose clocks a test moves.

The file that CLOCKS names says by how many seconds which service's clock is off: JSON, "" for all.
"""

import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from chassis.clock import CLOCK, system_time

OFF = Path(os.environ["CLOCKS"])
SERVICE = sys.orig_argv[-1]


def moved_time() -> datetime:
    """Return what a clock says that somebody has moved."""
    off = json.loads(OFF.read_text())
    return system_time() + timedelta(seconds=off.get(SERVICE, off.get("", 0)))


CLOCK.set(moved_time)
