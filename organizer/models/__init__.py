"""Tables of the organizer."""

from organizer.models.batches import BatchedTask, TaskBatch
from organizer.models.contacts import (
    Contact,
    ContactKey,
    ContactKind,
    ContactMerchant,
    ContactRelation,
    KeyKind,
    RelationKind,
)
from organizer.models.following import FollowedFact, TaskPolicy
from organizer.models.imports import ContactImport, ImportState
from organizer.models.tasks import (
    LINK_KINDS,
    RepeatBy,
    Task,
    TaskLink,
    TaskPriority,
    TaskState,
)

__all__ = (
    "LINK_KINDS",
    "BatchedTask",
    "Contact",
    "ContactImport",
    "ContactKey",
    "ContactKind",
    "ContactMerchant",
    "ContactRelation",
    "FollowedFact",
    "ImportState",
    "KeyKind",
    "RelationKind",
    "RepeatBy",
    "Task",
    "TaskBatch",
    "TaskLink",
    "TaskPolicy",
    "TaskPriority",
    "TaskState",
)
