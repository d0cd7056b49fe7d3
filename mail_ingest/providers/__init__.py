"""Where messages come from: one protocol, and a module for each kind of source. Pure."""
