from django.urls import path

from mail_ingest import views

urlpatterns = [
    path("connected-accounts/", views.sources, name="sources"),
    path("connected-accounts/new/", views.new, name="source_new"),
    path("connected-accounts/try/", views.try_out, name="source_try"),
    path("connected-accounts/upload/", views.upload, name="upload"),
    path("connected-accounts/<uuid:account_id>/", views.edit, name="source_edit"),
    path("connected-accounts/<uuid:account_id>/fetch/", views.fetch, name="source_fetch"),
    path("connected-accounts/<uuid:account_id>/pause/", views.pause, name="source_pause"),
    path("connected-accounts/<uuid:account_id>/resume/", views.resume, name="source_resume"),
    path("connected-accounts/<uuid:account_id>/delete/", views.delete, name="source_delete"),
    path("emails/<uuid:email_id>/html/", views.html_body, name="email_html"),
]
