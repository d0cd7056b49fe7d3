"""Bills: told by messages or entered, due, paid by a transaction, overdue."""
