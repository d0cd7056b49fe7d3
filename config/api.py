"""The whole REST API on one screen: /api/v1/<name> and the viewset that serves it."""

from django.urls import URLPattern, path
from rest_framework.routers import DefaultRouter

from accounts.viewsets import (
    InvitationsViewSet,
    MembersViewSet,
    RolesViewSet,
    TenantsViewSet,
    TokensViewSet,
    UsersViewSet,
)
from extraction.model_viewsets import (
    LanguageModelViewSet,
    ModelBackendViewSet,
    ModelPolicyViewSet,
    ModelPriceViewSet,
)
from extraction.progress_views import MailProgressViewSet
from extraction.replaying.viewsets import ReplayDifferenceViewSet, ReplayViewSet
from extraction.viewsets import (
    EmailExtractionViewSet,
    LearnedTemplateViewSet,
    LLMTransactionViewSet,
    TrustedSenderViewSet,
)
from finance.viewsets import (
    AccountViewSet,
    AnnouncementViewSet,
    AttachmentViewSet,
    BillViewSet,
    BudgetViewSet,
    CategoryViewSet,
    EditBatchViewSet,
    ExchangeRateViewSet,
    ExportViewSet,
    GoalViewSet,
    MatchViewSet,
    MerchantViewSet,
    RecurringViewSet,
    ReportViewSet,
    ReviewItemViewSet,
    RuleViewSet,
    SavedFilterViewSet,
    StatedBalanceViewSet,
    StatementImportViewSet,
    StatementLineViewSet,
    SubscriptionViewSet,
    TagViewSet,
    TransactionViewSet,
    TransferViewSet,
)
from jobs.viewsets import JobViewSet
from mail_ingest.inbound_views import InboundAddressViewSet, InboundView
from mail_ingest.oauth_viewset import OAuthViewSet
from mail_ingest.rule_viewsets import MailPolicyViewSet, MailRuleViewSet
from mail_ingest.upload_viewset import MailUploadViewSet
from mail_ingest.viewsets import ConnectedAccountViewSet, EmailViewSet, MailImportViewSet
from notifications.push_viewsets import PushDeviceViewSet
from notifications.viewsets import (
    NotificationMailViewSet,
    NotificationPreferenceViewSet,
    NotificationViewSet,
)
from notifications.webhook_viewsets import WebhookDeliveryViewSet, WebhookViewSet
from organizer.attachment_viewsets import TaskAttachmentViewSet
from organizer.calendar_viewsets import (
    CalendarFeedViewSet,
    CalendarImportViewSet,
    ReminderViewSet,
)
from organizer.contact_viewsets import ContactImportViewSet, ContactViewSet
from organizer.viewsets import TaskBatchViewSet, TaskPolicyViewSet, TaskViewSet

router = DefaultRouter(trailing_slash=False)
router.include_format_suffixes = False
router.register("users", UsersViewSet, "user")
router.register("tenants", TenantsViewSet, "tenant")
router.register("roles", RolesViewSet, "role")
router.register("members", MembersViewSet, "member")
router.register("invitations", InvitationsViewSet, "invitation")
router.register("tokens", TokensViewSet, "token")
router.register("jobs", JobViewSet, "job")
router.register("notifications", NotificationViewSet, "notification")
router.register(
    "notification-preferences", NotificationPreferenceViewSet, "notification-preference"
)
router.register("notification-mails", NotificationMailViewSet, "notification-mail")
router.register("push-devices", PushDeviceViewSet, "push-device")
router.register("webhooks", WebhookViewSet, "webhook")
router.register("webhook-deliveries", WebhookDeliveryViewSet, "webhook-delivery")
router.register("connected-accounts", ConnectedAccountViewSet, "connected-account")
router.register("mail-progress", MailProgressViewSet, "mail-progress")
router.register("mail-imports", MailImportViewSet, "mail-import")
router.register("mail-uploads", MailUploadViewSet, "mail-upload")
router.register("mail-rules", MailRuleViewSet, "mail-rule")
router.register("mail-policy", MailPolicyViewSet, "mail-policy")
router.register("inbound-address", InboundAddressViewSet, "inbound-address")
router.register("emails", EmailViewSet, "email")
router.register("email-extractions", EmailExtractionViewSet, "email-extraction")
router.register("replays", ReplayViewSet, "replay")
router.register("replay-differences", ReplayDifferenceViewSet, "replay-difference")
router.register("learned-templates", LearnedTemplateViewSet, "learned-template")
router.register("trusted-senders", TrustedSenderViewSet, "trusted-sender")
router.register("llm-transactions", LLMTransactionViewSet, "llm-transaction")
router.register("model-backends", ModelBackendViewSet, "model-backend")
router.register("language-models", LanguageModelViewSet, "language-model")
router.register("model-prices", ModelPriceViewSet, "model-price")
router.register("model-policy", ModelPolicyViewSet, "model-policy")
router.register("accounts", AccountViewSet, "account")
router.register("categories", CategoryViewSet, "category")
router.register("merchants", MerchantViewSet, "merchant")
router.register("tags", TagViewSet, "tag")
router.register("transactions", TransactionViewSet, "transaction")
router.register("transfers", TransferViewSet, "transfer")
router.register("matches", MatchViewSet, "match")
router.register("attachments", AttachmentViewSet, "attachment")
router.register("bills", BillViewSet, "bill")
router.register("budgets", BudgetViewSet, "budget")
router.register("goals", GoalViewSet, "goal")
router.register("recurring", RecurringViewSet, "recurring")
router.register("review-items", ReviewItemViewSet, "review-item")
router.register("stated-balances", StatedBalanceViewSet, "stated-balance")
router.register("announcements", AnnouncementViewSet, "announcement")
router.register("subscriptions", SubscriptionViewSet, "subscription")
router.register("exchange-rates", ExchangeRateViewSet, "exchange-rate")
router.register("rules", RuleViewSet, "rule")
router.register("saved-filters", SavedFilterViewSet, "saved-filter")
router.register("edit-batches", EditBatchViewSet, "edit-batch")
router.register("imports", StatementImportViewSet, "import")
router.register("import-lines", StatementLineViewSet, "import-line")
router.register("exports", ExportViewSet, "export")
router.register("tasks", TaskViewSet, "task")
router.register("reminders", ReminderViewSet, "reminder")
router.register("calendar-feeds", CalendarFeedViewSet, "calendar-feed")
router.register("calendar-imports", CalendarImportViewSet, "calendar-import")
router.register("contacts", ContactViewSet, "contact")
router.register("contact-imports", ContactImportViewSet, "contact-import")
router.register("task-attachments", TaskAttachmentViewSet, "task-attachment")
router.register("task-batches", TaskBatchViewSet, "task-batch")
router.register("task-policy", TaskPolicyViewSet, "task-policy")
router.register("reports", ReportViewSet, "report")


def oauth(name: str, kind: str) -> list[URLPattern]:
    """The two doors by which a mailbox of a kind is connected."""
    start = OAuthViewSet.as_view({"get": "start", "post": "begin"})
    callback = OAuthViewSet.as_view({"get": "callback"})
    return [
        path(f"auth/{name}/start", start, {"kind": kind}, name=f"oauth-{name}-start"),
        path(f"auth/{name}/callback", callback, {"kind": kind}, name=f"oauth-{name}-callback"),
    ]


urlpatterns = [
    *router.urls,
    path("extractions/replay", ReplayViewSet.as_view({"post": "create"}), name="replay-start"),
    path("inbound", InboundView.as_view(), name="inbound"),
    *oauth("google", "gmail"),
    *oauth("microsoft", "outlook"),
]
