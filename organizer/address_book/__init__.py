"""Contacts as files carry them: vCards and tables. Pure: no Django, no database."""
