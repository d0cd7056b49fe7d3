"""Webhooks: events of a ledger, told to programs by signed HTTP requests."""
