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
from jobs.viewsets import JobViewSet

router = DefaultRouter(trailing_slash=False)
router.register("users", UsersViewSet, "user")
router.register("tenants", TenantsViewSet, "tenant")
router.register("roles", RolesViewSet, "role")
router.register("members", MembersViewSet, "member")
router.register("invitations", InvitationsViewSet, "invitation")
router.register("tokens", TokensViewSet, "token")
router.register("jobs", JobViewSet)

urlpatterns = router.urls
