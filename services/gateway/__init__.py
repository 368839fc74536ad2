"""The door: hears the messenger's webhooks and records them before it says 200."""
