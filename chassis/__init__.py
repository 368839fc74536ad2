"""What every service stands on: settings, the event log, the bus, resilience, telemetry, health."""
