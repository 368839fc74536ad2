"""A hundred thousand random texts through the renderer: LINE takes all, and nothing is lost."""

import random
import sys
import time

from services.notifier.tests.test_round_trip import assert_shown_whole

TEXTS = 100_000
SEED = 119


def main(texts: int = TEXTS) -> None:
    """Render and check; stops with an AssertionError at the first text that is not shown whole."""
    chance, began = random.Random(SEED), time.process_time()
    for _ in range(texts):
        assert_shown_whole(chance)
    seconds = time.process_time() - began
    print(f"texts      {texts:,} answers rendered and checked in {seconds:.0f} s of CPU")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TEXTS)
