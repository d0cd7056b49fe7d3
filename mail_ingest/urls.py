from django.urls import path

from mail_ingest import settings_views, views

urlpatterns = [
    path("connected-accounts/", views.sources, name="sources"),
    path("connected-accounts/new/", views.new, name="source_new"),
    path("connected-accounts/try/", views.try_out, name="source_try"),
    path("connected-accounts/upload/", views.upload, name="upload"),
    path(
        "connected-accounts/uploads/<uuid:upload_id>/discard/",
        views.discard,
        name="upload_discard",
    ),
    path("connected-accounts/<uuid:account_id>/", views.edit, name="source_edit"),
    path("connected-accounts/<uuid:account_id>/folders/", views.folders, name="source_folders"),
    path("connected-accounts/<uuid:account_id>/fetch/", views.fetch, name="source_fetch"),
    path("connected-accounts/<uuid:account_id>/pause/", views.pause, name="source_pause"),
    path("connected-accounts/<uuid:account_id>/resume/", views.resume, name="source_resume"),
    path("connected-accounts/<uuid:account_id>/delete/", views.delete, name="source_delete"),
    path("mail-settings/", settings_views.mail_settings, name="mail_settings"),
    path("mail-settings/rules/", settings_views.add_rule, name="mail_rule_add"),
    path("mail-settings/rules/try/", settings_views.try_rule, name="mail_rule_try"),
    path(
        "mail-settings/rules/<uuid:rule_id>/switch/",
        settings_views.switch_rule,
        name="mail_rule_switch",
    ),
    path(
        "mail-settings/rules/<uuid:rule_id>/delete/",
        settings_views.delete_rule,
        name="mail_rule_delete",
    ),
    path("mail-settings/policy/", settings_views.set_policy, name="mail_policy_set"),
    path("mail-settings/address/", settings_views.open_address, name="inbound_open"),
    path("mail-settings/address/revoke/", settings_views.revoke_address, name="inbound_revoke"),
    path("emails/<uuid:email_id>/html/", views.html_body, name="email_html"),
]
