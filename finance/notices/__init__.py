"""What a ledger tells its members that belongs to no single plan: questions, and the week."""
