"""Leaflets for patients: written, revised, translated."""
