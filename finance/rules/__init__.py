"""Rules: a query, and what the transactions that match it get."""
