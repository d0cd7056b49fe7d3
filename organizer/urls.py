"""Pages of the organizer."""

from django.urls import path

from organizer import views

urlpatterns = [
    path("tasks/", views.tasks, name="tasks"),
    path("tasks/add/", views.add, name="task_add"),
    path("tasks/<uuid:task_id>/", views.decide, name="task_decide"),
]
