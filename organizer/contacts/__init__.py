"""Contacts: kept encrypted, found again, merged and parted, read from files and written to them."""
