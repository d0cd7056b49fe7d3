"""Saved filters: what the list of transactions is narrowed by, under a name."""
