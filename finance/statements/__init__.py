"""Statements: files of movements that a bank or another program wrote.

readers     bytes -> lines, one module a format; pure
planning    which lines are new, known already, or told by a message before
importing   the verbs: upload, choose, apply, revert
jobs        reading and applying in the background
"""
