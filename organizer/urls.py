"""Pages of the organizer."""

from django.urls import path

from organizer import attachment_views, contact_import_views, contact_views, task_views, views

urlpatterns = [
    path("contacts/", contact_views.contacts, name="contacts"),
    path("contacts/new/", contact_views.edit, name="contact_new"),
    path("contacts/duplicates/", contact_views.duplicates, name="contact_duplicates"),
    path("contacts/import/", contact_import_views.upload, name="contact_upload"),
    path(
        "contacts/import/<uuid:import_id>/",
        contact_import_views.contact_import,
        name="contact_import",
    ),
    path("contacts/contacts.<slug:form>", contact_views.file, name="contact_file"),
    path("contacts/<uuid:contact_id>/", contact_views.contact, name="contact"),
    path("contacts/<uuid:contact_id>/edit/", contact_views.edit, name="contact_edit"),
    path("contacts/<uuid:contact_id>/decide/", contact_views.decide, name="contact_decide"),
    path("contacts/<uuid:contact_id>/link/", contact_views.link, name="contact_link"),
    path("contacts/<uuid:contact_id>/relate/", contact_views.relate, name="contact_relate"),
    path("contacts/<uuid:contact_id>/join/", contact_views.join, name="contact_join"),
    path("tasks/", views.tasks, name="tasks"),
    path("tasks/add/", views.add, name="task_add"),
    path("tasks/preview/", views.preview, name="task_preview"),
    path("tasks/policy/", views.policy, name="task_policy"),
    path("tasks/edit/", task_views.edit, name="tasks_edit"),
    path("tasks/batches/<uuid:batch_id>/undo/", task_views.undo_batch, name="task_batch_undo"),
    path("tasks/<uuid:task_id>/", task_views.task, name="task"),
    path("tasks/<uuid:task_id>/item/", task_views.item, name="task_item"),
    path("tasks/<uuid:task_id>/link/", task_views.link, name="task_link"),
    path("tasks/<uuid:task_id>/attach/", attachment_views.attach, name="task_attach"),
    path("tasks/files/<uuid:attachment_id>/", attachment_views.download, name="task_attachment"),
    path(
        "tasks/files/<uuid:attachment_id>/decide/",
        attachment_views.decide,
        name="task_attachment_decide",
    ),
    path("tasks/<uuid:task_id>/<slug:verb>/", task_views.decide, name="task_decide"),
]
