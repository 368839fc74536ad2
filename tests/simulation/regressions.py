"""Seeds that broke something once, with what it was; they are run for good.

A seed is only as good as the draws before it: whoever changes what is drawn in `faults.py` or
`people.py` changes what all seeds mean, and looks again: `python -m tests.simulation 0 9999`.
"""

SEEDS: tuple[int, ...] = ()
