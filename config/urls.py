"""Every address of the web process."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config import installing, views
from config.deep_health import deep
from config.health import livez, readyz
from config.onboarding import views as onboarding
from config.overview import views as overview
from config.palette import palette

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("healthz/deep", deep, name="deep-health"),
    path("api/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    path("api/auth/", include("accounts.auth_urls")),
    path("api/v1/", include("config.api")),
    path("admin/", admin.site.urls),
    path("", overview.overview, name="dashboard"),
    path("overview/noted/", overview.note, name="insight_noted"),
    path("overview/<slug:key>/", overview.section, name="overview_section"),
    path("overview/<slug:key>/<slug:verb>/", overview.arrange, name="overview_arrange"),
    path("start/", onboarding.resume, name="onboarding"),
    path("start/you/", onboarding.you, name="onboarding_you"),
    path("start/you/example/", onboarding.you_example, name="onboarding_example"),
    path("start/mail/", onboarding.mail, name="onboarding_mail"),
    path("start/preview/", onboarding.preview, name="onboarding_preview"),
    path("start/accounts/", onboarding.accounts, name="onboarding_accounts"),
    path("start/progress/", onboarding.progress, name="onboarding_progress"),
    path("start/<slug:key>/skip/", onboarding.skip, name="onboarding_skip"),
    path("manifest.webmanifest", installing.manifest, name="manifest"),
    path("service-worker.js", installing.service_worker, name="service_worker"),
    path("offline/", installing.offline, name="offline"),
    path("work/", views.work, name="work"),
    path("palette/", palette, name="palette"),
    path("import-sample/", views.import_sample, name="import_sample"),
    path("", include("accounts.urls")),
    path("", include("notifications.urls")),
    path("", include("finance.urls")),
    path("", include("mail_ingest.urls")),
    path("", include("extraction.urls")),
    path("", include("organizer.urls")),
    path("", include("organizer.calendar_urls")),
    path("", include("jobs.urls")),
]

handler400 = "config.problems.handler400"
handler403 = "config.problems.handler403"
handler404 = "config.problems.handler404"
handler500 = "config.problems.handler500"
