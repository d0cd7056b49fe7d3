"""Pages of calendars and reminders."""

from django.urls import path

from organizer import calendar_import_views, calendar_views, reminder_views

urlpatterns = [
    path("calendar/<str:token>.ics", calendar_views.feed, name="calendar_feed"),
    path("settings/calendars/", calendar_views.calendars, name="calendars"),
    path("settings/calendars/<uuid:feed_id>/", calendar_views.decide, name="calendar_decide"),
    path("calendar-import/", calendar_import_views.upload, name="calendar_upload"),
    path(
        "calendar-import/<uuid:import_id>/",
        calendar_import_views.calendar_import,
        name="calendar_import",
    ),
    path("reminders/", reminder_views.show, name="reminders"),
    path("reminders/add/", reminder_views.add, name="reminder_add"),
    path("reminders/<uuid:reminder_id>/", reminder_views.decide, name="reminder_decide"),
]
