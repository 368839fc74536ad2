"""The door: LINE's webhooks in, health and audio out."""
