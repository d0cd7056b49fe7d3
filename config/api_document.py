"""What drf-spectacular writes into the API's document. Part of the settings."""

from __future__ import annotations

from typing import Any

API_DOCUMENT: dict[str, Any] = {
    "TITLE": "Inledger API",
    "DESCRIPTION": "Your inbox, as a ledger: mail, extractions, ledger, jobs.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api(/v1)?",
    # Several models have a `kind` or a `state`: the document names each set of values.
    "ENUM_NAME_OVERRIDES": {
        "PermissionEnum": "tenancy.permissions.PERMISSIONS",
        "JobStateEnum": "jobs.models.JobState",
        "StatementStateEnum": "finance.models.StatementState",
        "LineOutcomeEnum": "finance.models.LineOutcome",
        "FileImportStateEnum": "organizer.models.ImportState",
        "FeedPartEnum": "organizer.models.FeedPart",
        "ContactKindEnum": "organizer.models.ContactKind",
        "ContactRelationKindEnum": "organizer.models.RelationKind",
        "DifferenceKindEnum": "extraction.models.DifferenceKind",
        "DifferenceStateEnum": "extraction.models.DifferenceState",
        "MailingStateEnum": "notifications.models.MailingState",
        "WebhookStateEnum": "notifications.models.WebhookState",
        "WebhookDeliveryStateEnum": "notifications.models.DeliveryState",
        "FrequencyEnum": "notifications.models.Frequency",
        "FinancialAccountKindEnum": "finance.models.AccountKind",
        "CategoryKindEnum": "finance.models.CategoryKind",
        "TransactionStateEnum": "finance.models.TransactionState",
        "ReviewItemStateEnum": "finance.models.ReviewState",
        "BillOriginEnum": "finance.models.BillOrigin",
        "BillStatusEnum": "finance.models.BillStatus",
        "BudgetUnitEnum": "finance.models.BudgetUnit",
        "RecurrenceUnitEnum": "finance.models.RecurrenceUnit",
        "RecurringStateEnum": "finance.models.RecurringState",
        "RecurringSlotStateEnum": "finance.models.SlotState",
        "AnnouncementKindEnum": "finance.models.AnnouncementKind",
        "AnnouncementStateEnum": "finance.models.AnnouncementState",
        "SubscriptionStateEnum": "finance.models.SubscriptionState",
        "TaskStateEnum": "organizer.models.TaskState",
        "TaskRepeatByEnum": "organizer.models.RepeatBy",
        "TaskLinkKindEnum": "organizer.linking.TARGETS",
        "TaskPriorityEnum": "organizer.models.TaskPriority",
        "ConnectedAccountKindEnum": "mail_ingest.models.AccountKind",
        "ConnectedAccountStateEnum": "mail_ingest.models.AccountState",
        "RuleActionEnum": "mail_ingest.models.RuleAction",
        "EmailStateEnum": "mail_ingest.models.EmailState",
        "EmailExtractionStateEnum": "extraction.models.ExtractionState",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.schema.add_problems_and_headers",
    ],
}
