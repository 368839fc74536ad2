"""Voice messages in, spoken answers out."""
