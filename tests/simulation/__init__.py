"""The whole system on a virtual clock: one seed, one history."""
