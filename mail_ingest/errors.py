"""What can be wrong with what somebody asks of this app."""

from tenancy.errors import DomainError


class MailError(DomainError):
    """The mailbox, the file or the message is not as it should be; nothing was changed."""


class MailboxError(MailError):
    """The mailbox cannot be read as it was described."""

    code = "mailbox_unreachable"


class MailFileError(MailError):
    """The file cannot be imported."""

    code = "mail_file_unreadable"
    field = "file"


class UploadDiskFull(MailFileError):
    """There is no room for the file."""

    code = "disk_full"
    status = 507


class MailConflict(MailError):
    """The account, or the message, is not in a state for this."""

    code = "conflict"
    status = 409
