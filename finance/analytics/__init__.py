"""What the ledger tells: spending, income, net worth, what comes, what is odd, what is missing.

Sums come from the monthly totals; of months that a period only touches, from its days alone. A
transfer between own accounts, and so the payment of a card's bill, is neither income nor spending.
"""
