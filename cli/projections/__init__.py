"""Commands on the read models."""
