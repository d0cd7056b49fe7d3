"""What can be wrong with a request about jobs."""

from __future__ import annotations

from tenancy.errors import DomainError


class JobError(DomainError):
    """The job cannot be triggered, cancelled or retried as asked."""

    code = "job_conflict"
    status = 409
