"""Tables of the organizer."""

from organizer.models.tasks import Task, TaskPriority, TaskState

__all__ = ("Task", "TaskPriority", "TaskState")
