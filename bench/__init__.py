"""Figures on this machine, each beside its goal or its floor; run by `make bench`."""
