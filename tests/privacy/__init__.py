"""What lies on disk of a user: nothing that can be read."""
