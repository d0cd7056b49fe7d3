"""The whole REST API on one screen: /api/v1/<name> and the viewset that serves it."""

from rest_framework.routers import DefaultRouter

router = DefaultRouter(trailing_slash=False)

urlpatterns = router.urls
