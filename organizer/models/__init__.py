"""Tables of the organizer."""

from organizer.models.attachments import TaskAttachment
from organizer.models.batches import BatchedTask, TaskBatch
from organizer.models.calendar_feeds import CalendarFeed, FeedEntry, FeedPart
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
from organizer.models.imports import (
    CalendarImport,
    ContactImport,
    ImportedEntry,
    ImportState,
)
from organizer.models.reminders import Reminder
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
    "CalendarFeed",
    "CalendarImport",
    "Contact",
    "ContactImport",
    "ContactKey",
    "ContactKind",
    "ContactMerchant",
    "ContactRelation",
    "FeedEntry",
    "FeedPart",
    "FollowedFact",
    "ImportState",
    "ImportedEntry",
    "KeyKind",
    "RelationKind",
    "Reminder",
    "RepeatBy",
    "Task",
    "TaskAttachment",
    "TaskBatch",
    "TaskLink",
    "TaskPolicy",
    "TaskPriority",
    "TaskState",
)
