"""Calendars: feeds of what is due (RFC 5545), and files of other programs read."""
