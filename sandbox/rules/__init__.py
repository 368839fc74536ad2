"""What LINE accepts and what it refuses, as pure functions."""
