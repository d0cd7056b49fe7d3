"""Recurring transactions: templates, their due dates, and what is done on each."""
