"""Tests of the whole: its architecture and its journeys. Tests of a part stand beside it."""
