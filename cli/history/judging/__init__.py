"""The invariants, each judged from the history alone: no clock, no chance, no I/O."""
