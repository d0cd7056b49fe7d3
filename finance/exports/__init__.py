"""The ledger as files that other programs read: CSV, JSON lines, hledger, beancount, OFX.

entries     what is exported, read in pages so that memory stays flat
formats     one module a format: a function from entries to lines of text
"""
