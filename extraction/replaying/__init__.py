"""Replay: read stored mail again with today's rules, show what is different, apply what is
accepted. What a person has set or decided stays."""
