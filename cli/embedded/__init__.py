"""Postgres and nats-server from their wheels, run as children of this process."""
