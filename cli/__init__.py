"""The command line: `mededbot up`, `run`, `sandbox`, `migrate`, `version`."""
