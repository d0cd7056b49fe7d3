"""The whole REST API on one screen: /api/v1/<name> and the viewset that serves it."""

from rest_framework.routers import DefaultRouter

from extraction.viewsets import EmailExtractionViewSet, LLMTransactionViewSet

router = DefaultRouter(trailing_slash=False)
router.register("email-extractions", EmailExtractionViewSet)
router.register("llm-transactions", LLMTransactionViewSet)

urlpatterns = router.urls
