"""Checking the ledger against balances that were stated from outside."""
