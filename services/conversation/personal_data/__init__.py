"""A user's rights over what is kept: to have all of it, and to have it destroyed."""
