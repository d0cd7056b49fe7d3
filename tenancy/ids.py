"""Identifiers of every row."""

import uuid

from uuid_utils import compat


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): known before its row exists, in order of time, tells a stranger
    nothing but that time."""
    return compat.uuid7()
