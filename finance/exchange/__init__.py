"""Exchange rates: dated, read from files or entered by hand, never fetched from anywhere."""
