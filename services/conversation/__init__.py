"""The decider: what a conversation answers, and the log it is kept in."""
