"""What a seed decides, in a stream of its own for each concern.

Whoever draws more in one place leaves what is drawn elsewhere as it was, so a seed keeps most of
its meaning when the services or the faults change.
"""

from random import Random


def drawn(seed: int, *concern: str) -> Random:
    """Return the draws of one concern of a seed."""
    return Random("/".join((str(seed), *concern)))
