"""Process chaos: the system as real processes under load, while everything below it fails."""
