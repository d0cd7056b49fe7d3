"""The whole REST API on one screen: /api/v1/<name> and the viewset that serves it."""

from rest_framework.routers import DefaultRouter

from jobs.viewsets import JobViewSet

router = DefaultRouter(trailing_slash=False)
router.include_format_suffixes = False
router.register("jobs", JobViewSet)

urlpatterns = router.urls
