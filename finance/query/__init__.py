"""The query language of transactions, one for API, pages and commands:

    coffee -is:transfer (account:giro OR account:"old visa") amount>=10 date:last-month

parsing     text -> tree, with the place of every mistake; pure
fields      what each field means, as conditions of the database
compiling   tree -> rows
"""

from finance.query.compiling import matching, names_state
from finance.query.parsing import QueryError

__all__ = ["QueryError", "matching", "names_state"]
