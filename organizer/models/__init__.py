"""Tables of the organizer."""

from organizer.models.contacts import (
    Contact,
    ContactKey,
    ContactKind,
    ContactMerchant,
    ContactRelation,
    KeyKind,
    RelationKind,
)
from organizer.models.imports import ContactImport, ImportState
from organizer.models.tasks import Task, TaskPriority, TaskState

__all__ = (
    "Contact",
    "ContactImport",
    "ContactKey",
    "ContactKind",
    "ContactMerchant",
    "ContactRelation",
    "ImportState",
    "KeyKind",
    "RelationKind",
    "Task",
    "TaskPriority",
    "TaskState",
)
