"""Run a command that is signalled when its parent dies.

Called as a script: `python -I -S tether.py SIGNAL PARENT_PID COMMAND ARGUMENT…`. It replaces
itself with the command, so the command keeps this process id.
"""

import os
import sys
from collections.abc import Sequence

# prctl(2), linux/prctl.h: the setting survives the exec that follows.
PR_SET_PDEATHSIG = 1


def die_with_parent(number: int, parent: int) -> None:
    """Ask the kernel for a signal at the parent's death; leave now if it is dead already."""
    if sys.platform != "linux":
        return
    import ctypes  # half of this script's start-up time, needed on Linux only

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(1)


def main(arguments: Sequence[str]) -> None:
    """Tie this process to its parent, then become the command."""
    number, parent, *command = arguments
    die_with_parent(int(number), int(parent))
    os.execv(command[0], command)  # noqa: S606  no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
