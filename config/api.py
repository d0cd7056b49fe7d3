"""The whole REST API on one screen: /api/v1/<name> and the viewset that serves it."""

from rest_framework.routers import DefaultRouter

from accounts.viewsets import (
    InvitationsViewSet,
    MembersViewSet,
    RolesViewSet,
    TenantsViewSet,
    TokensViewSet,
    UsersViewSet,
)
from extraction.viewsets import EmailExtractionViewSet, LLMTransactionViewSet
from finance.viewsets import (
    AccountViewSet,
    CategoryViewSet,
    ReportViewSet,
    ReviewItemViewSet,
    TransactionViewSet,
)
from jobs.viewsets import JobViewSet
from mail_ingest.viewsets import ConnectedAccountViewSet, EmailViewSet, MailImportViewSet

router = DefaultRouter(trailing_slash=False)
router.include_format_suffixes = False
router.register("users", UsersViewSet, "user")
router.register("tenants", TenantsViewSet, "tenant")
router.register("roles", RolesViewSet, "role")
router.register("members", MembersViewSet, "member")
router.register("invitations", InvitationsViewSet, "invitation")
router.register("tokens", TokensViewSet, "token")
router.register("jobs", JobViewSet, "job")
router.register("connected-accounts", ConnectedAccountViewSet, "connected-account")
router.register("mail-imports", MailImportViewSet, "mail-import")
router.register("emails", EmailViewSet, "email")
router.register("email-extractions", EmailExtractionViewSet, "email-extraction")
router.register("llm-transactions", LLMTransactionViewSet, "llm-transaction")
router.register("accounts", AccountViewSet, "account")
router.register("categories", CategoryViewSet, "category")
router.register("transactions", TransactionViewSet, "transaction")
router.register("review-items", ReviewItemViewSet, "review-item")
router.register("reports", ReportViewSet, "report")

urlpatterns = router.urls
