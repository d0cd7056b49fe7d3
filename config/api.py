"""The whole REST API on one screen: /api/v1/<name> and the viewset that serves it."""

from rest_framework.routers import DefaultRouter

from mail_ingest.viewsets import ConnectedAccountViewSet, EmailViewSet, MailImportViewSet

router = DefaultRouter(trailing_slash=False)
router.register("connected-accounts", ConnectedAccountViewSet, basename="connected-account")
router.register("emails", EmailViewSet, basename="email")
router.register("mail-imports", MailImportViewSet, basename="mail-import")

urlpatterns = router.urls
