"""Django's PostgreSQL backend, telling the database whose scope is active."""
