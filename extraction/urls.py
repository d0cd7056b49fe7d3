from django.urls import path

from extraction.progress_views import account_progress
from extraction.views import (
    emails,
    evidence,
    language_models,
    replays,
    review,
    review_group,
    review_matches,
)

urlpatterns = [
    path("emails/", emails.emails, name="emails"),
    path("emails/<uuid:email_id>/", emails.email, name="email"),
    path("emails/<uuid:email_id>/evidence/", evidence.evidence, name="evidence"),
    path("emails/progress/<uuid:account_id>/", account_progress, name="mail_progress"),
    path("review/", review.queue, name="review"),
    path("review/accept-shown/", review_group.accept_group, name="review_accept_group"),
    path("review/reopen-these/", review_group.reopen_group, name="review_reopen_group"),
    path("review/<uuid:item_id>/snooze/", review_group.snooze, name="review_snooze"),
    path("review/<uuid:item_id>/", review.decide, name="review_item"),
    path("review/<uuid:item_id>/dismiss/", review.dismiss, name="review_dismiss"),
    path("review/<uuid:item_id>/reopen/", review.reopen, name="review_reopen"),
    path("review/<uuid:item_id>/merge/<uuid:match_id>/", review_matches.merge, name="review_merge"),
    path(
        "review/<uuid:item_id>/keep-both/<uuid:match_id>/",
        review_matches.keep_both,
        name="review_keep_both",
    ),
    path(
        "review/<uuid:item_id>/undo-match/<uuid:match_id>/",
        review_matches.undo,
        name="review_match_undo",
    ),
    path("settings/models/", language_models.language_models, name="language_models"),
    path("settings/models/policy/", language_models.set_policy, name="model_policy_set"),
    path("settings/models/<uuid:backend_id>/", language_models.backend, name="model_backend"),
    path("settings/models/<uuid:backend_id>/check/", language_models.check, name="model_check"),
    path("settings/models/<uuid:backend_id>/use/", language_models.use, name="model_use"),
    path("settings/models/<uuid:backend_id>/stop/", language_models.stop, name="model_stop"),
    path("settings/models/<uuid:backend_id>/price/", language_models.set_price, name="model_price"),
    path("settings/models/<uuid:backend_id>/retire/", language_models.retire, name="model_retire"),
    path("settings/models/<uuid:backend_id>/sent/", language_models.preview, name="model_preview"),
    path("reading/", replays.reading, name="reading"),
    path("reading/replays/", replays.start, name="replay_start"),
    path("reading/replays/<uuid:replay_id>/", replays.replay, name="replay"),
    path("reading/replays/<uuid:replay_id>/decide/", replays.decide, name="replay_decide"),
    path("reading/learned/<uuid:template_id>/forget/", replays.forget, name="learned_forget"),
]
