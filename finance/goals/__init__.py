"""Goals: what is saved for, and what it takes each month."""
