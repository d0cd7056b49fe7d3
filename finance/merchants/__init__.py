"""Merchants: their names and aliases, joining two, and what was spent at each."""
