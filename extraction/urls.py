from django.urls import path

from extraction.views import emails, evidence, review

urlpatterns = [
    path("emails/", emails.emails, name="emails"),
    path("emails/<uuid:email_id>/", emails.email, name="email"),
    path("emails/<uuid:email_id>/evidence/", evidence.evidence, name="evidence"),
    path("review/", review.queue, name="review"),
    path("review/<uuid:item_id>/", review.decide, name="review_item"),
    path("review/<uuid:item_id>/dismiss/", review.dismiss, name="review_dismiss"),
    path("review/<uuid:item_id>/reopen/", review.reopen, name="review_reopen"),
]
