"""Subscriptions: charges that come again and again, found in history, and what becomes of them."""
