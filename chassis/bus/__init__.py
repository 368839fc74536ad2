"""NATS JetStream: wakes consumers and carries events; the log, not the bus, is the record."""
