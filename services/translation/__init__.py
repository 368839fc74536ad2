"""Interpreting between Chinese and a patient's language."""
