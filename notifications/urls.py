from django.urls import path

from notifications import push_views, views, webhook_views

urlpatterns = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/coming/", views.coming, name="notifications_coming"),
    path("notifications/read-all/", views.read_all, name="notifications_read_all"),
    path("notifications/<uuid:notice_id>/", views.open_notice, name="notification"),
    path("notifications/<uuid:notice_id>/snooze/", views.snooze, name="notification_snooze"),
    path("settings/notifications/", views.preferences, name="settings_notifications"),
    path("settings/notifications/mute/", views.mute, name="notifications_mute"),
    path("settings/notifications/try-again/", views.try_address_again, name="address_try_again"),
    path("settings/notifications/devices/", push_views.add, name="push_devices"),
    *[
        path(
            f"settings/notifications/devices/<uuid:device_id>/{verb}/",
            push_views.act,
            {"verb": verb},
            name=f"push_device_{verb}",
        )
        for verb in ("try", "remove")
    ],
    path("settings/webhooks/", webhook_views.webhooks, name="webhooks"),
    path("settings/webhooks/<uuid:webhook_id>/", webhook_views.webhook, name="webhook"),
    path("settings/webhooks/<uuid:webhook_id>/renew/", webhook_views.renew, name="webhook_renew"),
    *[
        path(
            f"settings/webhooks/<uuid:webhook_id>/{verb}/",
            webhook_views.act,
            {"verb": verb},
            name=f"webhook_{verb}",
        )
        for verb in ("pause", "resume", "ping", "remove")
    ],
    path(
        "settings/webhook-deliveries/<uuid:delivery_id>/resend/",
        webhook_views.resend,
        name="webhook_resend",
    ),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
