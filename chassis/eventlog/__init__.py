"""The append-only event log in Postgres: the only source of truth."""
