"""Pages about people; /api/auth is in `auth_urls`."""

from django.urls import path

from accounts.views import entry, impersonating, ledgers, settings, sharing

urlpatterns = [
    path("login/", entry.login, name="login"),
    path("login/code/", entry.code, name="code"),
    path("login/send-code/", entry.code_request, name="code_request"),
    path("register/", entry.register, name="register"),
    path("password/forgotten/", entry.password_forgotten, name="password_forgotten"),
    path("password/reset/", entry.password_reset, name="password_reset"),
    path("sign-out/", entry.sign_out, name="sign_out"),
    path("impersonation/end/", impersonating.end, name="impersonation_end"),
    path("join/", ledgers.invitation, name="invitation"),
    path("ledgers/", ledgers.tenants, name="tenants"),
    path("ledgers/new/", ledgers.tenant_new, name="tenant_new"),
    path("settings/", settings.my_profile, name="settings"),
    path("settings/password/", settings.password, name="settings_password"),
    path("settings/ledger/", settings.ledger, name="settings_ledger"),
    path("settings/members/", sharing.member_list, name="settings_members"),
    path("settings/members/<uuid:member_id>/role/", sharing.member_role, name="member_role"),
    path("settings/members/<uuid:member_id>/remove/", sharing.member_remove, name="member_remove"),
    path(
        "settings/invitations/<uuid:invitation_id>/revoke/",
        sharing.invitation_revoke,
        name="invitation_revoke",
    ),
    path("settings/roles/", sharing.role_list, name="settings_roles"),
    path("settings/roles/<uuid:role_id>/delete/", sharing.role_delete, name="role_delete"),
    path("settings/tokens/", sharing.token_list, name="settings_tokens"),
    path("settings/tokens/<uuid:token_id>/revoke/", sharing.token_revoke, name="token_revoke"),
]
