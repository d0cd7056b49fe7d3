"""Real workers that are killed while they read mail: at every boundary of reading a mailbox or a
file, and of reading messages into the ledger. Installed as an app only in the processes that these
tests start."""
