from django.urls import path

from jobs import views

urlpatterns = [
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/cancel/", views.cancel, name="job_cancel"),
    path("jobs/<uuid:job_id>/retry/", views.retry, name="job_retry"),
]
